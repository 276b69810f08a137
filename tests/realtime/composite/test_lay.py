"""The kernel that lays a layer, beside a bilinear warp and a blend by the book."""

import cv2
import numpy as np
import pytest

from realtime.composite.blend import _lay, _part, _resample
from realtime.composite.mask import FinalMask
from realtime.face.align import invert
from realtime.frame import Face, Swap


def layer_of(side: int, seed: int, beyond: np.ndarray | None = None) -> np.ndarray:
    """(side, side, 4) uint8, soft, and 0 in its opacity at the rim; inside of larger memory where that is given."""
    noise = np.random.default_rng(seed)
    small = noise.integers(0, 256, (max(2, side // 8), max(2, side // 8), 4), np.uint8)
    layer = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    layer[:2, :, 3] = layer[-2:, :, 3] = 0
    layer[:, :2, 3] = layer[:, -2:, 3] = 0
    if beyond is None:
        return layer
    place = beyond[1000 : 1000 + layer.size].reshape(layer.shape)
    place[:] = layer
    return place


def laid(picture: np.ndarray, box: tuple[int, int, int, int], layer: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    left, top, right, bottom = box
    y, x = np.mgrid[: bottom - top, : right - left]
    places = np.stack([x, y, np.ones_like(x)], -1) @ matrix.T
    first = np.floor(places).astype(int)
    share = (places - first)[..., None]
    padded = np.pad(layer.astype(np.float64), ((300, 300), (300, 300), (0, 0)))
    column, row = first[..., 0] + 300, first[..., 1] + 300
    across = [
        padded[row + down, column] * (1 - share[:, :, 0]) + padded[row + down, column + 1] * share[:, :, 0]
        for down in (0, 1)
    ]
    placed = across[0] * (1 - share[:, :, 1]) + across[1] * share[:, :, 1]
    opacity = placed[..., 3:] / 255
    wanted = picture.astype(np.float64)
    there = wanted[top:bottom, left:right]
    there[:] = there * (1 - opacity) + placed[..., :3] * opacity
    return wanted


@pytest.mark.parametrize("turn_deg", [0.0, 3.0, 45.0, 90.0, 133.0, 180.0, -90.0])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.4])
def test_as_a_warp_and_a_blend(turn_deg: float, scale: float) -> None:
    side, box = 96, (20, 10, 190, 130)
    layer = layer_of(side, 1)
    picture = np.random.default_rng(2).integers(0, 256, (150, 210, 3), np.uint8)
    matrix = cv2.getRotationMatrix2D((80.3, 61.7), turn_deg, scale)
    matrix[:, 2] += side / 2 - np.array([80.3, 61.7])
    wanted = laid(picture, box, layer, matrix)
    _lay(picture, box, layer.view(np.uint32)[..., 0], matrix)
    off = np.abs(picture - wanted)
    assert off.max() <= 3  # each of three mixtures rounds, and places are by 256ths of a pixel
    assert off.mean() < 0.5


def test_nothing_beyond_the_layer_is_read_and_nothing_beyond_the_box_written() -> None:
    noise = np.random.default_rng(3)
    for trial in range(200):
        side = int(noise.integers(1, 70))
        # All around the layer is white and opaque: whoever reads it shows it.
        layer = layer_of(side, trial, np.full(2000 + side * side * 4, 255, np.uint8))
        layer[..., 3] = 0
        picture = np.full((60, 80, 3), 7, np.uint8)
        left, top = noise.integers(0, 40), noise.integers(0, 30)
        box = (int(left), int(top), int(left + noise.integers(1, 40)), int(top + noise.integers(1, 30)))
        matrix = cv2.getRotationMatrix2D((20.0, 15.0), float(noise.uniform(-180, 180)), float(noise.uniform(0.05, 4)))
        matrix[:, 2] += noise.uniform(-side, side, 2)
        _lay(picture, box, layer.view(np.uint32)[..., 0], matrix)
        assert (picture == 7).all()


@pytest.mark.parametrize("shown", [0.1, 0.3, 0.5, 0.6, 1.0, 1.7, 2.6, 9.0])
@pytest.mark.parametrize("size", [64, 128, 256])
def test_the_outermost_pixels_of_a_layer_have_no_opacity(shown: float, size: int) -> None:
    """A face that fills its crop, and nothing but the crop's own rim to end it."""
    crop_from_frame = np.array([[1 / shown, 0, 3], [0, 1 / shown, 5]])
    corners = np.array([(-1e3, -1e3, 0), (1e3, -1e3, 0), (1e3, 1e3, 0), (-1e3, 1e3, 0)], np.float32)
    white = np.full((size, size, 3), 255, np.uint8)
    swap = Swap(Face(0, corners, np.eye(2, 3)), white, white[..., 0].copy(), crop_from_frame)
    mask, _ = FinalMask()(swap)
    layer, layer_from_frame = _resample(swap, mask, (0, 0, size, size), crop_from_frame)
    opacity = layer >> 24
    assert max(one.max() for one in (opacity[0], opacity[-1], opacity[:, 0], opacity[:, -1])) == 0
    assert opacity.max() == 255
    # The middle stays where it was.
    middle = layer_from_frame @ (*(invert(crop_from_frame) @ ((size - 1) / 2, (size - 1) / 2, 1)), 1)
    np.testing.assert_allclose(middle, (len(layer) - 1) / 2, atol=1e-9)


@pytest.mark.parametrize("shown", [0.3, 0.8, 1.3, 1.7, 3.2, 9.0])
@pytest.mark.parametrize("size", [64, 128, 256])
def test_a_part_of_a_layer_is_that_part_of_the_whole(shown: float, size: int) -> None:
    """A face smaller than its crop: only what its mask covers, and what filters reach beside that, is worked on."""
    crop_from_frame = np.array([[1 / shown, 0, 3], [0, 1 / shown, 5]])
    middle = invert(crop_from_frame) @ (0.4 * size, 0.6 * size, 1)
    angles = np.linspace(0, 2 * np.pi, 60)
    ring = middle + 0.25 * size * shown * np.stack([np.cos(angles), np.sin(angles)], 1)
    points = np.column_stack([ring, np.zeros(60)]).astype(np.float32)
    noise = np.random.default_rng(4).integers(0, 256, (size, size, 3), np.uint8)
    swap = Swap(Face(0, points, np.eye(2, 3)), noise, np.full((size, size), 255, np.uint8), crop_from_frame)
    mask, _ = FinalMask()(swap)
    part = _part(mask)
    assert part is not None and part[2] - part[0] < 0.8 * size
    pictures = []
    for one in (part, (0, 0, size, size)):
        layer, layer_from_frame = _resample(swap, mask, one, crop_from_frame)
        rim = np.concatenate([layer[0], layer[-1], layer[:, 0], layer[:, -1]]) >> 24
        assert rim.max() == 0
        picture = np.full((int(size * shown) + 12, int(size * shown) + 12, 3), 90, np.uint8)
        _lay(picture, (0, 0, picture.shape[1], picture.shape[0]), layer, layer_from_frame)
        pictures.append(picture.astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 3
    assert (pictures[1] != 90).any()


def test_a_layer_that_lies_elsewhere_changes_nothing() -> None:
    picture = np.full((40, 40, 3), 9, np.uint8)
    layer = np.full((16, 16, 4), 255, np.uint8)
    for shift in (-1e4, -17.0, 17.0, 1e4):
        _lay(picture, (0, 0, 16, 16), layer.view(np.uint32)[..., 0], np.array([[1, 0, shift], [0, 1, shift]], float))
    assert (picture == 9).all()
