"""How crops are cut, by the name that a persona file gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from realtime.face.align import CROP_SIDE, TEMPLATE_NAME
from realtime.frame import Matrix2x3


@dataclass(frozen=True, slots=True)
class Alignment:
    """One way to cut crops.

    Attributes:
        template: Its name in persona files.
        coverage: Side of the crop in its own unit.
        unit: What that unit is, in words.
        is_face: Whether there are 478 face points: only these can be drawn as a landmark map, and only skin is to
            take the colours of the scene. (A kiwi in the colours of an apple is an apple.)
    """

    template: str
    coverage: float
    unit: str
    is_face: bool


FACE = Alignment(TEMPLATE_NAME, CROP_SIDE, "eye distances", is_face=True)
BOX = Alignment("box-1", 1.5, "sizes of the object", is_face=False)
"""Upright squares, a quarter of the object's size wider on every side, which is room for its rim and shadow."""

ALIGNMENTS: Mapping[str, Alignment] = MappingProxyType({one.template: one for one in (FACE, BOX)})


def align_box(centre: tuple[float, float], size: float) -> Matrix2x3:
    """(2, 3) `crop_from_frame` onto the unit crop, of an object of that size around that place, in pixels."""
    scale = 1 / (BOX.coverage * max(size, 1e-3))
    return np.array([[scale, 0, 0.5 - scale * centre[0]], [0, scale, 0.5 - scale * centre[1]]], np.float64)
