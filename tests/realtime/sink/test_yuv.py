"""BGR to YUV, against the standards' own formulas and read back by other libraries."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from realtime.frame import BgrImage
from realtime.sink.even import EvenPicture
from realtime.sink.h264 import EncoderPicture
from realtime.sink.yuv import BT601, BT709, Plane, Weights, draw_yuv420, draw_yuy2

ROUNDED = 0.51
STANDARDS = pytest.mark.parametrize(("weights", "red", "blue"), [(BT601, 0.299, 0.114), (BT709, 0.2126, 0.0722)])


def exact(image: np.ndarray, red: float, blue: float) -> np.ndarray:
    """Luma and both differences of every pixel, (H, W, 3) float64, in studio range."""
    b, g, r = np.moveaxis(image.astype(np.float64) / 255, -1, 0)
    luma = red * r + (1 - red - blue) * g + blue * b
    return np.stack(
        [16 + 219 * luma, 128 + 224 * (b - luma) / (2 * (1 - blue)), 128 + 224 * (r - luma) / (2 * (1 - red))], -1
    )


def pictures() -> list[BgrImage]:
    """Noise, and every corner of the cube of colours beside every other."""
    corners = np.array(list(product((0, 1, 254, 255), repeat=3)), np.uint8)
    beside = corners[np.random.default_rng(1).integers(0, len(corners), (50, 66))]
    return [np.random.default_rng(0).integers(0, 256, (50, 66, 3), np.uint8), beside]


def smooth(size_wh: tuple[int, int] = (66, 50)) -> BgrImage:
    coarse = np.random.default_rng(2).integers(30, 226, (2, 3, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def planes_of(height: int, width: int, spare: int = 0) -> tuple[Plane, Plane, Plane]:
    quarter = (height // 2, width // 2 + spare)
    return np.full((height, width + spare), 7, np.uint8), np.full(quarter, 7, np.uint8), np.full(quarter, 7, np.uint8)


@STANDARDS
@pytest.mark.parametrize("spare", [0, 14])
def test_420_is_right_within_rounding(weights: Weights, red: float, blue: float, spare: int) -> None:
    for image in pictures():
        before = image.copy()
        planes = planes_of(50, 66, spare)
        draw_yuv420(image, planes, weights)
        right = exact(image, red, blue)
        averaged = right.reshape(25, 2, 33, 2, 3).mean((1, 3))
        for plane, truth in zip(planes, (right[..., 0], averaged[..., 1], averaged[..., 2]), strict=True):
            assert np.abs(plane[:, : truth.shape[1]] - truth).max() <= ROUNDED
            assert (plane[:, truth.shape[1] :] == 7).all()  # nobody's bytes
        assert np.array_equal(image, before)


@STANDARDS
def test_yuy2_is_right_within_rounding(weights: Weights, red: float, blue: float) -> None:
    for image in pictures():
        before = image.copy()
        into = np.empty((50, 132), np.uint8)
        draw_yuy2(image, into, weights)
        right = exact(image, red, blue)
        averaged = right.reshape(50, 33, 2, 3).mean(2)
        assert np.abs(into[:, 0::2] - right[..., 0]).max() <= ROUNDED
        assert np.abs(into[:, 1::4] - averaged[..., 1]).max() <= ROUNDED
        assert np.abs(into[:, 3::4] - averaged[..., 2]).max() <= ROUNDED
        assert np.array_equal(image, before)


@STANDARDS
def test_grey_has_no_colour_at_all(weights: Weights, red: float, blue: float) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(2, 128, 1), 3, axis=2)
    planes, into = planes_of(2, 128), np.empty((2, 256), np.uint8)
    draw_yuv420(ramp, planes, weights)
    draw_yuy2(ramp, into, weights)
    assert (planes[1] == 128).all() and (planes[2] == 128).all() and (into[:, 1::2] == 128).all()
    assert (planes[0][0, 0], planes[0][1, 127]) == (16, 235)
    assert (np.diff(planes[0].astype(int)) >= 0).all()


def test_what_a_reader_of_cameras_makes_of_it_is_the_picture() -> None:
    image = smooth()
    into = np.empty((50, 132), np.uint8)
    draw_yuy2(image, into, BT601)
    read = cv2.cvtColor(into.reshape(50, 66, 2), cv2.COLOR_YUV2BGR_YUY2)
    away = read.astype(int) - image
    assert np.abs(away).max() <= 8 and np.abs(away.mean()) < 0.3


@pytest.mark.parametrize("size_wh", [(66, 50), (65, 49), (64, 48)])
def test_what_a_decoder_makes_of_it_is_the_picture(size_wh: tuple[int, int]) -> None:
    encodable, reformatter = EncoderPicture(size_wh), VideoReformatter()
    for image in (np.zeros((size_wh[1], size_wh[0], 3), np.uint8), smooth(size_wh)):  # drawn over the one before
        frame = encodable(image, 5)
        assert (frame.pts, frame.colorspace, frame.color_range) == (5, Colorspace.ITU709, ColorRange.MPEG)
        read = reformatter.reformat(frame, format="bgr24").to_ndarray()
        assert read.shape[:2] == (size_wh[1] + size_wh[1] % 2, size_wh[0] + size_wh[0] % 2)
        away = read[: size_wh[1], : size_wh[0]].astype(int) - image
        # swscale reads a level or two too dark where it is not told to round.
        assert np.abs(away).max() <= 12 and np.abs(away.mean()) < 2


def test_even_pictures_pass_as_they_are() -> None:
    image = smooth()
    evened = EvenPicture((66, 50))
    assert evened(image) is image and evened.size_wh == (66, 50)


@pytest.mark.parametrize("size_wh", [(65, 50), (66, 49), (65, 49), (1, 1)])
def test_odd_ones_get_their_edge_once_more(size_wh: tuple[int, int]) -> None:
    evened = EvenPicture(size_wh)
    for _ in range(2):
        image = np.random.default_rng(0).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
        padded = np.pad(image, ((0, size_wh[1] % 2), (0, size_wh[0] % 2), (0, 0)), mode="edge")
        assert np.array_equal(evened(image), padded)
    assert evened.size_wh == (padded.shape[1], padded.shape[0])
