"""The badge: there where a persona is worn, readable, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from realtime.disclosure.badge import Badge
from realtime.frame import Frame


def frame(size_wh: tuple[int, int] = (640, 360), grey: int = 100, *, worn: bool = True) -> Frame:
    return Frame(0, 0.0, 0.0, np.full((size_wh[1], size_wh[0], 3), grey, np.uint8), worn=worn)


def box(picture: np.ndarray, grey: int) -> tuple[int, int, int, int]:
    changed = np.argwhere((picture != grey).any(2))
    (top, left), (bottom, right) = changed.min(0), changed.max(0) + 1
    return int(left), int(top), int(right), int(bottom)


def test_unknown_corner() -> None:
    with pytest.raises(ValueError, match="top-right, top-left"):
        Badge(corner="middle")


def test_not_on_frames_without_a_persona() -> None:
    assert (Badge()(frame(worn=False)).image == 100).all()


def test_on_frames_of_which_one_face_of_two_is_worn() -> None:
    half = replace(frame(worn=False), covered=frozenset({3}))
    assert (Badge()(half).image != 100).any()


def test_switched_off() -> None:
    assert (Badge(enabled=False)(frame()).image == 100).all()


@pytest.mark.parametrize("size_wh", [(64, 64), (160, 90), (640, 360), (641, 359), (1080, 1920), (3840, 2160)])
def test_tall_enough_and_in_its_corner(size_wh: tuple[int, int]) -> None:
    left, top, right, bottom = box(Badge()(frame(size_wh)).image, 100)
    assert bottom - top >= 0.05 * min(size_wh)
    assert bottom <= max(0.15 * size_wh[1], 20)
    assert left > size_wh[0] / 2
    assert top >= 0
    assert right <= size_wh[0]


@pytest.mark.parametrize("corner", ["top-right", "top-left", "bottom-right", "bottom-left"])
def test_every_corner(corner: str) -> None:
    left, top, right, bottom = box(Badge(corner=corner)(frame()).image, 100)
    assert ("right" in corner) == (left + right > 640)
    assert ("bottom" in corner) == (top + bottom > 360)


@pytest.mark.parametrize("grey", [0, 60, 128, 200, 255])
def test_readable_on_any_ground(grey: int) -> None:
    """Letters stand out from the plate, and the plate or its rim from the ground."""
    picture = Badge()(frame(grey=grey)).image
    left, top, right, bottom = box(picture, grey)
    plate = picture[top:bottom, left:right].astype(int)
    assert plate.max() - plate.min() >= 120
    assert np.abs(plate - grey).max() >= 90


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 50), (20, 8)])
def test_frames_too_small_for_it(size_wh: tuple[int, int]) -> None:
    assert Badge()(frame(size_wh)).image.shape == (size_wh[1], size_wh[0], 3)


def test_sizes_that_change() -> None:
    badge = Badge()
    for size_wh in ((640, 360), (320, 180), (640, 360)):
        assert (badge(frame(size_wh)).image != 100).any()


def test_the_same_on_every_frame() -> None:
    badge = Badge()
    np.testing.assert_array_equal(badge(frame()).image, badge(frame()).image)
