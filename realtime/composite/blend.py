"""Composite: the swapped crop back into the frame, on the face's region of interest only."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from realtime.composite.mask import FinalMask, moved
from realtime.face.align import resize_crop, scale_of
from realtime.frame import BgrImage, Frame, Mask, Matrix2x3, Swap
from realtime.persona.crop import crop_bounds

LEAST_WORN = 0.9
"""A swap that covers less than this of the core of the performer's face does not count as worn: the performer would
shine through, as with a network that was hardly trained. On real faces the built-in persona is at 1.0 throughout."""

_MOST_MAGNIFIED = 4
_SHARPEN_BETWEEN = (1.0, 2.0)


class Composite:
    """Pastes every swap of a frame into its picture, in place.

    Works on the region that a mask really covers; the scratch memory grows to the largest one seen and is then reused.
    One thread at a time.

    Crops that are shown twice as large or more, where a small network looks soft, are sharpened as their fit says; it
    fades out below that. On three real faces, cut to 128 and 192 pixels and shown two to five times as large, an
    unsharp mask of 0.3 to 0.6 came nearest to the frame (+1 dB), and more where the crop was soft already.
    """

    def __init__(self) -> None:
        self._final_mask = FinalMask()
        self._layer = _Scratch()
        _lay(np.zeros((1, 1, 3), np.uint8), 0, 0, np.zeros((1, 1), np.uint32))  # compiled before a frame waits for it

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
        swap = replace(swap, crop_from_frame=moved(swap))
        box = _region(image, swap.crop_from_frame, mask)
        if box is not None:
            self._blend(image, box, self._resample(swap, mask), swap)
        return covered

    def _resample(self, swap: Swap, mask: Mask) -> npt.NDArray[np.uint8]:
        """(N, N, 4) uint8: crop and mask as one picture, near the size at which the frame shows it.

        Cubic resizing by a whole factor and then a bilinear warp costs a quarter of one cubic warp.
        """
        size = mask.shape[0]
        shown = 1 / scale_of(swap.crop_from_frame)
        picture = swap.image
        sharpen = swap.fit.sharpen * float(np.interp(shown, _SHARPEN_BETWEEN, (0, 1)))
        if sharpen > 0:
            soft = cv2.GaussianBlur(picture, (0, 0), size / 128)
            picture = np.asarray(cv2.addWeighted(picture, 1 + sharpen, soft, -sharpen, 0), np.uint8)
        layer = cv2.merge((*cv2.split(picture), mask))
        if shown >= 1.5:
            side = size * min(_MOST_MAGNIFIED, round(shown))
            layer = cv2.resize(layer, (side, side), interpolation=cv2.INTER_CUBIC)
        elif shown <= 0.5:
            side = max(1, math.ceil(size * shown))
            layer = cv2.resize(layer, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(layer, np.uint8)

    def _blend(
        self,
        image: BgrImage,
        box: tuple[int, int, int, int],
        layer: npt.NDArray[np.uint8],
        swap: Swap,
    ) -> None:
        left, top, right, bottom = box
        width, height = right - left, bottom - top
        layer_from_region = resize_crop(swap.crop_from_frame, layer.shape[0] / swap.mask.shape[0])
        layer_from_region[:, 2] += layer_from_region[:, :2] @ (left, top)
        placed = self._layer.view(height, width, 4)
        cv2.warpAffine(
            layer,
            layer_from_region,
            (width, height),
            dst=placed,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
        _lay(image, left, top, placed.view(np.uint32)[..., 0])


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _lay(image: BgrImage, left: int, top: int, layer: npt.NDArray[np.uint32]) -> None:
    """Lay a layer over a part of a picture, each pixel by its opacity, rounded once.

    Row by row in three short loops that the compiler turns into vector instructions, since a pixel of the layer is read
    as one number: a seventh of the time of five passes of OpenCV, and none of their pictures in between.

    Args:
        image: (H, W, 3) uint8 BGR, changed.
        left: Where the layer's first column lies.
        top: Where its first row lies.
        layer: (h, w) uint32, blue in the lowest byte, then green and red, and opacity in the highest.
    """
    height, width = layer.shape
    rows = image.reshape(image.shape[0], 3 * image.shape[1])
    colour, opacity = np.empty(3 * width, np.uint8), np.empty(3 * width, np.uint8)
    for y in range(height):
        line, there = layer[y], rows[top + y, 3 * left : 3 * (left + width)]
        for x in range(width):
            pixel = line[x]
            colour[3 * x] = np.uint8(pixel)
            colour[3 * x + 1] = np.uint8(pixel >> np.uint32(8))
            colour[3 * x + 2] = np.uint8(pixel >> np.uint32(16))
        for x in range(width):
            covers = np.uint8(line[x] >> np.uint32(24))
            opacity[3 * x] = covers
            opacity[3 * x + 1] = covers
            opacity[3 * x + 2] = covers
        for i in range(3 * width):
            covers = opacity[i]
            laid = np.uint16(np.uint16(colour[i]) * np.uint16(covers))
            kept = np.uint16(np.uint16(there[i]) * np.uint16(np.uint8(np.uint8(255) - covers)))
            both = np.uint16(np.uint16(laid + kept) + np.uint16(128))
            # Divided by 255 and rounded, exactly.
            there[i] = np.uint8(np.uint16(both + np.uint16(both >> np.uint16(8))) >> np.uint16(8))


class _Scratch:
    """Memory for pictures of changing size; it only ever grows."""

    def __init__(self) -> None:
        self._memory = np.zeros(0, np.uint8)

    def view(self, height: int, width: int, channels: int) -> npt.NDArray[np.uint8]:
        size = height * width * channels
        if self._memory.size < size:
            self._memory = np.zeros(size, np.uint8)
        return self._memory[:size].reshape(height, width, channels)


def _region(image: BgrImage, crop_from_frame: Matrix2x3, mask: Mask) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what the mask covers in the picture; None where that is nothing."""
    x, y, width, height = cv2.boundingRect(mask)
    if not width or not height:
        return None
    bounds = crop_bounds(crop_from_frame, (x - 1, y - 1, x + width, y + height))
    limits = (image.shape[1], image.shape[0]) * 2
    outwards = (*map(math.floor, bounds[:2]), *(math.ceil(one) + 1 for one in bounds[2:]))
    left, top, right, bottom = (min(max(place, 0), limit) for place, limit in zip(outwards, limits, strict=True))
    return (left, top, right, bottom) if right > left and bottom > top else None
