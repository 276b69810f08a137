"""CIELAB on whole crops, forth and back in one pass, in float32: measured and shifted without a picture of floats.

CIE 15:2004, section 8.2.1, D65, sRGB after IEC 61966-2-1. All of L*, a* and b* are linear in the cube roots f(X), f(Y)
and f(Z): so a shift of means and spreads is done on these, and a* and b* are never made.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Mask
from realtime.kernels import compiled, first_call

Statistics: TypeAlias = npt.NDArray[np.float64]
"""What is measured of a picture; an average of two of them is one again."""

_LEVELS = np.arange(256, dtype=np.float64)
LINEAR = np.where(_LEVELS <= 10.31475, _LEVELS / 255 / 12.92, ((_LEVELS / 255 + 0.055) / 1.055) ** 2.4)
"""Linear light of each sRGB level (IEC 61966-2-1)."""
_LINEAR = LINEAR.astype(np.float32)
_FINE = 8191
_LIGHT = np.arange(_FINE + 1) / _FINE
_GAMMA = np.rint(255 * np.where(_LIGHT <= 0.0031308, 12.92 * _LIGHT, 1.055 * _LIGHT ** (1 / 2.4) - 0.055)).astype(
    np.uint8
)
"""Level of each step of linear light; fine enough that no level is missed in the dark."""

_BLOCK = 512
_XYZ = np.array([(0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)])
_WHITE = np.array((0.950456, 1.0, 1.088754))
_FROM_RGB = (_XYZ / _WHITE[:, None]).astype(np.float32)
_TO_RGB = np.linalg.inv(_XYZ / _WHITE[:, None]).astype(np.float32)
_SLOPE, _TOE = np.float32(841 / 108), np.float32(16 / 116)
_LEAST_T, _LEAST_F = np.float32(216 / 24389), np.float32(6 / 29)

_compiled = compiled(fastmath={"contract", "arcp", "nsz", "reassoc"})


@_compiled
def _root(t: np.float32) -> np.float32:
    """Cube root of a number from the toe up, else the straight line that CIELAB has there."""
    bits = np.float32(t).view(np.int32)
    root = np.int32(np.float32(bits) * np.float32(1 / 3) + np.float32(709921077)).view(np.float32)
    for _ in range(2):  # Halley's method, from within 4 %
        cube = root * root * root
        root = root * (cube + t + t) / (cube + cube + t)
    return root if t > _LEAST_T else _SLOPE * t + _TOE


@_compiled
def _cube(f: np.float32) -> np.float32:
    return f * f * f if f > _LEAST_F else (f - _TOE) / _SLOPE


@_compiled
def _take(source: npt.NDArray[np.uint8], start: int, count: int, light: npt.NDArray[np.float32]) -> None:
    """So many pixels of a flat BGR picture as linear red, green and blue, (3, >= count) float32."""
    for i in range(count):
        at = 3 * (start + i)
        light[0, i], light[1, i], light[2, i] = _LINEAR[source[at + 2]], _LINEAR[source[at + 1]], _LINEAR[source[at]]


@_compiled
def shift(image: BgrImage, out: BgrImage, gain: npt.NDArray[np.float32], offset: npt.NDArray[np.float32]) -> None:
    """Each of L*, a* and b* times `gain` plus `offset`.

    Args:
        image: (H, W, 3) uint8 BGR, C-contiguous.
        out: The same shape and kind; what lies outside of what BGR can say is held at its bounds.
        gain: (3,) float32.
        offset: (3,) float32.
    """
    source, target = image.reshape(-1), out.reshape(-1)
    m, w, most = _FROM_RGB, _TO_RGB, np.float32(_FINE)
    light, steps = np.empty((3, _BLOCK), np.float32), np.empty((3, _BLOCK), np.int32)
    up = (offset[0] + np.float32(16) - np.float32(16) * gain[0]) / np.float32(116)
    red, yellow = offset[1] / np.float32(500), offset[2] / np.float32(200)
    for start in range(0, source.size // 3, _BLOCK):
        count = min(_BLOCK, source.size // 3 - start)
        _take(source, start, count, light)
        for i in range(count):
            r, g, b = light[0, i], light[1, i], light[2, i]
            x = _root(m[0, 0] * r + m[0, 1] * g + m[0, 2] * b)
            y = _root(m[1, 0] * r + m[1, 1] * g + m[1, 2] * b)
            z = _root(m[2, 0] * r + m[2, 1] * g + m[2, 2] * b)
            lightness = gain[0] * y + up
            x = _cube(lightness + gain[1] * (x - y) + red)
            z = _cube(lightness - gain[2] * (y - z) - yellow)
            y = _cube(lightness)
            for channel in range(3):
                value = (w[channel, 0] * x + w[channel, 1] * y + w[channel, 2] * z) * most + np.float32(0.5)
                steps[channel, i] = np.int32(min(max(value, np.float32(0)), most))
        for i in range(count):
            at = 3 * (start + i)
            target[at], target[at + 1], target[at + 2] = (
                _GAMMA[steps[2, i]],
                _GAMMA[steps[1, i]],
                _GAMMA[steps[0, i]],
            )


@_compiled
def _measure(image: BgrImage, mask: Mask, statistics: Statistics) -> None:
    source, inside, m = image.reshape(-1), mask.reshape(-1), _FROM_RGB
    light, sums = np.empty((3, _BLOCK), np.float32), np.zeros(7)
    for start in range(0, inside.size, _BLOCK):
        count = min(_BLOCK, inside.size - start)
        _take(source, start, count, light)
        pixels = l1 = a1 = b1 = l2 = a2 = b2 = np.float32(0)
        for i in range(count):
            r, g, b = light[0, i], light[1, i], light[2, i]
            x = _root(m[0, 0] * r + m[0, 1] * g + m[0, 2] * b)
            y = _root(m[1, 0] * r + m[1, 1] * g + m[1, 2] * b)
            z = _root(m[2, 0] * r + m[2, 1] * g + m[2, 2] * b)
            counts = np.float32(1) if inside[start + i] else np.float32(0)
            lightness = counts * (np.float32(116) * y - np.float32(16))
            a, yellow = counts * np.float32(500) * (x - y), counts * np.float32(200) * (y - z)
            pixels += counts
            l1 += lightness
            a1 += a
            b1 += yellow
            l2 += lightness * lightness
            a2 += a * a
            b2 += yellow * yellow
        for place, value in enumerate((pixels, l1, a1, b1, l2, a2, b2)):
            sums[place] += value
    for channel in range(3):
        mean = sums[1 + channel] / sums[0]
        statistics[0, channel] = mean
        statistics[1, channel] = np.sqrt(max(sums[4 + channel] / sums[0] - mean * mean, 0.0))


def measure(image: BgrImage, mask: Mask) -> Statistics:
    """Mean and spread of a picture's colours under a mask.

    Args:
        image: (H, W, 3) uint8 BGR.
        mask: (H, W) uint8; all that is not 0 counts, and something does.

    Returns:
        (2, 3) float64: means and standard deviations of L*, a* and b*.
    """
    statistics = np.empty((2, 3))
    _measure(np.ascontiguousarray(image), np.ascontiguousarray(mask), statistics)
    return statistics


@first_call
def _first_call() -> None:
    one, unchanged = np.zeros((1, 1, 3), np.uint8), np.ones(3, np.float32)
    shift(one, one.copy(), unchanged, unchanged)
    measure(one, np.ones((1, 1), np.uint8))
