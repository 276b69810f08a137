"""Whether a face can have become what the mesh says it is."""

from __future__ import annotations

import math
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from realtime.face.extent import extent_of
from realtime.face.rigid import nearest_similarity
from realtime.frame import Points3

_DOUBTED_S = 0.5
"""A face that is doubted for so long without a break is believed: the doubt was about the one before."""
_NEAR = 0.6
"""Only of a face that is no further than so many widths from where one was is it asked."""
_GROWTH, _GROWTH_PER_S = 1.15, 1.5
_ROLL_DEG, _ROLL_DEG_PER_S = 12.0, 150.0
"""How far a head may grow, shrink or tilt from one look to the next, and by how much more in a second."""
_SMEARED_S = 0.1
"""In a smeared picture no more time counts: what the mesh makes of it does not come true by being found again."""


class _Known(NamedTuple):
    """A face: its middle and width, its (478, 2) points in the plane, and when it was seen."""

    middle: complex
    width: float
    points: npt.NDArray[np.float64]
    seen_s: float


class Plausible:
    """Leaves out faces that no head can have come to, from one picture to the next.

    In a smeared picture the mesh shrinks and tilts within a frame or two, and lies in the middle of the face. Whatever
    is found where no face was is believed, and all of it after a cut. One thread at a time.
    """

    def __init__(self) -> None:
        self._last: list[_Known] = []

    def __call__(self, found: list[Points3], media_s: float, *, cut: bool, smeared: bool = False) -> list[Points3]:
        """The faces of one picture that can be.

        Args:
            found: (478, 3) points of each.
            media_s: The picture's own time, in seconds.
            cut: Whether the scene may be another one than in the picture before.
            smeared: Whether the picture has lost its detail.
        """
        known = [] if cut else [one for one in self._last if 0 <= media_s - one.seen_s < _DOUBTED_S]
        seen = [_known(points, media_s) for points in found]
        believes = [not any(_impossible(face, one, smeared=smeared) for one in known) for face in seen]
        believed = list(compress(seen, believes))
        # Who is not found, or doubted, is still what comes after is held against.
        gone = [one for one in known if not any(_near(face, one) for face in believed)]
        self._last = [*gone, *believed]
        return list(compress(found, believes))


def _known(points: Points3, media_s: float) -> _Known:
    extent = extent_of(points)
    return _Known(complex(extent.x, extent.y), extent.width, points[:, :2].astype(np.float64), media_s)


def _near(face: _Known, before: _Known) -> bool:
    return abs(face.middle - before.middle) <= _NEAR * before.width


def _impossible(face: _Known, before: _Known, *, smeared: bool) -> bool:
    if not _near(face, before):
        return False
    try:
        (a, _, _), (b, _, _) = nearest_similarity(before.points, face.points).tolist()
    except ValueError:  # of points on one spot
        return True
    passed_s = min(face.seen_s - before.seen_s, _SMEARED_S if smeared else math.inf)
    most_growth = _GROWTH + _GROWTH_PER_S * passed_s
    grown = not 1 / most_growth <= math.hypot(a, b) <= most_growth
    return grown or abs(math.degrees(math.atan2(b, a))) > _ROLL_DEG + _ROLL_DEG_PER_S * passed_s
