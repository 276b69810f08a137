"""Composite: the swapped crop back into the frame, on the face's region of interest only."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np

from realtime.composite.enlarge import TIMES, enlarge
from realtime.composite.mask import FinalMask, moved
from realtime.face.align import resize_crop, scale_of
from realtime.frame import BgrImage, Frame, Mask, Matrix2x3, Swap
from realtime.kernels import compiled, first_call
from realtime.packed import Packed, fetch, mix, unpack
from realtime.persona.crop import crop_bounds

LEAST_WORN = 0.9
"""A swap that covers less than this of the core of the performer's face does not count as worn: the performer would
shine through, as with a network that was hardly trained. On real faces the built-in persona is at 1.0 throughout."""

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_MANY, _FEW = 1.5, 0.5
"""From so many of the frame's pixels for one of the crop's on it is enlarged first; down from so few it is averaged."""
_SHARPEN_BETWEEN = (1.0, 2.0)


class Composite:
    """Pastes every swap of a frame into its picture, in place.

    Works on the region that a mask really covers. One thread at a time.

    Crops that are shown twice as large or more, where a small network looks soft, are sharpened as their fit says; it
    fades out below that. On three real faces, cut to 128 and 192 pixels and shown two to five times as large, an
    unsharp mask of 0.3 to 0.6 came nearest to the frame (+1 dB), and more where the crop was soft already.
    """

    def __init__(self) -> None:
        self._final_mask = FinalMask()

    def __call__(self, frame: Frame) -> Frame:
        """Draw into `frame.image`.

        Returns:
            The frame with the faces that are now `covered`, and all that are `painted`; `worn` where every one is
            covered, and none is missing.
        """
        covered = frozenset(swap.face.id for swap in frame.swaps if self._paste(frame.image, swap) >= LEAST_WORN)
        painted = frozenset(swap.face.id for swap in frame.swaps)
        everyone = bool(frame.faces) and covered.issuperset(face.id for face in frame.faces)
        return replace(frame, covered=covered, painted=painted, worn=everyone and not frame.missing)

    def _paste(self, image: BgrImage, swap: Swap) -> float:
        """Draw one swap; how far it covers its face's core, 0 to 1."""
        mask, covered = self._final_mask(swap)
        shown_from_frame, part = moved(swap), _part(mask)
        box = None if part is None else _region(image, shown_from_frame, part)
        if part is not None and box is not None:
            layer, layer_from_frame = _resample(swap, mask, part, shown_from_frame)
            layer_from_frame[:, 2] += layer_from_frame[:, :2] @ box[:2]
            _lay(image, box, layer, layer_from_frame)
        return covered


def _part(mask: Mask) -> Box | None:
    """What of a crop its mask covers; None where that is nothing."""
    x, y, width, height = cv2.boundingRect(mask)
    return (x, y, x + width, y + height) if width and height else None


def _resample(swap: Swap, mask: Mask, part: Box, crop_from_frame: Matrix2x3) -> tuple[Packed, Matrix2x3]:
    """Part of a crop and its mask as one picture, near the size at which the frame shows it, and where that is.

    Cubic resizing by a whole factor and then a bilinear warp costs a quarter of one cubic warp.

    Args:
        swap: Whose crop it is.
        mask: (S, S) uint8.
        part: What of it is not 0; as much more is taken as filters reach, and all where it is averaged.
        crop_from_frame: By which it is shown.

    Returns:
        (h, w) uint32, see `_lay`, and (2, 3) `layer_from_frame`.
    """
    size = mask.shape[0]
    shown = 1 / scale_of(crop_from_frame)
    soften = math.ceil(2 * size / 128)  # two standard deviations
    reach = soften + 2 if shown > _FEW else size
    left, top = (max(0, place - reach) for place in part[:2])
    right, bottom = (min(size, place + reach) for place in part[2:])
    picture, mask = swap.image[top:bottom, left:right], mask[top:bottom, left:right]
    sharpen = swap.fit.sharpen * float(np.interp(shown, _SHARPEN_BETWEEN, (0, 1)))
    if sharpen > 0:
        soft = cv2.GaussianBlur(picture, (2 * soften + 1,) * 2, size / 128)
        picture = np.asarray(cv2.addWeighted(picture, 1 + sharpen, soft, -sharpen, 0), np.uint8)
    layer_from_frame = crop_from_frame.copy()
    layer_from_frame[:, 2] -= left, top
    if shown >= _MANY:
        times = min(max(TIMES), round(shown))
        return enlarge(picture, mask, times), resize_crop(layer_from_frame, times)
    layer = cv2.merge((*cv2.split(picture), mask))
    if shown <= _FEW:
        side = max(1, math.ceil(size * shown))
        layer = cv2.resize(layer, (side, side), interpolation=cv2.INTER_AREA)
        layer_from_frame = resize_crop(layer_from_frame, side / size)
        # Averages of the rim are not nothing any more: it is given another.
        layer = cv2.copyMakeBorder(layer, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0.0, 0.0, 0.0, 0.0))
        layer_from_frame[:, 2] += 1
    return np.asarray(layer, np.uint8).view(np.uint32)[..., 0], layer_from_frame


