"""A crop and its mask enlarged by a whole factor, cubically, as one picture of four channels."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Mask
from realtime.kernels import compiled, first_call
from realtime.packed import Packed

_SHARPNESS = -0.75
"""Keys, "Cubic convolution interpolation for digital image processing", 1981, his a; as OpenCV has it."""
_TAPS = 4
_MARGIN, _NEXT = 2, np.uint64(4)
_WEIGHT, _FINE, _HALVES = 1 << 14, 6, 11
"""Weights are 2^-14 apart. Values have 6 bits behind the point while rows are mixed, and 4 when it is done; a half of
the last of these, and what four products lose that are rounded down."""

TIMES = (2, 3, 4)

Lines: TypeAlias = npt.NDArray[np.int16]
Levels: TypeAlias = npt.NDArray[np.uint8]


def enlarge(picture: BgrImage, mask: Mask, times: int) -> Packed:
    """Enlarge both.

    In 16 bits throughout, rows first and then columns, each in short loops of vector instructions: half of what
    OpenCV takes, which has to be given one picture of both before.

    Args:
        picture: (h, w, 3) uint8 BGR.
        mask: (h, w) uint8.
        times: Out of `TIMES`.

    Returns:
        (times * h, times * w) uint32, the mask as opacity. Within one level of `cv2.resize`.

    Raises:
        ValueError: There is no such factor.
    """
    if times not in TIMES:
        raise ValueError(f"times: wanted one of {TIMES}, got {times}")
    height, width = mask.shape
    enlarged = np.empty((times * height, times * width), np.uint32)
    _enlarge(np.ascontiguousarray(picture), np.ascontiguousarray(mask), *_KEYS[times], enlarged)
    return enlarged


def _keys(times: int) -> tuple[Lines, npt.NDArray[np.intp]]:
    """For each of a pixel's parts: (times, 4) weights, and (times,) how far from it the first of them counts."""
    places = (np.arange(times) + 0.5) / times - 0.5
    first = np.floor(places).astype(np.intp) - 1
    distance = np.abs(places[:, None] - first[:, None] - np.arange(_TAPS))
    a = _SHARPNESS
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    weights = np.rint(_WEIGHT * np.where(distance <= 1, near, far)).astype(np.int16)
    weights[:, 1] += (_WEIGHT - weights.sum(1)).astype(np.int16)
    return weights, first


_KEYS = {times: _keys(times) for times in TIMES}


@compiled(inner=True)
def _share(value: np.int16, weight: np.int16) -> np.int16:
    """The upper half of a product, which is one instruction."""
    return np.int16(np.int32(np.int32(value) * np.int32(weight)) >> np.int32(16))


@compiled(inner=True)
def _mix_rows(rows: Lines, top: int, weights: Lines, mixed: Lines) -> None:
    """Four rows into one; beyond the rim its outermost pixels go on."""
    most, count, margin = rows.shape[0] - 1, rows.shape[1], 4 * _MARGIN
    one, two = rows[min(max(top, 0), most)], rows[min(max(top + 1, 0), most)]
    three, four = rows[min(max(top + 2, 0), most)], rows[min(max(top + 3, 0), most)]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for i in range(count):
        total = np.int16(_share(one[i], a) + _share(two[i], b) + _share(three[i], c) + _share(four[i], d))
        mixed[margin + i] = np.int16(total << np.int16(2))
    for i in range(margin):
        mixed[i], mixed[margin + count + i] = mixed[margin + i % 4], mixed[margin + count - 4 + i % 4]


@compiled(inner=True)
def _mix_columns(mixed: Lines, left: int, weights: Lines, out: Levels) -> None:
    """Of each pixel in a mixed row one part."""
    start = np.uint64(4 * (_MARGIN + left))
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for i in range(len(out)):
        place = start + np.uint64(i)  # without a sign no index counts from the end, which would have to be asked
        before = np.int16(_share(mixed[place], a) + _share(mixed[place + _NEXT], b))
        after = np.int16(_share(mixed[place + _NEXT + _NEXT], c) + _share(mixed[place + _NEXT + _NEXT + _NEXT], d))
        level = np.int16(np.int16(np.int16(before + after) + np.int16(_HALVES)) >> np.int16(4))
        out[i] = np.uint8(min(max(level, np.int16(0)), np.int16(255)))


@compiled(inner=True)
def _weave(pixels: Packed, line: Packed) -> None:
    """The parts of all pixels in their order; by a factor that the compiler knows it writes several at a time."""
    times, width = pixels.shape
    one, two = pixels[0], pixels[1]
    if times == 2:
        for x in range(width):
            line[2 * x], line[2 * x + 1] = one[x], two[x]
    elif times == 3:
        three = pixels[2]
        for x in range(width):
            line[3 * x], line[3 * x + 1], line[3 * x + 2] = one[x], two[x], three[x]
    else:
        three, four = pixels[2], pixels[3]
        for x in range(width):
            line[4 * x], line[4 * x + 1], line[4 * x + 2], line[4 * x + 3] = one[x], two[x], three[x], four[x]


@compiled()
def _enlarge(
    picture: BgrImage,
    mask: Mask,
    weights: Lines,
    first: npt.NDArray[np.intp],
    enlarged: Packed,
) -> None:
    height, width, times = mask.shape[0], mask.shape[1], len(weights)
    rows = np.empty((height, 4 * width), np.int16)
    for y in range(height):
        for x in range(width):
            for channel in range(3):
                rows[y, 4 * x + channel] = np.int16(picture[y, x, channel]) << np.int16(_FINE)
            rows[y, 4 * x + 3] = np.int16(mask[y, x]) << np.int16(_FINE)
    mixed, parts = np.empty(4 * (width + 2 * _MARGIN), np.int16), np.empty((times, 4 * width), np.uint8)
    pixels = parts.view(np.uint32)
    for row in range(times * height):
        _mix_rows(rows, row // times + first[row % times], weights[row % times], mixed)
        for part in range(times):
            _mix_columns(mixed, first[part], weights[part], parts[part])
        _weave(pixels, enlarged[row])


@first_call
def _first_call() -> None:
    enlarge(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.uint8), TIMES[0])
