"""The core of a face, and how opaque a mask is over it, beside OpenCV's distances and means."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.face.core import CORE, close_core, opacity_over_core
from realtime.face.region import Polygon, fill_outline, outline
from realtime.frame import Mask
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


def core(corners: Polygon, size: int) -> Mask:
    """255 where it is."""
    inside = np.zeros((size, size), np.uint8)
    close_core(inside, corners)
    return inside


@pytest.mark.parametrize("size", [64, 128, 384])
@pytest.mark.parametrize("clockwise", [False, True])
def test_the_core_is_what_lies_so_far_inside(astronaut: PortraitRenderer, size: int, clockwise: bool) -> None:
    _, points, crop_from_frame = astronaut.crop(Expression(), size)
    corners = outline(points, crop_from_frame)
    inside = core(corners[::-1] if clockwise else corners, size)
    drawn = cv2.threshold(fill_outline(corners, size), 127, 255, cv2.THRESH_BINARY)[1]
    distance = cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert (inside[distance > CORE * size + 1.5] == 255).all()
    assert (inside[distance < CORE * size - 0.5] == 0).all()


def test_what_has_no_inside_has_no_core() -> None:
    for corners in ([(3, 3)], [(0, 0), (900, 900)], [(16, 16), (500, 16), (900, 16)]):
        assert core(np.array(corners, np.int32)[:, None], 64).max() == 0


@pytest.mark.parametrize("size", [64, 128, 384])
def test_opacity_is_that_of_the_core_alone(astronaut: PortraitRenderer, size: int) -> None:
    _, points, crop_from_frame = astronaut.crop(Expression(), size)
    corners = outline(points, crop_from_frame)
    mask = np.random.default_rng(3).integers(0, 256, (size, size), np.uint8)
    inside = core(corners, size) > 0
    opacity = opacity_over_core(mask, corners)
    np.testing.assert_allclose(opacity.mean, mask[inside].mean() / 255)
    np.testing.assert_allclose(opacity.unsure, ((mask >= 26) & (mask <= 229))[inside].mean())
    assert opacity_over_core(core(corners, size), corners) == (1, 0)
    wanted = np.maximum(mask, core(corners, size))
    close_core(mask, corners)
    np.testing.assert_array_equal(mask, wanted)


def test_over_what_has_no_core_nothing_is_opaque() -> None:
    assert opacity_over_core(np.full((64, 64), 255, np.uint8), np.zeros((3, 1, 2), np.int32)) == (0, 0)
