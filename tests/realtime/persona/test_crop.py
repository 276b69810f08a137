"""The cut of a crop, beside OpenCV's averages and warp."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.frame import BgrImage, Matrix2x3
from realtime.persona.crop import cut_crop


def picture(size_wh: tuple[int, int], seed: int = 1) -> BgrImage:
    """Something smooth with an edge in it."""
    noise = np.random.default_rng(seed)
    small = noise.integers(0, 256, (max(2, size_wh[1] // 20), max(2, size_wh[0] // 20), 3), np.uint8)
    image = np.asarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
    image[:, size_wh[0] // 2 :] = 255 - image[:, size_wh[0] // 2 :]
    return image


def crop_at(middle: tuple[float, float], shown: float, turn_deg: float, size: int) -> Matrix2x3:
    """So many of the picture's pixels for one of the crop's, the middle in the middle."""
    crop_from_frame = np.asarray(cv2.getRotationMatrix2D(middle, turn_deg, 1 / shown), np.float64)
    crop_from_frame[:, 2] += (size - 1) / 2 - np.array(middle)
    return crop_from_frame


def by_opencv(image: BgrImage, crop_from_frame: Matrix2x3, size: int, factor: int) -> BgrImage:
    """The whole picture averaged down by a factor that divides it, then warped."""
    small = cv2.resize(image, (image.shape[1] // factor, image.shape[0] // factor), interpolation=cv2.INTER_AREA)
    crop_from_small = crop_from_frame.copy()
    crop_from_small[:, :2] *= factor
    crop_from_small[:, 2] += crop_from_frame[:, :2] @ ((factor - 1) / 2, (factor - 1) / 2)
    replicate = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(small, crop_from_small, (size, size), borderMode=replicate), np.uint8)


@pytest.mark.parametrize("turn_deg", [0.0, 11.0, 90.0, -160.0])
@pytest.mark.parametrize(("shown", "factor"), [(0.4, 1), (1.0, 1), (1.9, 1), (2.0, 2), (2.9, 2), (3.1, 3), (5.2, 5)])
def test_as_opencv_averages_and_warps(shown: float, factor: int, turn_deg: float) -> None:
    image = picture((600, 480))
    crop_from_frame = crop_at((300.3, 240.2), shown, turn_deg, 64)
    wanted = by_opencv(image, crop_from_frame, 64, factor)
    off = cut_crop(image, crop_from_frame, 64).astype(int) - wanted
    if factor == 1:
        assert np.abs(off).max() <= 4  # places by a 32nd of a pixel there, by a 256th here
    assert np.abs(off).mean() < (0.5 if factor == 1 else 2.5)  # squares begin elsewhere
    assert abs(off.mean()) < 0.2


def test_whole_pixels_come_back_as_they_are() -> None:
    image = picture((100, 80))
    shift = np.array([[1.0, 0, -20], [0, 1, -10]])
    np.testing.assert_array_equal(cut_crop(image, shift, 40), image[10:50, 20:60])
    halved = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    wanted = cv2.resize(image, (50, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(cut_crop(image, halved, 40)[:, :38], wanted[:, :38])


@pytest.mark.parametrize("shown", [0.5, 2.0, 7.0])
def test_beyond_the_rim_its_outermost_pixels_go_on(shown: float) -> None:
    image = np.zeros((60, 80, 3), np.uint8)
    image[:, :40], image[:, 40:] = (10, 20, 30), (200, 100, 50)
    left = cut_crop(image, crop_at((-500.0, 30.0), shown, 0.0, 16), 16)
    right = cut_crop(image, crop_at((900.0, -700.0), shown, 30.0, 16), 16)
    assert (left == (10, 20, 30)).all()
    assert (right == (200, 100, 50)).all()


def test_any_crop_of_any_picture_can_be_cut() -> None:
    noise = np.random.default_rng(2)
    for _ in range(300):
        width, height, size = (int(side) for side in noise.integers(1, 90, 3))
        image = np.full((height, width, 3), 77, np.uint8)
        middle = noise.uniform(-200, 200, 2)
        crop_from_frame = crop_at(tuple(middle), 10 ** noise.uniform(-3, 3), noise.uniform(-180, 180), size)
        assert (cut_crop(image, crop_from_frame, size) == 77).all()


@pytest.mark.parametrize(("scale", "place"), [(1.0, 1e300), (1.0, -1e12), (1.0, np.nan), (np.nan, 0.0), (1.0, np.inf)])
def test_what_lies_nowhere_is_black(scale: float, place: float) -> None:
    nowhere = np.array([[scale, 0, place], [0, scale, 0]])
    assert cut_crop(np.full((9, 9, 3), 255, np.uint8), nowhere, 8).max() == 0


def test_it_is_drawn_where_one_wishes_from_what_one_has() -> None:
    whole = picture((120, 90))
    part = whole[10:80, 20:100]
    out = np.empty((32, 32, 3), np.uint8)
    crop_from_frame = crop_at((40.0, 30.0), 1.7, 8.0, 32)
    assert cut_crop(part, crop_from_frame, 32, out=out) is out
    np.testing.assert_array_equal(out, cut_crop(part.copy(), crop_from_frame, 32))
    np.testing.assert_array_equal(whole, picture((120, 90)))
