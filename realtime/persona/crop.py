"""Cutting a face's crop out of a frame, the same in training and live."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import invert, scale_of
from realtime.frame import BgrImage, Matrix2x3
from realtime.kernels import compiled, first_call


def cut_crop(image: BgrImage, crop_from_frame: Matrix2x3, size: int, out: BgrImage | None = None) -> BgrImage:
    """Cut an aligned square out of a picture.

    A face more than twice as large as the crop is first averaged down by a whole factor, and only where the
    crop lies: sampling it directly would skip pixels, and pores and glasses would glitter. Beyond the
    picture's rim its outermost pixels go on.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        crop_from_frame: (2, 3) similarity from pixels of the picture to pixels of the crop.
        size: S, the crop's side in pixels.
        out: (S, S, 3) uint8 to draw into; made anew by default.

    Returns:
        The crop, (S, S, 3) uint8 BGR.
    """
    factor = int(1 / max(scale_of(crop_from_frame), 1e-6))
    if factor > 1:
        image, crop_from_frame = _average_down(image, crop_from_frame, size, factor)
    return np.asarray(
        cv2.warpAffine(
            image,
            crop_from_frame,
            (size, size),
            dst=out,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


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


def _average_down(image: BgrImage, crop_from_frame: Matrix2x3, size: int, factor: int) -> tuple[BgrImage, Matrix2x3]:
    """The part of the picture around the crop, `factor` times smaller, and the transform from there."""
    height, width = image.shape[:2]
    bounds = crop_bounds(crop_from_frame, (-1, -1, size, size))
    left, top = min(max(math.floor(bounds[0]), 0), width), min(max(math.floor(bounds[1]), 0), height)
    columns = (min(math.ceil(bounds[2]) + factor, width) - left) // factor
    rows = (min(math.ceil(bounds[3]) + factor, height) - top) // factor
    if columns < 1 or rows < 1:
        return image, crop_from_frame
    small = np.empty((rows, columns, 3), np.uint8)
    if factor == 2:
        part = image[top : top + 2 * rows, left : left + 2 * columns]
        cv2.resize(part, (columns, rows), dst=small, interpolation=cv2.INTER_AREA)
    else:
        _average(np.ascontiguousarray(image), left, top, factor, small)
    crop_from_small = crop_from_frame.copy()
    crop_from_small[:, :2] *= factor
    first_centre = (left + (factor - 1) / 2, top + (factor - 1) / 2)
    crop_from_small[:, 2] += crop_from_frame[:, :2] @ first_centre
    return small, crop_from_small


@compiled()
def _average(image: BgrImage, left: int, top: int, factor: int, small: BgrImage) -> None:
    """Averages over whole squares of a picture, rounded once; by more than two a third of OpenCV's time.

    Sums down, then along, of all columns though each `factor`-th is used: both are short loops of vector instructions.

    Args:
        image: (H, W, 3) uint8.
        left: Of the first square.
        top: Of the first square.
        factor: Side of a square.
        small: (h, w, 3) uint8, written.
    """
    rows, columns = small.shape[0], small.shape[1]
    count = 3 * columns * factor
    last = count - 3 * (factor - 1)
    lines = image.reshape(image.shape[0], 3 * image.shape[1])
    down, along = np.empty(count, np.uint32), np.empty(count, np.uint32)
    share = np.float32(1 / (factor * factor))
    for y in range(rows):
        line, averages = lines[top + y * factor, 3 * left : 3 * left + count], small[y].reshape(-1)
        for i in range(count):
            down[i] = line[i]
        for j in range(1, factor):
            line = lines[top + y * factor + j, 3 * left : 3 * left + count]
            for i in range(count):
                down[i] += line[i]
        for i in range(last):
            along[i] = down[i]
        for j in range(1, factor):
            shifted = down[3 * j : 3 * j + last]
            for i in range(last):
                along[i] += shifted[i]
        for x in range(columns):
            first = 3 * factor * x
            for channel in range(3):
                averages[3 * x + channel] = np.uint8(np.float32(along[first + channel]) * share + np.float32(0.5))


@first_call
def _first_call() -> None:
    _average(np.zeros((1, 1, 3), np.uint8), 0, 0, 1, np.zeros((1, 1, 3), np.uint8))
