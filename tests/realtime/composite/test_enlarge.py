"""Crop and mask enlarged in one pass, beside OpenCV's cubic resizing of each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.composite.enlarge import TIMES, enlarge


def channels_of(enlarged: np.ndarray) -> np.ndarray:
    """(H, W, 4) uint8: blue, green, red and the mask."""
    return enlarged.view(np.uint8).reshape(*enlarged.shape, 4)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("size_wh", [(1, 1), (2, 1), (1, 3), (4, 4), (31, 17), (128, 96)])
def test_as_opencv_enlarges(times: int, size_wh: tuple[int, int]) -> None:
    noise = np.random.default_rng(1)
    picture = noise.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    mask = noise.integers(0, 256, size_wh[::-1], np.uint8)
    wanted = [
        cv2.resize(one, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC).reshape(
            *np.multiply(mask.shape, times)
        )
        for one in (*cv2.split(picture), mask)
    ]
    off = channels_of(enlarge(picture, mask, times)).astype(int) - np.dstack(wanted)
    assert np.abs(off).max() <= 1
    assert abs(off.mean()) < 0.1 or off.size < 1000


@pytest.mark.parametrize("times", TIMES)
def test_one_level_stays_that_level(times: int) -> None:
    for level in range(256):
        mask = np.full((5, 6), level, np.uint8)
        assert (channels_of(enlarge(np.dstack([mask] * 3), mask, times)) == level).all()


@pytest.mark.parametrize("times", TIMES)
def test_black_beside_white_stays_within_both(times: int) -> None:
    """Where cubics overshoot."""
    mask = np.zeros((16, 16), np.uint8)
    mask[4:12, 4:12] = 255
    enlarged = channels_of(enlarge(np.dstack([mask, 255 - mask, mask]), mask, times))
    assert (enlarged[8 * times, 8 * times] == (255, 0, 255, 255)).all()
    assert (enlarged[times, times] == (0, 255, 0, 0)).all()


def test_a_part_of_a_picture_is_taken_as_if_it_were_all_of_it() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)
    part = picture[5:20, 7:33]
    mask = picture[..., 1][5:20, 7:33]
    copied = enlarge(part.copy(), mask.copy(), 3)
    np.testing.assert_array_equal(enlarge(part, mask, 3), copied)


def test_a_factor_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="times: wanted one of"):
        enlarge(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), 5)
