"""What a marked film goes through before somebody asks where it came from."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias, cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from benchmarks.marked_material import FPS, SIZE_WH
from realtime.frame import BgrImage

Film: TypeAlias = list[BgrImage]
Change: TypeAlias = Callable[[Film], Film]


def coded(codec: str, bit_rate: int, **options: str) -> Change:
    """Through a codec at so many bits a second and back."""
    return lambda film: _coded(film, codec, bit_rate, options)


def each(change: Callable[[BgrImage], object]) -> Change:
    """The same change to every frame."""
    return lambda film: [np.ascontiguousarray(change(frame), np.uint8) for frame in film]


def _coded(film: Film, codec: str, bit_rate: int, options: Mapping[str, str]) -> Film:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=FPS, options=dict(options)))
        stream.height, stream.width = (side // 2 * 2 for side in film[0].shape[:2])
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        for frame in film:
            even = np.ascontiguousarray(frame[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="bgr24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as film_again:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in film_again.decode(video=0)]


def _jpeg_50(frame: BgrImage) -> object:
    return cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)


def _through(size_wh: tuple[int, int]) -> Change:
    def scale(frame: BgrImage) -> object:
        return cv2.resize(cv2.resize(frame, size_wh, interpolation=cv2.INTER_AREA), SIZE_WH)

    return each(scale)


def _cropped(left: float, top: float, width: float, height: float) -> Change:
    x, y = round(left * SIZE_WH[0]), round(top * SIZE_WH[1])
    right, bottom = x + round(width * SIZE_WH[0]), y + round(height * SIZE_WH[1])
    return each(lambda frame: frame[y:bottom, x:right])


def _letterboxed(frame: BgrImage) -> object:
    box = np.zeros((720, 960, 3), np.uint8)
    box[90:630] = cv2.resize(frame, (960, 540), interpolation=cv2.INTER_AREA)
    return box


def _brighter(gain: float) -> Change:
    return each(lambda frame: cv2.convertScaleAbs(frame, alpha=gain))


def _both(first: Change, second: Change) -> Change:
    return lambda film: second(first(film))


_H264 = {"preset": "medium"}
_LIVE = {"deadline": "realtime", "cpu-used": "8"}
_OFF_CENTRE = _cropped(0.083, 0.021, 0.9, 0.9)

ASKED: Mapping[str, tuple[Change, float]] = MappingProxyType(
    {
        "as it was": (lambda film: film, 1.0),
        "h264_1000": (coded("libx264", 1_000_000, **_H264), 1.0),
        "vp8_1000": (coded("libvpx", 1_000_000, **_LIVE), 1.0),
        "vp9_1000": (coded("libvpx-vp9", 1_000_000, **_LIVE), 1.0),
        "mjpeg_50": (each(_jpeg_50), 1.0),
        "scaled_640x360_and_back": (_through((640, 360)), 1.0),
        "cropped_10": (_cropped(0.05, 0.05, 0.9, 0.9), 1.0),
        "cropped_10_off_centre": (_OFF_CENTRE, 1.0),
        "letterbox_4_3": (each(_letterboxed), 1.0),
        "brighter_20": (_brighter(1.2), 1.0),
        "darker_20": (_brighter(0.8), 1.0),
        "h264_300": (coded("libx264", 300_000, **_H264), 0.95),
    }
)
"""Condition -> what it does to a film, and in how many windows the mark is to be found."""
BESIDE: Mapping[str, Change] = MappingProxyType(
    {
        "mirrored": each(lambda frame: frame[:, ::-1]),
        "cropped_to_4_3": _cropped(0.125, 0.0, 0.75, 1.0),
        "scaled_320x180_and_back": _through((320, 180)),
        "h264_300_veryfast": coded("libx264", 300_000, preset="veryfast", tune="zerolatency"),
        "h264_150": coded("libx264", 150_000, **_H264),
        "cropped_10_then_h264_300": _both(_OFF_CENTRE, coded("libx264", 300_000, **_H264)),
    }
)
"""What nobody asked for, and tells where it ends."""
