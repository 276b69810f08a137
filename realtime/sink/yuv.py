"""From BGR to the YUV of cameras and codecs: in one pass, into memory that is there already.

Studio range, as cameras and codecs are taken to have it: 16 to 235 for luma, 16 to 240 for both differences. Colours
that share one sample are averaged, so its place is the middle between their pixels.

Written out because no library at hand does it at that price. For 720p FFmpeg's swscale takes 3.1 ms where it is to
round exactly, GStreamer's converter 7, these 0.5. OpenCV's I420 is as fast, but knows BT.601 alone and takes each
colour from one of the four pixels that share it: edges between colours come out jagged.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage
from realtime.kernels import compiled
from realtime.plane import Plane

Yuy2Image: TypeAlias = npt.NDArray[np.uint8]
"""(H, 2 W) uint8: luma, blue difference, luma, red difference for every two pixels of a row."""
Weights: TypeAlias = npt.NDArray[np.int32]
"""(3, 3) int32: what luma, blue and red difference take of blue, green and red, in 65536ths."""


def _weights(red: float, blue: float) -> Weights:
    """The weights of a standard, given what its luma takes of red and blue."""
    green = 1.0 - red - blue
    luma = np.array([blue, green, red])
    differences = [([1, 0, 0] - luma) / (2 * (1 - blue)), ([0, 0, 1] - luma) / (2 * (1 - red))]
    of_a_level = np.array([[219.0], [224.0], [224.0]]) / 255
    weights: Weights = np.rint(np.vstack([luma, *differences]) * of_a_level * 65536).astype(np.int32)
    weights[1:, 1] -= weights[1:].sum(axis=1)  # grey is to have no difference at all
    return weights


BT601 = _weights(0.299, 0.114)
"""ITU-R BT.601, which whoever reads a camera takes its pictures for."""
BT709 = _weights(0.2126, 0.0722)
"""ITU-R BT.709, of HD film."""


def draw_yuv420(image: BgrImage, planes: tuple[Plane, Plane, Plane], weights: Weights) -> None:
    """Draw a picture as luma and, a quarter of it in size, both differences.

    Args:
        image: (H, W, 3) uint8 BGR, contiguous, both sides even; read only.
        planes: (H, >= W) and twice (H / 2, >= W / 2), contiguous; drawn into.
        weights: Of the standard.
    """
    _yuv420(image, *planes, weights)


def compile_yuv420() -> None:
    """Have `draw_yuv420` compiled, or loaded, before a picture waits for it."""
    luma, colour = np.empty((2, 2), np.uint8), np.empty((1, 1), np.uint8)
    draw_yuv420(np.zeros((2, 2, 3), np.uint8), (luma, colour, colour.copy()), BT709)


def draw_yuy2(image: BgrImage, into: Yuy2Image, weights: Weights) -> None:
    """Draw a picture as webcams send it.

    Args:
        image: (H, W, 3) uint8 BGR, contiguous, W even; read only.
        into: (H, 2 W), contiguous; drawn into.
        weights: Of the standard.
    """
    _yuy2(image, into, weights)


@compiled()
def _yuv420(image: BgrImage, luma: Plane, blue: Plane, red: Plane, weights: Weights) -> None:
    """Short loops over rows, with indices that cannot be negative: the compiler turns these into vector instructions.

    A loop that does both takes three times as long.
    """
    height, width = image.shape[:2]
    flat = image.reshape(height, 3 * width)
    yb, yg, yr = np.uint32(weights[0, 0]), np.uint32(weights[0, 1]), np.uint32(weights[0, 2])
    ub, ug, ur = weights[1, 0], weights[1, 1], weights[1, 2]
    vb, vg, vr = weights[2, 0], weights[2, 1], weights[2, 2]
    one, two, three, four, five = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4), np.uintp(5)
    eight = np.uint32(8)
    black = np.uint16((16 << 8) + 129)  # 128 rounds, and 1 stands for what three times is cut off
    half = np.int32((128 << 18) + (1 << 17))
    for row in range(height):
        pixels, luma_row = flat[row], luma[row]
        for x in range(np.uintp(width)):
            at = three * x
            y = np.uint16(np.uint32(pixels[at]) * yb >> eight)
            y += np.uint16(np.uint32(pixels[at + one]) * yg >> eight)
            y += np.uint16(np.uint32(pixels[at + two]) * yr >> eight)
            luma_row[x] = np.uint8(np.uint16(y + black) >> np.uint16(8))
        if row % 2 == 0:
            continue
        above, blue_row, red_row = flat[row - 1], blue[row // 2], red[row // 2]
        for x in range(np.uintp(width // 2)):
            at = np.uintp(6) * x
            b = np.int32(above[at]) + np.int32(above[at + three]) + np.int32(pixels[at]) + np.int32(pixels[at + three])
            g = np.int32(above[at + one]) + np.int32(above[at + four])
            g += np.int32(pixels[at + one]) + np.int32(pixels[at + four])
            r = np.int32(above[at + two]) + np.int32(above[at + five])
            r += np.int32(pixels[at + two]) + np.int32(pixels[at + five])
            blue_row[x] = np.uint8((b * ub + g * ug + r * ur + half) >> 18)
            red_row[x] = np.uint8((b * vb + g * vg + r * vr + half) >> 18)


@compiled()
def _yuy2(image: BgrImage, into: Yuy2Image, weights: Weights) -> None:
    height, width = image.shape[:2]
    flat = image.reshape(height, 3 * width)
    yb, yg, yr = weights[0, 0], weights[0, 1], weights[0, 2]
    ub, ug, ur = weights[1, 0], weights[1, 1], weights[1, 2]
    vb, vg, vr = weights[2, 0], weights[2, 1], weights[2, 2]
    one, two, three, four, five = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4), np.uintp(5)
    black, half = np.int32((16 << 16) + (1 << 15)), np.int32((128 << 17) + (1 << 16))
    for row in range(height):
        pixels, out = flat[row], into[row]
        for pair in range(np.uintp(width // 2)):
            at, to = np.uintp(6) * pair, four * pair
            b, b2 = np.int32(pixels[at]), np.int32(pixels[at + three])
            g, g2 = np.int32(pixels[at + one]), np.int32(pixels[at + four])
            r, r2 = np.int32(pixels[at + two]), np.int32(pixels[at + five])
            out[to] = np.uint8((b * yb + g * yg + r * yr + black) >> 16)
            out[to + two] = np.uint8((b2 * yb + g2 * yg + r2 * yr + black) >> 16)
            b, g, r = b + b2, g + g2, r + r2
            out[to + one] = np.uint8((b * ub + g * ug + r * ur + half) >> 17)
            out[to + three] = np.uint8((b * vb + g * vg + r * vr + half) >> 17)
