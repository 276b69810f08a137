"""The slate: what viewers see where there is nothing to show yet, or any more."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.frame import BgrImage

_GREY = 24
_TEXT_GREY = 150


def draw_slate(size_wh: tuple[int, int]) -> BgrImage:
    """A dark card with the word Thespis, (H, W, 3) uint8."""
    width, height = size_wh
    card = np.full((height, width, 3), _GREY, np.uint8)
    font, scale = cv2.FONT_HERSHEY_DUPLEX, max(0.2, min(size_wh) / 320)
    thickness = max(1, round(scale))
    (text_width, text_height), _ = cv2.getTextSize("Thespis", font, scale, thickness)
    origin = ((width - text_width) // 2, (height + text_height) // 2)
    cv2.putText(card, "Thespis", origin, font, scale, (_TEXT_GREY,) * 3, thickness, cv2.LINE_AA)
    return card


class Slate:
    """Puts the slate in the place of a frame's picture; drawn once for each size of frame."""

    def __init__(self) -> None:
        self._card: BgrImage | None = None

    def __call__(self, image: BgrImage) -> None:
        """Cover a picture, (H, W, 3) uint8, in place."""
        if self._card is None or self._card.shape != image.shape:
            self._card = draw_slate((image.shape[1], image.shape[0]))
        np.copyto(image, self._card)
