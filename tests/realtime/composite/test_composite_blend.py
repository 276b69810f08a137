"""Pasting: where nothing may change, where the persona must be, and faces that hardly are in the frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_faces import make_face, make_frame, make_swap, noise

from realtime.composite.blend import Composite
from realtime.composite.mask import FinalMask
from realtime.fit import Fit
from realtime.frame import Frame


@pytest.mark.parametrize("size", [16, 64, 128, 192, 256, 384, 512])
@pytest.mark.parametrize("eyes", [(160, 120, 30), (160, 120, 90)])
def test_the_mask_never_touches_the_crops_border(size: int, eyes: tuple[float, float, float]) -> None:
    """Even where face points and the learned mask reach beyond it."""
    swap = make_swap(make_face(eyes[:2], eyes[2]), size=size)
    huge = make_face(eyes[:2], eyes[2] * 2)
    mask, _ = FinalMask()(type(swap)(huge, swap.image, swap.mask, swap.crop_from_frame))
    border = mask.copy()
    border[2:-2, 2:-2] = 0
    assert not border.any()
    assert mask[size // 2, size // 2] == 255


def test_the_mask_fades_without_a_step() -> None:
    mask, opaque = FinalMask()(make_swap(make_face(), size=128))
    steps = np.abs(np.diff(mask.astype(int), axis=1))
    assert steps.max() <= 128
    assert opaque > 0.99


def test_the_learned_mask_is_kept() -> None:
    swap = make_swap(make_face(), size=128)
    swap.mask[:, :64] = 0
    mask, opaque = FinalMask()(swap)
    assert not mask[:, :60].any()
    assert 0.3 < opaque < 0.6


def test_no_swap_is_not_worn_and_changes_nothing() -> None:
    frame = make_frame(faces=(make_face(),))
    after = Composite()(frame)
    assert not after.worn
    assert (after.image == 100).all()


def test_no_face_is_not_worn() -> None:
    assert not Composite()(make_frame()).worn


def test_one_of_two_faces_is_not_worn() -> None:
    one, two = make_face((80, 100), 15), make_face((240, 100), 15, id_=2)
    frame = make_frame(faces=(one, two), swaps=(make_swap(one),))
    assert not Composite()(frame).worn


def test_two_of_two_faces_are_worn() -> None:
    faces = make_face((80, 100), 15), make_face((240, 100), 15, id_=2)
    after = Composite()(make_frame(faces=faces, swaps=tuple(make_swap(face) for face in faces)))
    assert after.worn
    assert (after.image[105, 80] == 255).all()
    assert (after.image[105, 240] == 255).all()
    assert (after.image[100, 160] == 100).all()


@pytest.mark.parametrize("mask", [0, 40, 128, 220])
def test_an_empty_or_faint_mask_is_not_worn(mask: int) -> None:
    face = make_face()
    assert not Composite()(make_frame(faces=(face,), swaps=(make_swap(face, mask=mask),))).worn


@pytest.mark.parametrize("size_wh", [(64, 64), (101, 67), (320, 240)])
@pytest.mark.parametrize("eyes_px", [0.5, 3, 30, 300, 3000])
@pytest.mark.parametrize("centre", [(0, 0), (-40, 30), (63, 63), (160, 400), (-9999, 20)])
def test_any_place_and_size(size_wh: tuple[int, int], eyes_px: float, centre: tuple[float, float]) -> None:
    face = make_face(centre, eyes_px, 33)
    after = Composite()(make_frame(size_wh, faces=(face,), swaps=(make_swap(face),)))
    assert after.worn
    x, y = int(centre[0]), int(centre[1])
    if eyes_px >= 30 and 0 <= x < size_wh[0] and 0 <= y < size_wh[1]:
        assert (after.image[y, x] == 255).all()


def test_only_the_faces_region_changes() -> None:
    picture = noise((320, 240))
    face = make_face((160, 100), 20)
    after = Composite()(Frame(0, 0.0, 0.0, picture.copy(), (face,), (make_swap(face),))).image
    changed = np.argwhere((after != picture).any(2))
    top, left = changed.min(0)
    bottom, right = changed.max(0)
    assert left >= 160 - 28
    assert right <= 160 + 28
    assert top >= 100 - 24
    assert bottom <= 100 + 44


def test_drawn_in_place_into_the_same_picture() -> None:
    face = make_face()
    frame = make_frame(faces=(face,), swaps=(make_swap(face),))
    after = Composite()(frame)
    assert after.image is frame.image
    assert (frame.image[130, 160] == 255).all()


def test_a_tall_picture_after_a_wide_one() -> None:
    """The scratch memory serves any shape."""
    composite = Composite()
    for size_wh in ((320, 240), (100, 700), (640, 480), (64, 64)):
        face = make_face((size_wh[0] / 2, size_wh[1] / 2), min(size_wh) / 5)
        after = composite(make_frame(size_wh, faces=(face,), swaps=(make_swap(face),)))
        assert (after.image[size_wh[1] // 2, size_wh[0] // 2] == 255).all()


def test_sharpening_is_for_magnified_crops_only() -> None:
    for eyes_px, differs in ((10, False), (60, True)):
        face = make_face((160, 120), eyes_px)
        pictures = []
        for sharpen in (0.0, 1.0):
            swap = replace(make_swap(face), fit=Fit(sharpen=sharpen))
            swap.image[:] = noise((64, 64))
            pictures.append(Composite()(make_frame(faces=(face,), swaps=(swap,))).image)
        assert bool((pictures[0] != pictures[1]).any()) is differs
