"""What of a swap is shown, as its fit says; and when it counts as covering the face."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from drawn_faces import make_face, make_frame, make_swap

from realtime.composite.blend import LEAST_WORN, Composite
from realtime.composite.mask import LEAST_SEEN, FinalMask, moved
from realtime.face import topology
from realtime.face.align import invert, transform
from realtime.face.region import hull
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


@pytest.mark.parametrize("name", ["erosion", "feather", "scale", "offset_x", "offset_y"])
def test_every_width_and_shift_still_counts_as_worn(name: str) -> None:
    """Of a mask as a network's is: it covers the face, and no more."""
    face = make_face()
    swap = make_swap(face)
    swap = replace(swap, mask=hull(face.landmarks_px, swap.crop_from_frame, 64))
    for value in (ADJUSTABLES[name].low, ADJUSTABLES[name].high):
        fit = Fit(**{"scale": 0.8, "offset_x": 0.1} | {name: value})
        assert Composite()(make_frame(faces=(face,), swaps=(replace(swap, fit=fit),))).worn, value


@pytest.mark.parametrize(
    ("fit", "there"),
    [
        ({}, (41.5, 31.5)),
        ({"scale": 1.25}, (31.5 + 1.25 * 10, 31.5)),
        ({"offset_x": 0.1}, (41.5 + 6.4, 31.5)),
        ({"offset_y": -0.05, "scale": 0.8}, (31.5 + 8, 31.5 - 3.2)),
    ],
)
def test_a_face_is_shown_larger_and_further_to_one_side(fit: dict[str, Any], there: tuple[float, float]) -> None:
    """The pixel ten to the right of the middle lies where the crop as it was cut had another."""
    swap = replace(make_swap(make_face()), fit=Fit(**fit))
    in_frame = transform(np.array([[41.5, 31.5]]), invert(moved(swap)))
    np.testing.assert_allclose(transform(in_frame, swap.crop_from_frame)[0], there, atol=1e-3)


def test_where_a_face_is_moved_to_it_is_drawn() -> None:
    face = make_face()
    plain, aside = (
        Composite()(make_frame(faces=(face,), swaps=(replace(make_swap(face), fit=Fit(**fit)),), grey=0)).image
        for fit in ({"mask_hull": False}, {"mask_hull": False, "offset_x": 0.1})
    )
    step_px = 0.1 * 3.6 * 30
    middles = [np.nonzero(picture[..., 0] > 127)[1].mean() for picture in (plain, aside)]
    assert middles[1] - middles[0] == pytest.approx(step_px, abs=1)


def test_opacity_is_a_share_of_the_blend() -> None:
    face = make_face()
    swap = replace(make_swap(face), fit=Fit(opacity=0.5))
    shown = Composite()(make_frame(faces=(face,), swaps=(swap,), grey=100))
    assert abs(int(shown.image[130, 160, 0]) - (100 + 255) / 2) <= 2


def covered(mask: Mask, *, has_seen: bool) -> float:
    swap = replace(make_swap(make_face(), size=128), mask=mask, has_seen=has_seen)
    return FinalMask()(swap)[1]


def test_a_hand_before_the_face_is_no_fault_of_what_has_seen_it() -> None:
    """Much of the face lies behind something: the mask is sure of it. Of the most part it may not be."""
    much, most = (np.full((128, 128), 255, np.uint8) for _ in range(2))
    much[:56], most[:66] = 0, 0
    assert covered(much, has_seen=True) > LEAST_WORN > covered(much, has_seen=False) > LEAST_SEEN
    assert covered(most, has_seen=True) < LEAST_SEEN


@pytest.mark.parametrize("mask", [np.zeros((128, 128), np.uint8), np.full((128, 128), 128, np.uint8)])
def test_a_broken_mask_is_not_worn_even_if_it_has_seen_the_face(mask: Mask) -> None:
    assert covered(mask, has_seen=True) < LEAST_WORN