_FIXED = np.int32(16)
_LEAST_HAIR = 1 / 16


@compiled(inner=True)
def _inside(start: float, step: float, size: int, least: float, most: float) -> tuple[float, float]:
    """For which numbers, out of `least` to `most`, start + step * number lies between two of `size` pixels.

    By a hair that is more than fixed-point steps can add up to: who reads beyond the last reads anything.
    """
    hair = max(_LEAST_HAIR, (most + 2) / 131072)
    first, last = hair, size - 1 - hair
    if not (first <= last and np.isfinite(start) and np.isfinite(step)):
        return 0.0, -1.0
    if abs(step) < 1e-9:
        return (least, most) if first <= start <= last else (0.0, -1.0)
    one, other = (first - start) / step, (last - start) / step
    return max(least, min(one, other)), min(most, max(one, other))


@compiled()
def _lay(image: BgrImage, box: Box, layer: Packed, layer_from_box: Matrix2x3) -> None:
    """Lay a layer over a part of a picture, bilinearly placed, each pixel by its opacity.

    Row by row in short loops that the compiler turns into vector instructions, since a pixel of the layer is read as
    one number: half of the time of OpenCV's warp and a blend of what that leaves, and no picture in between.

    Args:
        image: (H, W, 3) uint8 BGR, changed.
        box: Left, top, right and bottom of the part.
        layer: (h, w) uint32 with opacity, which is 0 on the outermost pixels.
        layer_from_box: (2, 3) float64 similarity from pixels of the part to pixels of the layer.
    """
    left, top, right, bottom = box
    m, rows = layer_from_box, image.reshape(image.shape[0], 3 * image.shape[1])
    upper = layer.reshape(-1)
    stride, lower = np.int32(layer.shape[1]), upper[layer.shape[1] :]
    width, byte = right - left, np.int32(255)
    places, along, down = np.empty(width, np.int32), np.empty(width, np.uint32), np.empty(width, np.uint32)
    around, line = np.empty((4, width), np.uint32), np.empty(width, np.uint32)
    colour, opacity = np.empty(3 * width, np.uint8), np.empty(3 * width, np.uint8)
    step_x, step_y = np.int32(np.rint(65536 * m[0, 0])), np.int32(np.rint(65536 * m[1, 0]))
    for y in range(bottom - top):
        start_x, start_y = m[0, 1] * y + m[0, 2], m[1, 1] * y + m[1, 2]
        least, most = _inside(start_x, m[0, 0], layer.shape[1], 0.0, width - 1.0)
        least, most = _inside(start_y, m[1, 0], layer.shape[0], least, most)
        first = int(np.ceil(least))
        count = int(np.floor(most)) + 1 - first
        if count <= 0:
            continue
        begin_x = np.int32(np.rint(65536 * (start_x + m[0, 0] * first)))
        begin_y = np.int32(np.rint(65536 * (start_y + m[1, 0] * first)))
        for x in range(count):
            across = np.int32(begin_x + np.int32(step_x * np.int32(x)))
            under = np.int32(begin_y + np.int32(step_y * np.int32(x)))
            places[x] = np.int32(np.int32(under >> _FIXED) * stride) + np.int32(across >> _FIXED)
            along[x] = np.uint32(np.int32(across >> np.int32(8)) & byte)
            down[x] = np.uint32(np.int32(under >> np.int32(8)) & byte)
        fetch(upper, lower, places[:count], around)
        mix(around, along[:count], down[:count], line[:count])
        unpack(line[:count], colour)
        for x in range(count):
            covers = np.uint8(line[x] >> np.uint32(24))
            opacity[3 * x] = covers
            opacity[3 * x + 1] = covers
            opacity[3 * x + 2] = covers
        there = rows[top + y, 3 * (left + first) : 3 * (left + first + count)]
        for i in range(3 * count):
            covers = opacity[i]
            laid = np.uint16(np.uint16(colour[i]) * np.uint16(covers))
            kept = np.uint16(np.uint16(there[i]) * np.uint16(np.uint8(np.uint8(255) - covers)))
            both = np.uint16(np.uint16(laid + kept) + np.uint16(128))
            # Divided by 255 and rounded, exactly.
            there[i] = np.uint8(np.uint16(both + np.uint16(both >> np.uint16(8))) >> np.uint16(8))


def _region(image: BgrImage, crop_from_frame: Matrix2x3, part: Box) -> Box | None:
    """Left, top, right, bottom in the picture of what lies there in a crop; None where that is outside."""
    left, top, right, bottom = part
    bounds = crop_bounds(crop_from_frame, (left - 1, top - 1, right, bottom))
    limits = (image.shape[1], image.shape[0]) * 2
    outwards = (*map(math.floor, bounds[:2]), *(math.ceil(one) + 1 for one in bounds[2:]))
    left, top, right, bottom = (min(max(place, 0), limit) for place, limit in zip(outwards, limits, strict=True))
    return (left, top, right, bottom) if right > left and bottom > top else None


@first_call
def _first_call() -> None:
    _lay(np.zeros((1, 1, 3), np.uint8), (0, 0, 1, 1), np.zeros((1, 1), np.uint32), np.eye(2, 3))
