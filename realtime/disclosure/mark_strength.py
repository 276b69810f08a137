"""How strong the watermark may be in each cell of a frame: more where texture hides it, less on an even wall."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_pattern import GRID_WH
from realtime.frame import BgrImage

Strength: TypeAlias = npt.NDArray[np.float32]
"""(72, 128) float32, levels of luma by which a cell's middle is changed."""

ON_EVEN, MOST = 1.2, 3.5
"""Levels. 1.7 could be seen on a drawn, perfectly even wall; what texture hides was not tried beyond the second."""
MOST_RMS = 1.75
"""Levels over a whole frame: 42.9 dB at the least, dither counted, whatever it shows."""

_PER_TEXTURE = 0.6
_FIELD_RMS = 2 / 3
"""Of chips of random sign, interpolated linearly both ways, in strengths."""
_RISES, _FALLS = np.float32(0.12), np.float32(0.44)
"""How much of a change is taken over in two frames: half of a rise in a third of a second, so that nothing flickers;
half of a fall in a tenth, so that hair which moves on leaves nothing to be seen on the wall behind it."""
_DETAIL_WH = (2 * GRID_WH[0], 2 * GRID_WH[1])


class StrengthMap:
    """Follows the texture of a film's frames, every second of which it looks at.

    They are sampled, not averaged: that takes a tenth of the time, and what texture is too fine for the samples is seen
    as noise in them, as it should.
    """

    def __init__(self) -> None:
        self._small = np.empty((_DETAIL_WH[1], _DETAIL_WH[0], 3), np.uint8)
        self._strength: Strength | None = None
        self._looked = False

    def __call__(self, image: BgrImage) -> Strength | None:
        """The strengths from the next frame on, (H, W, 3) uint8 BGR, which is not changed; None: as they were."""
        self._looked = not self._looked
        if not self._looked:
            return None
        cv2.resize(image, _DETAIL_WH, dst=self._small, interpolation=cv2.INTER_NEAREST)
        wanted = strength_of(np.asarray(cv2.cvtColor(self._small, cv2.COLOR_BGR2GRAY), np.uint8))
        if self._strength is None:
            self._strength = wanted
        change = wanted - self._strength
        self._strength += change * np.where(change > 0, _RISES, _FALLS)
        return self._strength


def strength_of(luma: npt.NDArray[np.uint8]) -> Strength:
    """The strengths for one picture's luma, (144, 256) uint8: two samples for each cell each way."""
    smooth = cv2.blur(luma, (3, 3))
    detail = cv2.absdiff(luma, smooth)
    texture = cv2.resize(detail, GRID_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
    hides = np.minimum(texture, cv2.blur(texture, (3, 3)))  # an edge hides nothing on the even ground beside it
    strength = np.clip(ON_EVEN + _PER_TEXTURE * hides, ON_EVEN, MOST).astype(np.float32)
    rms = _FIELD_RMS * float(np.sqrt(np.mean(strength * strength)))
    return np.asarray(strength * min(1.0, MOST_RMS / rms), np.float32)
