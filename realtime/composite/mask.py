"""Which part of a swapped crop is shown, and how softly it ends."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.face.region import core, disc, hull
from realtime.frame import Mask, Swap

EROSION = 0.015
"""How far the rim is drawn in, as a share of the crop's side."""
FEATHER = 0.05
"""Over what width it fades, as a share of the crop's side."""
BORDER = 0.04
"""Width of the strip along the crop's own border in which the mask fades to nothing."""


class FinalMask:
    """Learned mask times the hull of the performer's face, drawn in and feathered.

    Widths follow the crop and so the face's size. Whatever the persona learned, the mask is 0 on the two
    outermost pixels of the crop: a square edge never shows. Buffers are made once for each size of crop.
    """

    def __init__(self) -> None:
        self._windows: dict[int, Mask] = {}

    def __call__(self, swap: Swap) -> tuple[Mask, float]:
        """Draw the mask of one swap.

        Returns:
            (S, S) uint8, 0 to 255; and how opaque it is over the core of the performer's face, 0 to 1.
        """
        size = swap.mask.shape[0]
        face = hull(swap.face.landmarks_px, swap.crop_from_frame, size)
        eroded = cv2.erode(cv2.min(swap.mask, face), disc(size, EROSION))
        width = max(3, round(FEATHER * size / 2) | 1)  # two box filters make a tent twice as wide
        soft = cv2.blur(cv2.blur(eroded, (width, width)), (width, width))
        soft = cv2.multiply(soft, self._window(size), scale=1 / 255)
        return np.asarray(soft, np.uint8), float(cv2.mean(soft, mask=core(face))[0]) / 255

    def _window(self, size: int) -> Mask:
        """255 inside, falling to 0 at the border; (size, size) uint8."""
        if size not in self._windows:
            inwards = np.minimum(np.arange(size), np.arange(size)[::-1]) - 1.0
            ramp = np.clip(inwards / max(1.0, BORDER * size), 0, 1)
            self._windows[size] = np.rint(np.minimum(ramp[:, None], ramp) * 255).astype(np.uint8)
        return self._windows[size]
