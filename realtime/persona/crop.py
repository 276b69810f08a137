"""Cutting a face's crop out of a frame, the same in training and live."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.face.align import invert, scale_of
from realtime.frame import BgrImage, Matrix2x3
from realtime.kernels import compiled, first_call
from realtime.packed import Packed, fetch

_ONE, _TWO = np.uint64(1), np.uint64(2)
_BYTE, _HALF = np.uint32(255), np.uint32(1 << 15)

_FAR = 1e9
"""What lies further away, in pixels, or is no number, lies nowhere."""

Levels: TypeAlias = npt.NDArray[np.uint8]


def cut_crop(image: BgrImage, crop_from_frame: Matrix2x3, size: int, out: BgrImage | None = None) -> BgrImage:
    """Cut an aligned square out of a picture.

    A face more than twice as large as the crop is first averaged down by a whole factor, and only where the
    crop lies: sampling it directly would skip pixels, and pores and glasses would glitter. Beyond the
    picture's rim its outermost pixels go on; a crop that lies nowhere is black. Both are one compiled pass, for
    half of the time that OpenCV's two take.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        crop_from_frame: (2, 3) similarity from pixels of the picture to pixels of the crop.
        size: S, the crop's side in pixels.
        out: (S, S, 3) uint8, C-contiguous, to draw into; made anew by default.

    Returns:
        The crop, (S, S, 3) uint8 BGR.
    """
    crop = np.empty((size, size, 3), np.uint8) if out is None else out
    frame_from_crop = invert(crop_from_frame)
    if all(abs(number) < _FAR for row in frame_from_crop.tolist() for number in row):
        factor = max(1, min(int(1 / max(scale_of(crop_from_frame), 1e-6)), *image.shape[:2]))
        _cut(np.ascontiguousarray(image), np.ascontiguousarray(frame_from_crop), factor, crop)
    else:
        crop.fill(0)
    return crop


def crop_corners(crop_from_frame: Matrix2x3, box: tuple[float, float, float, float]) -> npt.NDArray[np.float64]:
    """The corners, in frame pixels, of a box in crop pixels.

    Args:
        crop_from_frame: (2, 3) similarity.
        box: Left, top, right and bottom in the crop.

    Returns:
        (4, 2) float64.
    """
    left, top, right, bottom = box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    frame_from_crop = invert(crop_from_frame)
    placed: npt.NDArray[np.float64] = corners @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    return placed


def crop_bounds(
    crop_from_frame: Matrix2x3, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, in frame pixels, of the upright box around a box in crop pixels.

    Args:
        crop_from_frame: (2, 3) similarity.
        box: Left, top, right and bottom in the crop.
    """
    left, top, right, bottom = box
    x, y, half_width, half_height = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    (a, b, along), (c, d, down) = invert(crop_from_frame).tolist()
    x, y = a * x + b * y + along, c * x + d * y + down
    reach_x, reach_y = abs(a) * half_width + abs(b) * half_height, abs(c) * half_width + abs(d) * half_height
    return x - reach_x, y - reach_y, x + reach_x, y + reach_y


@compiled()
def _cut(image: BgrImage, frame_from_crop: Matrix2x3, factor: int, crop: BgrImage) -> None:
    """Average what lies around the crop by squares of `factor` pixels a side, then sample that bilinearly."""
    m, size = frame_from_crop, len(crop)
    middle, half = (size - 1) / 2, (size + 1) / 2
    columns, left = _reach(m[0], middle, half, image.shape[1], factor)
    rows, top = _reach(m[1], middle, half, image.shape[0], factor)
    small = np.empty((rows + 1, columns + 1), np.uint32)  # a pixel more each way, which counts for nothing
    _average(image, left, top, factor, small)
    flat, stride = small.reshape(-1), np.int32(columns + 1)
    below = flat[columns + 1 :]
    places, along, down = np.empty(size, np.int32), np.empty(size, np.uint32), np.empty(size, np.uint32)
    around = np.empty((4, size), np.uint32)
    right_most, down_most = np.float32(columns - 1), np.float32(rows - 1)
    step_x, step_y = np.float32(m[0, 0] / factor), np.float32(m[1, 0] / factor)
    inset = (factor - 1) / 2
    for y in range(size):
        start_x = np.float32((m[0, 1] * y + m[0, 2] - left - inset) / factor)
        start_y = np.float32((m[1, 1] * y + m[1, 2] - top - inset) / factor)
        for x in range(size):
            across = min(max(start_x + step_x * np.float32(x), np.float32(0)), right_most)
            under = min(max(start_y + step_y * np.float32(x), np.float32(0)), down_most)
            column, row = np.int32(across), np.int32(under)
            places[x] = np.int32(row * stride) + column
            along[x] = np.uint32((across - np.float32(column)) * np.float32(256) + np.float32(0.5))
            down[x] = np.uint32((under - np.float32(row)) * np.float32(256) + np.float32(0.5))
        fetch(flat, below, places, around)
        _mix(around, along, down, crop[y].reshape(-1))


