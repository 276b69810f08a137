"""The persona's face points on a performer: whose face it is from the one, what it does from the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from realtime.face.align import eye_distance, head_rotation, turned_ahead
from realtime.frame import Face, Points3
from realtime.source.deform import Vectors
from realtime.source.head import HeadModel
from realtime.source.reading import read_expression

_LEARN_S = 4.0
"""Time constant, in seconds of media time, by which a performer's own shape is learned."""
_FORGET_S = 2.0
BEYOND = 0.25
"""How much is kept of what a performer's points do beyond the expression read from them. Of a photo worn by two lively
strangers, with all of it a quarter and less of the frames were nearer to the performer; with half, one of seventy; with
a quarter, none."""


@dataclass
class _Learned:
    """By how much the persona's points differ from one performer's when both do the same: the mean so far."""

    media_s: float
    count: int
    mean: Vectors


class PersonaShape:
    """Gives a performer the persona's shape. One thread at a time.

    Args:
        head: The persona's.
        share: How much of the persona's shape is taken, 0 to 1.
        beyond: How much is kept, 0 to 1, of what the performer's points do beyond the expression read from them (a
            raised brow, a wrinkled nose). With all of it the two differ by what is learned over time alone.
    """

    def __init__(self, head: HeadModel, share: float = 1.0, beyond: float = BEYOND) -> None:
        self._head, self._share, self._beyond = head, share, beyond
        self._faces: dict[int, _Learned] = {}

    def __call__(self, face: Face, media_s: float) -> Points3:
        """(478, 3) the persona's points in the performer's pose and expression, about where the performer's are.

        Args:
            face: Of the performer.
            media_s: The frame's own time, in seconds.
        """
        self._faces = {id_: one for id_, one in self._faces.items() if 0 <= media_s - one.media_s <= _FORGET_S}
        points = face.landmarks_px
        rotation, unit = head_rotation(points), eye_distance(points)
        now = self._head.shape_in(read_expression(points)) - turned_ahead(points, rotation, unit)
        known = self._faces.get(face.id)
        if known is None:
            known = self._faces[face.id] = _Learned(media_s, 0, now)
        known.count, passed_s, known.media_s = known.count + 1, media_s - known.media_s, media_s
        known.mean = known.mean + max(1 / known.count, 1 - math.exp(-passed_s / _LEARN_S)) * (now - known.mean)
        difference = self._share * (now + self._beyond * (known.mean - now))
        return np.asarray(points + difference @ rotation.T * unit, np.float32)
