"""From the YUV of films and streams to BGR: in one pass, into memory that is there already.

FFmpeg's own way, swscale, draws into a picture of its own, which has to be copied, and unless it is told to round, for
four times as much, every colour ends one to two levels too dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from realtime.frame import BgrImage
from realtime.kernels import compiled
from realtime.plane import Plane, rows_of

Weights: TypeAlias = npt.NDArray[np.int32]
"""(6,) int32: the level of black; then, in 65536ths, what a level of luma is, what red takes of the red difference,
green of the blue and of the red one, and blue of the blue one."""

_BT601, _BT709 = (0.299, 0.114), (0.2126, 0.0722)
_STANDARDS: Mapping[int, tuple[float, float]] = {1: _BT709, 2: _BT601, 5: _BT601, 6: _BT601}
"""What luma takes of red and of blue, by FFmpeg's number of the standard (`AVColorSpace`): BT.709; none said, which
swscale takes for BT.601, too; BT.601 by its European and its American name. PyAV's names are swscale's, and fewer."""
_FULL_RANGE = "yuvj420p"


def is_drawn_here(frame: VideoFrame) -> bool:
    """Whether a picture is of a kind that `draw_bgr` knows, as nearly all films and streams are."""
    return (
        frame.format.name in ("yuv420p", _FULL_RANGE)
        and frame.colorspace in _STANDARDS
        and all(plane.line_size > 0 for plane in frame.planes)
    )


def draw_bgr(frame: VideoFrame, into: BgrImage) -> None:
    """Draw a picture; pixels that share a colour get the same one.

    Args:
        frame: In 4:2:0, see `is_drawn_here`; read only.
        into: (H, W, 3) uint8 BGR of the same size, contiguous; drawn into.
    """
    full = frame.format.name == _FULL_RANGE or frame.color_range == ColorRange.JPEG
    luma, blue, red = (rows_of(plane) for plane in frame.planes)
    _draw(luma, blue, red, _WEIGHTS[_STANDARDS[frame.colorspace], full], into)


def compile_ahead() -> None:
    """Have it compiled before a picture waits for it."""
    one = np.zeros((1, 1), np.uint8)
    _draw(one, one, one, _WEIGHTS[_BT601, False], np.empty((1, 1, 3), np.uint8))


def _weights(red: float, blue: float, *, full: bool) -> Weights:
    green = 1.0 - red - blue
    luma, difference = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    of_red, of_blue = 2 * (1 - red) * difference, 2 * (1 - blue) * difference
    shares = [luma, of_red, -of_blue * blue / green, -of_red * red / green, of_blue]
    return np.array([0 if full else 16, *(round(65536 * share) for share in shares)], np.int32)


_WEIGHTS = {(one, full): _weights(*one, full=full) for one in (_BT601, _BT709) for full in (False, True)}


@compiled()
def _draw(luma: Plane, blue: Plane, red: Plane, weights: Weights, into: BgrImage) -> None:
    """Indices that cannot be negative: the compiler turns this loop into vector instructions."""
    height, width = into.shape[:2]
    flat = into.reshape(height, 3 * width)
    black, one_level, red_red, green_blue, green_red, blue_blue = weights
    half, grey, none, most = np.int32(1 << 15), np.int32(128), np.int32(0), np.int32(255)
    one, two, three, four, five = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4), np.uintp(5)
    for row in range(height):
        luma_row, blue_row, red_row, out = luma[row], blue[row // 2], red[row // 2], flat[row]
        for pair in range(np.uintp(width // 2)):
            u, v = np.int32(blue_row[pair]) - grey, np.int32(red_row[pair]) - grey
            b, g, r = u * blue_blue + half, u * green_blue + v * green_red + half, v * red_red + half
            at, to = two * pair, np.uintp(6) * pair
            y = (np.int32(luma_row[at]) - black) * one_level
            out[to] = np.uint8(min(max((y + b) >> 16, none), most))
            out[to + one] = np.uint8(min(max((y + g) >> 16, none), most))
            out[to + two] = np.uint8(min(max((y + r) >> 16, none), most))
            y = (np.int32(luma_row[at + one]) - black) * one_level
            out[to + three] = np.uint8(min(max((y + b) >> 16, none), most))
            out[to + four] = np.uint8(min(max((y + g) >> 16, none), most))
            out[to + five] = np.uint8(min(max((y + r) >> 16, none), most))
        if width % 2:
            last = width - 1
            u, v = np.int32(blue_row[last // 2]) - grey, np.int32(red_row[last // 2]) - grey
            y = (np.int32(luma_row[last]) - black) * one_level + half
            into[row, last, 0] = np.uint8(min(max((y + u * blue_blue) >> 16, none), most))
            into[row, last, 1] = np.uint8(min(max((y + u * green_blue + v * green_red) >> 16, none), most))
            into[row, last, 2] = np.uint8(min(max((y + v * red_red) >> 16, none), most))
