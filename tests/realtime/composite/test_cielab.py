"""The colour space of the match, held against scikit-image's, which is made by other hands."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from realtime.composite import cielab

ALL = np.ones((64, 64), np.uint8)
ONES, ZEROS = np.ones(3, np.float32), np.zeros(3, np.float32)


def colours(low: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(7).integers(low, high, (64, 64, 3), np.uint8)


def to_lab(image: np.ndarray) -> np.ndarray:
    return rgb2lab(image[..., ::-1] / 255)


@pytest.mark.parametrize("bounds", [(0, 256), (0, 12), (244, 256)])
def test_what_is_not_shifted_stays_as_it_is(bounds: tuple[int, int]) -> None:
    image = colours(*bounds)
    out = np.empty_like(image)
    cielab.shift(image, out, ONES, ZEROS)
    np.testing.assert_array_equal(out, image)


@pytest.mark.filterwarnings("ignore:.*negative Z values")
@pytest.mark.parametrize("gain", [(0.6, 1.0, 1.0), (1.6, 0.8, 1.3), (1.0, 1.6, 0.6)])
@pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), (9.0, -4.0, 6.0), (-30.0, 10.0, -10.0)])
def test_a_shift_is_within_a_level_of_the_book(gain: tuple[float, ...], offset: tuple[float, ...]) -> None:
    image = colours()
    out = np.empty_like(image)
    cielab.shift(image, out, np.array(gain, np.float32), np.array(offset, np.float32))
    wanted_lab = to_lab(image) * gain + offset
    fits = (wanted_lab[..., 0] > 0) & ((out > 0) & (out < 255)).all(-1)  # what no screen can show is cut off
    wanted = 255 * lab2rgb(wanted_lab)[..., ::-1]
    assert fits.mean() > 0.05
    assert np.abs(out - wanted)[fits].max() < 1.2


def test_all_colours_stay_within_what_can_be_shown() -> None:
    for offset in (-300.0, 300.0):
        out = np.empty((64, 64, 3), np.uint8)
        cielab.shift(colours(), out, ONES, np.array((offset, 0, 0), np.float32))
        assert (out == (0 if offset < 0 else 255)).mean() > 0.9


@pytest.mark.parametrize("side", [1, 7, 23, 64])
def test_means_and_spreads_under_a_mask(side: int) -> None:
    image, mask = colours()[:side, :side], (np.random.default_rng(1).random((side, side)) < 0.5).astype(np.uint8) * 9
    mask[0, 0] = 255
    inside = to_lab(image)[mask > 0]
    np.testing.assert_allclose(cielab.measure(image, mask), [inside.mean(0), inside.std(0)], atol=0.02)


def test_one_colour_has_no_spread() -> None:
    measured = cielab.measure(np.full((64, 64, 3), (40, 90, 200), np.uint8), ALL)
    assert measured[1].max() < 0.05
