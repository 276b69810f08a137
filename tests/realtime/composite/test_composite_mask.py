"""What of a swap is shown, as its fit says; and when it counts as covering the face."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_faces import make_face, make_frame, make_swap

from realtime.composite.blend import LEAST_WORN, Composite
from realtime.composite.mask import LEAST_SEEN, FinalMask
from realtime.face import topology
from realtime.face.align import transform
from realtime.fit import ADJUSTABLES, Fit
from realtime.frame import Mask, Swap


def drawn(swap: Swap, **fit: Any) -> npt.NDArray[np.uint8]:
    return FinalMask()(replace(swap, fit=Fit(**fit)))[0]


def test_a_wider_erosion_shows_less_and_a_wider_feather_fades_longer() -> None:
    swap = make_swap(make_face(), size=128)
    sizes = [int((drawn(swap, erosion=erosion) > 127).sum()) for erosion in (0.0, 0.02, 0.06)]
    assert sizes[0] > sizes[1] > sizes[2] > 0
    rims = []
    for feather in (0.0, 0.05, 0.15):
        mask = drawn(swap, feather=feather)
        rims.append(int(((mask > 10) & (mask < 245)).sum()))
    assert rims[0] < rims[1] < rims[2]


def test_the_hull_can_be_left_out() -> None:
    swap = make_swap(make_face(), size=128)
    assert drawn(swap)[20, 20] == 0
    assert drawn(swap, mask_hull=False)[20, 20] == 255


@pytest.mark.parametrize(
    ("kept", "ring"),
    [("keep_mouth", topology.LIPS_OUTER), ("keep_eyes", topology.RIGHT_EYE), ("", topology.LIPS_OUTER)],
)
def test_the_performer_keeps_what_they_wish(kept: str, ring: tuple[int, ...]) -> None:
    swap = make_swap(make_face(eyes_px=60), size=128)
    points = transform(swap.face.landmarks_px, swap.crop_from_frame)[list(ring)]
    x, y = np.rint(points.mean(0)).astype(int)
    mask = drawn(swap, **({kept: True} if kept else {}))
    assert (mask[y, x] < 128) == bool(kept)


@pytest.mark.parametrize("fit", [{"keep_mouth": True, "keep_eyes": True}, {"opacity": 0.3}, {"opacity": 0.0}])
def test_the_users_own_wishes_still_count_as_worn(fit: dict[str, Any]) -> None:
    face = make_face()
    swap = replace(make_swap(face), fit=Fit(**fit))
    assert Composite()(make_frame(faces=(face,), swaps=(swap,))).worn


def test_every_width_still_covers_the_face() -> None:
    face = make_face()
    for name in ("erosion", "feather", "scale", "offset_x", "offset_y"):
        for value in (ADJUSTABLES[name].low, ADJUSTABLES[name].high):
            swap = replace(make_swap(face), fit=Fit(**{name: value}))
            assert Composite()(make_frame(faces=(face,), swaps=(swap,))).worn, (name, value)


def test_opacity_is_a_share_of_the_blend() -> None:
    face = make_face()
    swap = replace(make_swap(face), fit=Fit(opacity=0.5))
    shown = Composite()(make_frame(faces=(face,), swaps=(swap,), grey=100))
    assert abs(int(shown.image[130, 160, 0]) - (100 + 255) / 2) <= 2


def covered(mask: Mask, *, has_seen: bool) -> float:
    swap = replace(make_swap(make_face(), size=128), mask=mask, has_seen=has_seen)
    return FinalMask()(swap)[1]


def test_a_hand_before_the_face_is_no_fault_of_what_has_seen_it() -> None:
    """The upper half of the face lies behind something: the mask is sure of it."""
    hidden = np.full((128, 128), 255, np.uint8)
    hidden[:66] = 0
    assert covered(hidden, has_seen=True) > LEAST_WORN > covered(hidden, has_seen=False) > LEAST_SEEN


@pytest.mark.parametrize("mask", [np.zeros((128, 128), np.uint8), np.full((128, 128), 128, np.uint8)])
def test_a_broken_mask_is_not_worn_even_if_it_has_seen_the_face(mask: Mask) -> None:
    assert covered(mask, has_seen=True) < LEAST_WORN
