"""What a glance at a picture tells beside the one before: whether it is another scene, and whether it is smeared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage
from realtime.kernels import compiled, first_call

_ROWS_COLUMNS = (90, 320)
"""So many pixels are looked at, in a picture of any size."""
_THINNED = (4, 13)
_CUT_LEVELS = 12.0
"""Where a picture differs from the one before by so many levels on average, the scene may have changed: lively talk
stays below 6, a hand that is waved before the camera below 10."""
_SMEARED = 0.7

Sample = npt.NDArray[np.uint8]


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
        sample = picture[::down, ::along, 1]
        thin = sample[:: _THINNED[0], :: _THINNED[1]]
        if self._thin is None or self._thin.shape != thin.shape:
            self._thin, cut = thin.copy(), True
        else:
            cut = _change(thin, self._thin) > _CUT_LEVELS
        return Glance(cut, self._is_smeared(_detail(sample)))

    def _is_smeared(self, detail: float) -> bool:
        smeared = detail < _SMEARED * self._detail
        # Where it stays so, in dim light, that is how the scene is.
        self._detail = 0.98 * self._detail + 0.02 * detail if smeared else detail
        return smeared


@compiled()
def _change(thin: Sample, before: Sample) -> float:
    """By how many levels a sample differs from the one before, on average; that one becomes this one."""
    total = np.int64(0)
    for row in range(thin.shape[0]):
        for column in range(thin.shape[1]):
            total += abs(np.int32(thin[row, column]) - np.int32(before[row, column]))
            before[row, column] = thin[row, column]
    return float(total / thin.size)


@compiled()
def _detail(sample: Sample) -> float:
    """By how many levels a sample's neighbours in a row differ, on average."""
    total = np.int64(0)
    for row in range(sample.shape[0]):
        left = np.int32(sample[row, 0])
        for column in range(1, sample.shape[1]):
            here = np.int32(sample[row, column])
            total += abs(here - left)
            left = here
    return float(total) / max(1, sample.shape[0] * (sample.shape[1] - 1))


@first_call
def _first_call() -> None:
    glancing, picture = Glancing(), np.zeros((8, 8, 3), np.uint8)
    for _ in range(2):
        glancing(picture)
