"""The YUV of films to BGR, against the standards' own formulas; turned and scaled; and what is left to FFmpeg."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from realtime.source.decoder import VideoDecoder
from realtime.source.upright import UprightPictures
from realtime.source.yuv420 import is_drawn_here
from tests.realtime.source.conftest import write_film

ROUNDED = 0.52
BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)


def noise(size_wh: tuple[int, int], *, kind: str = "yuv420p", standard: int = 1, range_: int = ColorRange.MPEG):
    """A picture of all values there are, impossible ones too, and what FFmpeg adds to its rows filled with others."""
    frame = VideoFrame(*size_wh, kind)
    frame.colorspace, frame.color_range = standard, range_
    for number, plane in enumerate(frame.planes):
        values = np.random.default_rng(number).integers(0, 256, plane.buffer_size, np.uint8)
        np.frombuffer(memoryview(plane), np.uint8)[:] = values
    return frame


def exact(frame: VideoFrame, red: float, blue: float, *, full: bool) -> np.ndarray:
    planes = [np.frombuffer(memoryview(p), np.uint8).reshape(p.height, p.line_size)[:, : p.width] for p in frame.planes]
    each = [plane.astype(np.float64) for plane in planes]
    u, v = (one.repeat(2, 0).repeat(2, 1)[: frame.height, : frame.width] - 128 for one in each[1:])
    y = each[0] / 255 if full else (each[0] - 16) / 219
    u, v = (one / (255 if full else 224) for one in (u, v))
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.stack([b, g, r], -1).clip(0, 1) * 255


@pytest.mark.parametrize("size_wh", [(64, 48), (63, 47), (66, 50), (1, 1), (2, 3)])
@pytest.mark.parametrize(
    ("kind", "standard", "range_", "weights", "full"),
    [
        ("yuv420p", 1, ColorRange.MPEG, BT709, False),
        ("yuv420p", 5, ColorRange.MPEG, BT601, False),
        ("yuv420p", 6, ColorRange.MPEG, BT601, False),
        ("yuv420p", 2, ColorRange.UNSPECIFIED, BT601, False),
        ("yuv420p", 1, ColorRange.JPEG, BT709, True),
        ("yuvj420p", 2, ColorRange.UNSPECIFIED, BT601, True),
    ],
)
def test_it_is_right_within_rounding(size_wh, kind, standard, range_, weights, full) -> None:
    frame = noise(size_wh, kind=kind, standard=standard, range_=range_)
    into = np.full((size_wh[1], size_wh[0], 3), 7, np.uint8)
    assert is_drawn_here(frame)
    UprightPictures(1)(frame, into)
    assert np.abs(into - exact(frame, *weights, full=full)).max() <= ROUNDED


@pytest.mark.parametrize(("kind", "standard"), [("yuv420p", 9), ("yuv420p", 7), ("yuv422p", 1), ("nv12", 1)])
def test_other_kinds_are_left_to_ffmpeg(kind: str, standard: int) -> None:
    frame = noise((64, 48), kind=kind, standard=standard)
    into = np.full((48, 64, 3), 7, np.uint8)
    assert not is_drawn_here(frame)
    UprightPictures(1)(frame, into)
    assert np.array_equal(into, frame.to_ndarray(format="bgr24"))


def test_another_size_is_fitted_in_and_the_next_one_is_not_mixed_up() -> None:
    draw, small = UprightPictures(1), np.empty((24, 32, 3), np.uint8)
    for frame in (noise((64, 48)), noise((128, 96)), noise((32, 24))):
        whole = np.empty((frame.height, frame.width, 3), np.uint8)
        draw(frame, whole)
        draw(frame, small)
        assert np.array_equal(small, cv2.resize(whole, (32, 24), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_phones_film_stands_upright(tmp_path: Path, rotation: int) -> None:
    picture = np.full((48, 64, 3), 40, np.uint8)
    picture[:24, :32] = (200, 120, 60)
    path = write_film(tmp_path / "film.mp4", times_s=[0.0], pictures=[picture], rotation=rotation, pix_fmt="yuv420p")
    decoder = VideoDecoder(str(path), remote=False)
    coded = decoder.next()
    assert coded is not None and is_drawn_here(coded)
    into = np.empty((decoder.size_wh[1], decoder.size_wh[0], 3), np.uint8)
    decoder.draw(coded, into)
    decoder.close()
    upright = np.rot90(picture, rotation // 90)
    assert into.shape == upright.shape
    assert np.abs(into.astype(int) - upright).max() <= 3
