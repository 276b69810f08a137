"""Which part of a swapped crop is shown, and how softly it ends."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from realtime.face import topology
from realtime.face.align import resize_crop, transform
from realtime.face.core import opacity_over_core
from realtime.face.region import Polygon, disc, draw_filled, fill_outline, outline
from realtime.frame import Mask, Matrix2x3, Swap

BORDER = 0.04
"""Width of the strip along the crop's own border in which the mask fades to nothing."""
LEAST_SEEN = 0.5
"""What has seen the face may leave out, as lying before it, all but so much of the face's core. Where it left out more,
up to two fifths of what could be seen beside a hand were the performer's own."""
MOST_UNSURE = 0.3
"""So much of the core may then be neither covered nor left out. Behind hands, mugs and hair the built-in persona was
unsure of up to 0.26; a network that was hardly trained is of nearly all."""

_DRAWN_SIDE = 128
_KEPT_MOUTH = (topology.LIPS_OUTER,)
_KEPT_EYES = (topology.RIGHT_EYE, topology.LEFT_EYE)
_KEPT_MARGIN, _KEPT_FEATHER = 0.02, 0.04


class FinalMask:
    """The persona's mask, within the hull of the performer's face, drawn in and feathered as its fit says.

    Widths follow the crop and so the face's size. Whatever the persona learned, the mask is 0 on the two
    outermost pixels of the crop: a square edge never shows. Buffers are made once for each size of crop.
    """

    def __init__(self) -> None:
        self._windows: dict[int, Mask] = {}

    def __call__(self, swap: Swap) -> tuple[Mask, float]:
        """Draw the mask of one swap; of a large crop at a fraction of its size, since it is soft in any case.

        Returns:
            (S, S) uint8, 0 to 255, in the pixels that `moved` shows it by; and how far the persona covers the core of
            the performer's face, 0 to 1, before the user's own wishes: what they keep of themselves, move aside or
            let shine through, is none of its faults.
        """
        size = len(swap.mask)
        times = _times_smaller(size)
        if times == 1:
            return self._draw(swap)
        side = size // times
        small = np.asarray(cv2.resize(swap.mask, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        mask, covered = self._draw(
            replace(swap, mask=small, crop_from_frame=resize_crop(swap.crop_from_frame, 1 / times))
        )
        return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8), covered

    def _draw(self, swap: Swap) -> tuple[Mask, float]:
        size, fit = len(swap.mask), swap.fit
        face = outline(swap.face.landmarks_px, swap.crop_from_frame)
        covered = _covered(swap.mask, face, has_seen=swap.has_seen)
        shown_from_frame = moved(swap)
        if shown_from_frame is not swap.crop_from_frame:
            face = outline(swap.face.landmarks_px, shown_from_frame)
        mask = cv2.min(swap.mask, fill_outline(face, size)) if fit.mask_hull else swap.mask
        eroded = cv2.erode(mask, disc(size, fit.erosion)) if fit.erosion else mask
        soft = cv2.multiply(_blurred(np.asarray(eroded, np.uint8), fit.feather), self._window(size), scale=1 / 255)
        if fit.keep_mouth or fit.keep_eyes:
            soft = cv2.multiply(soft, cv2.bitwise_not(_kept(swap, shown_from_frame)), scale=1 / 255)
        if fit.opacity < 1:
            soft = cv2.convertScaleAbs(soft, alpha=fit.opacity)
        return np.asarray(soft, np.uint8), covered

    def _window(self, size: int) -> Mask:
        """255 inside, falling to 0 at the border; (size, size) uint8."""
        if size not in self._windows:
            inwards = np.minimum(np.arange(size), np.arange(size)[::-1]) - 1.0
            ramp = np.clip(inwards / max(1.0, BORDER * size), 0, 1)
            self._windows[size] = np.rint(np.minimum(ramp[:, None], ramp) * 255).astype(np.uint8)
        return self._windows[size]


def _times_smaller(size: int) -> int:
    """By how much a mask is drawn smaller than its crop: to 128 pixels or a little more, by a power of two."""
    times = 1 << max(0, (size // _DRAWN_SIDE).bit_length() - 1)
    return times if size % times == 0 else 1


def moved(swap: Swap) -> Matrix2x3:
    """The transform by which a crop is shown: as it was cut, or larger, or further to one side, as its fit says."""
    fit = swap.fit
    if fit.scale == 1 and fit.offset_x == fit.offset_y == 0:
        return swap.crop_from_frame
    size = len(swap.mask)
    middle = (size - 1) / 2
    shown_from_frame = swap.crop_from_frame / fit.scale
    shown_from_frame[:, 2] += middle - (middle + np.array([fit.offset_x, fit.offset_y]) * size) / fit.scale
    return shown_from_frame


def _covered(mask: Mask, outline: Polygon, *, has_seen: bool) -> float:
    """How opaque a mask is over a face's core, 0 to 1.

    A mask that has seen the face may leave a part of it out, since something lies before that; then what counts is how
    sure it is: a network that is broken, or was hardly trained, is half opaque everywhere.
    """
    opacity = opacity_over_core(mask, outline)
    sure = has_seen and opacity.mean >= LEAST_SEEN and opacity.unsure <= MOST_UNSURE
    return 1.0 if sure else opacity.mean


def _blurred(mask: Mask, feather: float) -> Mask:
    width = max(3 if feather else 1, round(feather * len(mask) / 2) | 1)  # two box filters make a tent twice as wide
    return np.asarray(cv2.blur(cv2.blur(mask, (width, width)), (width, width)), np.uint8)


def _kept(swap: Swap, shown_from_frame: Matrix2x3) -> Mask:
    """What the performer keeps of their own face, (S, S) uint8; nothing of what is no face."""
    size, fit = len(swap.mask), swap.fit
    kept = np.zeros((size, size), np.uint8)
    if len(swap.face.landmarks_px) < topology.SKIN_POINTS:
        return kept
    points = transform(swap.face.landmarks_px, shown_from_frame)
    draw_filled(kept, points, (_KEPT_MOUTH if fit.keep_mouth else ()) + (_KEPT_EYES if fit.keep_eyes else ()))
    return _blurred(np.asarray(cv2.dilate(kept, disc(size, _KEPT_MARGIN)), np.uint8), _KEPT_FEATHER)
