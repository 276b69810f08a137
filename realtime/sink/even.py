"""Even sides, which every picture needs whose colours go two by two."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.frame import BgrImage


class EvenPicture:
    """Gives pictures of one size even sides: the last row and column are repeated where that takes one more.

    Args:
        size_wh: Width and height of the pictures.

    Attributes:
        size_wh: What they get.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = self.size_wh = (size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2)
        self._even: BgrImage | None = None if (width, height) == size_wh else np.empty((height, width, 3), np.uint8)

    def __call__(self, image: BgrImage) -> BgrImage:
        """The picture itself where its sides are even; else a buffer, which the next call draws into.

        Args:
            image: (H, W, 3) uint8 BGR, read only.
        """
        if self._even is None:
            return image
        bottom, right = (self._even.shape[axis] - image.shape[axis] for axis in (0, 1))
        cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE, dst=self._even)
        return self._even