@compiled(inner=True)
def _mix(around: Packed, along: Packed, down: Packed, levels: Levels) -> None:
    """Four pixels bilinearly mixed, each colour for itself and rounded once: what a network sees is to be exact."""
    for x in range(len(along)):
        right, below = along[x], down[x]
        left, above = np.uint32(np.uint32(256) - right), np.uint32(np.uint32(256) - below)
        for channel in range(3):
            shift = np.uint32(8 * channel)
            one, two = np.uint32((around[0, x] >> shift) & _BYTE), np.uint32((around[1, x] >> shift) & _BYTE)
            three, four = np.uint32((around[2, x] >> shift) & _BYTE), np.uint32((around[3, x] >> shift) & _BYTE)
            upper, lower = np.uint32(one * left + two * right), np.uint32(three * left + four * right)
            level = np.uint32(np.uint32(upper * above) + np.uint32(lower * below) + _HALF)
            levels[3 * x + channel] = np.uint8(level >> np.uint32(16))


@compiled(inner=True)
def _reach(row: npt.NDArray[np.float64], middle: float, half: float, side: int, factor: int) -> tuple[int, int]:
    """Over how many squares of a picture's side, one at least, a crop and a pixel around it reach; and from where."""
    centre, reach = row[0] * middle + row[1] * middle + row[2], (abs(row[0]) + abs(row[1])) * half
    first = int(min(max(np.floor(centre - reach), 0.0), float(side - factor)))
    last = int(min(max(np.ceil(centre + reach) + factor, 0.0), float(side)))
    return max(1, (last - first) // factor), first


@compiled(inner=True)
def _average(image: BgrImage, left: int, top: int, factor: int, small: Packed) -> None:
    """Averages over whole squares of a picture, rounded once.

    Sums down, then along, of all columns though each `factor`-th is used: both are short loops of vector instructions.

    Args:
        image: (H, W, 3) uint8.
        left: Of the first square.
        top: Of the first square.
        factor: Side of a square.
        small: (h + 1, w + 1) uint32, written but for its last row and column.
    """
    rows, columns = small.shape[0] - 1, small.shape[1] - 1
    count = 3 * columns * factor
    last = count - 3 * (factor - 1)
    lines = image.reshape(image.shape[0], 3 * image.shape[1])
    down, sums, levels = np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty(count, np.uint8)
    share = np.float32(1 / (factor * factor))
    for y in range(rows):
        line = lines[top + y * factor, 3 * left : 3 * left + count]
        if factor == 2:
            lower = lines[top + y * factor + 1, 3 * left : 3 * left + count]
            _halve(line, lower, levels)
        elif factor > 2:
            for i in range(count):
                down[i] = line[i]
            for j in range(1, factor):
                line = lines[top + y * factor + j, 3 * left : 3 * left + count]
                for i in range(count):
                    down[i] += line[i]
            for i in range(last):
                sums[i] = down[i]
            for j in range(1, factor):
                shifted = down[3 * j : 3 * j + last]
                for i in range(last):
                    sums[i] += shifted[i]
            for i in range(last):
                levels[i] = np.uint8(np.float32(sums[i]) * share + np.float32(0.5))
        # By a step that the compiler knows, it packs several pixels at a time.
        if factor == 1:
            _pack(line, 3, small[y])
        elif factor == 2:
            _pack(levels, 6, small[y])
        else:
            _pack(levels, 3 * factor, small[y])


@compiled(inner=True)
def _pack(levels: Levels, step: int, pixels: Packed) -> None:
    """Every so manieth byte begins a pixel; all but the last one are packed."""
    for x in range(len(pixels) - 1):
        first = np.uint64(step * x)
        low = np.uint32(np.uint32(levels[first]) | np.uint32(np.uint32(levels[first + _ONE]) << np.uint32(8)))
        pixels[x] = np.uint32(low | np.uint32(np.uint32(levels[first + _TWO]) << np.uint32(16)))


@compiled(inner=True)
def _halve(upper: Levels, lower: Levels, levels: Levels) -> None:
    """Averages of two rows and, at each of their places, of two pixels."""
    for i in range(len(levels) - 3):
        j = np.uint32(i) + np.uint32(3)
        pair = np.uint16(np.uint16(upper[i]) + np.uint16(lower[i]))
        next_pair = np.uint16(np.uint16(upper[j]) + np.uint16(lower[j]))
        levels[i] = np.uint8(np.uint16(np.uint16(pair + next_pair) + np.uint16(2)) >> np.uint16(2))


@first_call
def _first_call() -> None:
    cut_crop(np.zeros((1, 1, 3), np.uint8), np.eye(2, 3), 1)
