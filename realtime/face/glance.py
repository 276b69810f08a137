"""What a glance at a picture tells beside the one before: whether it is another scene, and whether it is smeared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage

_ROWS_COLUMNS = (90, 320)
"""So many pixels are looked at, in a picture of any size."""
_THINNED = (4, 13)
_CUT_LEVELS = 12.0
"""Where a picture differs from the one before by so many levels on average, the scene may have changed: lively talk
stays below 6, a hand that is waved before the camera below 10."""
_SMEARED = 0.7

Sample = npt.NDArray[np.int16]


class Glance(NamedTuple):
    """What was seen.

    Attributes:
        cut: Whether the scene may be another one than in the picture before.
        smeared: Whether the picture has lost its detail since one before: then it is no other scene.
    """

    cut: bool
    smeared: bool


class Glancing:
    """Glances at one picture after the other; green alone is looked at. One thread at a time."""

    def __init__(self) -> None:
        self._thin: Sample | None = None
        self._detail = 0.0

    def __call__(self, picture: BgrImage) -> Glance:
        """What the next picture, (H, W, 3) uint8, is beside the ones before."""
        down, along = (max(1, side // count) for side, count in zip(picture.shape[:2], _ROWS_COLUMNS, strict=True))
        sample = picture[::down, ::along, 1].astype(np.int16)
        return Glance(self._is_cut(sample[:: _THINNED[0], :: _THINNED[1]]), self._is_smeared(sample))

    def _is_cut(self, thin: Sample) -> bool:
        before, self._thin = self._thin, thin
        if before is None or before.shape != thin.shape:
            return True
        return bool(np.abs(thin - before).mean() > _CUT_LEVELS)

    def _is_smeared(self, sample: Sample) -> bool:
        detail = float(np.abs(np.diff(sample, axis=1)).mean()) if sample.shape[1] > 1 else 0.0
        smeared = detail < _SMEARED * self._detail
        # Where it stays so, in dim light, that is how the scene is.
        self._detail = 0.98 * self._detail + 0.02 * detail if smeared else detail
        return smeared
