"""A crop without its light and colours: what stands out from its surroundings, wrinkles, teeth, a tongue, an edge."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Mask
from realtime.kernels import compiled, first_call

WINDOW = 0.12
"""Width of the surroundings, as a share of the crop's side."""
FLOOR = 6.0
"""Spread below which differences count as noise, in steps of 255."""
GAIN = 48.0
"""Steps of 255 for one spread; beyond two and a half it saturates."""


def window_px(size: int) -> int:
    """Width of the surroundings in pixels, odd."""
    return max(3, round(WINDOW * size) | 1)


Mean: TypeAlias = npt.NDArray[np.float32]


class LocalContrast:
    """Grey crop minus its local mean, over its local spread.

    Local contrast normalisation (Jarrett et al., "What is the best multi-stage architecture for object recognition?",
    2009), with a box for a window. A dark face in the sun and a fair one at night come out alike. Buffers are made
    once; one thread at a time.

    Args:
        size: Side of the crop in pixels.
    """

    def __init__(self, size: int) -> None:
        self._window = (window_px(size),) * 2
        self._grey = np.zeros((size, size), np.uint8)
        self._mean = np.zeros((size, size), np.float32)
        self._square = np.zeros((size, size), np.float32)

    def __call__(self, crop: BgrImage) -> Mask:
        """(S, S) uint8, 128 where nothing stands out; a new array."""
        cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY, dst=self._grey)
        cv2.boxFilter(self._grey, cv2.CV_32F, self._window, dst=self._mean)
        cv2.sqrBoxFilter(self._grey, cv2.CV_32F, self._window, dst=self._square)
        contrast = np.empty_like(self._grey)
        _stand_out(self._grey.reshape(-1), self._mean.reshape(-1), self._square.reshape(-1), contrast.reshape(-1))
        return contrast


@compiled(fastmath=True)
def _stand_out(grey: Mask, mean: Mean, square: Mean, out: Mask) -> None:
    """One pass, in registers, over what would be eight."""
    for place in range(grey.size):
        here, around = np.float32(grey[place]), mean[place]
        spread = np.sqrt(max(square[place] - around * around, np.float32(0))) + np.float32(FLOOR)
        level = (here - around) / spread * np.float32(GAIN) + np.float32(128)
        out[place] = np.uint8(min(max(level, np.float32(0)), np.float32(255)))


@first_call
def _first_call() -> None:
    LocalContrast(8)(np.zeros((8, 8, 3), np.uint8))
