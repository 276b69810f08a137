"""How crops are cut, by the name that a persona file gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from realtime.face.align import CROP_SIDE, TEMPLATE_NAME, scale_crop
from realtime.face.templates import arcface_crop, facelab_crop
from realtime.frame import Face, Matrix2x3


def _as_found(face: Face, size: int) -> Matrix2x3:
    return scale_crop(face.crop_from_frame, size)


@dataclass(frozen=True, slots=True)
class Alignment:
    """One way to cut crops.

    Attributes:
        template: Its name in persona files.
        coverage: Side of the crop in its own unit.
        unit: What that unit is, in words.
        is_face: Whether there are 478 face points: only these can be drawn as a landmark map.
        cut: (2, 3) `crop_from_frame` of a face, onto the pixels of a crop of a side. By default the one that the
            finder gave it.
    """

    template: str
    coverage: float
    unit: str
    is_face: bool
    cut: Callable[[Face, int], Matrix2x3] = _as_found


FACE = Alignment(TEMPLATE_NAME, CROP_SIDE, "eye distances", is_face=True)
BOX = Alignment("box-1", 1.5, "sizes of the object", is_face=False)
"""Upright squares, a quarter of the object's size wider on every side, which is room for its rim and shadow."""
FACELAB = Alignment(
    "facelab-whole-face",
    2.13,
    "diagonals of the mean face's box",
    is_face=True,
    cut=lambda face, size: facelab_crop(face.landmarks_px, size),
)
ARCFACE = Alignment(
    "arcface-128",
    1.0,
    "crops",
    is_face=True,
    cut=lambda face, size: arcface_crop(face.landmarks_px, size),
)

ALIGNMENTS: Mapping[str, Alignment] = MappingProxyType({one.template: one for one in (FACE, BOX, FACELAB, ARCFACE)})


def align_box(centre: tuple[float, float], size: float) -> Matrix2x3:
    """(2, 3) `crop_from_frame` onto the unit crop, of an object of that size around that place, in pixels."""
    scale = 1 / (BOX.coverage * max(size, 1e-3))
    return np.array([[scale, 0, 0.5 - scale * centre[0]], [0, scale, 0.5 - scale * centre[1]]], np.float64)
