import cv2
import numpy as np
import pytest

from realtime.persona.levels import fill_plane, read_mask, read_picture


def numbers(last: bool) -> np.ndarray:
    """(3, 6, 5) float32 with what a network may give, its channels first or last in memory."""
    values = np.random.default_rng(0).normal(0.5, 0.6, (3, 6, 5)).astype(np.float32)
    return np.ascontiguousarray(values.transpose(1, 2, 0)).transpose(2, 0, 1) if last else values


@pytest.mark.parametrize("last", [False, True])
def test_levels_in(last: bool) -> None:
    plane = numbers(last)[1]
    picture = np.random.default_rng(1).integers(0, 256, (6, 5, 3), np.uint8)
    for channel in range(3):
        fill_plane(plane, picture, channel)
        np.testing.assert_array_equal(plane, picture[..., channel] * np.float32(1 / 255))
    fill_plane(plane, picture[..., 2].copy())
    np.testing.assert_array_equal(plane, picture[..., 2] * np.float32(1 / 255))


@pytest.mark.parametrize("last", [False, True])
def test_numbers_out(last: bool) -> None:
    planes, picture, mask = numbers(last), np.zeros((6, 5, 3), np.uint8), np.zeros((6, 5), np.uint8)
    assert read_picture(planes, picture) and read_mask(planes[1], mask)
    wanted = cv2.multiply(np.ascontiguousarray(planes.transpose(1, 2, 0)), (255.0,) * 4, dtype=cv2.CV_8U)
    np.testing.assert_array_equal(picture, wanted)
    np.testing.assert_array_equal(mask, wanted[..., 1])


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (5, 4)])
def test_what_is_no_number_is_told(broken: float, place: tuple[int, int]) -> None:
    for channel in range(3):
        planes, picture, mask = numbers(False), np.zeros((6, 5, 3), np.uint8), np.zeros((6, 5), np.uint8)
        planes[channel][place] = broken
        assert not read_picture(planes, picture)
        assert not read_mask(planes[channel], mask)
        assert np.isfinite(broken) or mask[place] in (0, 255 if broken > 0 else 0)
