"""Which faces are turned too far to be worn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from realtime.face.align import head_rotation
from realtime.frame import Face, Points3

MOST_YAW_DEG = 47.0
"""The face mesh finds no more than some 60 degrees, whatever the head does; from here on it lies beside the face by a
twentieth of its height and more, and a persona worn by it leaves half of a profile bare."""
_BACK_DEG = 42.0
_BACK_S, _GAP_S = 0.15, 0.12
_STANDS_FOR_S, _KNOWN_S = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class _Turned:
    """Somebody who was turned away.

    Attributes:
        seen_s: When they were found last, in seconds of media time.
        back_s: Since when they have been found turned back, without a gap; None while they are not.
    """

    seen_s: float
    back_s: float | None = None


class TurnLimit:
    """Says which faces of a frame may be worn. One thread at a time.

    Beyond the limit the mesh now and then takes a profile for a face that looks ahead, for a frame or two. So who was
    turned away is worn again only once they have been found turned back for a while, one frame after the other. Who is
    new while somebody turned away is not found may well be them.
    """

    def __init__(self) -> None:
        self._turned: dict[int, _Turned] = {}
        self._here: set[int] = set()

    def __call__(self, faces: Sequence[Face], media_s: float) -> list[Face]:
        """Those that may be worn.

        Args:
            faces: Found in one frame.
            media_s: Of that frame, in seconds.
        """
        self._turned = {id_: one for id_, one in self._turned.items() if 0 <= media_s - one.seen_s < _KNOWN_S}
        ids = {face.id for face in faces}
        lost = [one for id_, one in self._turned.items() if id_ not in ids and media_s - one.seen_s < _STANDS_FOR_S]
        for id_ in ids - self._here - self._turned.keys():
            if lost:
                self._turned[id_] = max(lost, key=lambda one: one.seen_s)
        self._here = ids
        return [face for face in faces if self._may_be_worn(face, media_s)]

    def _may_be_worn(self, face: Face, media_s: float) -> bool:
        degrees, before = abs(yaw(face)), self._turned.get(face.id)
        if before is not None and face.followed:
            return False  # points that were only carried on are no proof of anything
        if not degrees <= (MOST_YAW_DEG if before is None else _BACK_DEG):
            self._turned[face.id] = _Turned(media_s)
            return False
        if before is None:
            return True
        unbroken = before.back_s is not None and media_s - before.seen_s < _GAP_S
        back_s = before.back_s if unbroken and before.back_s is not None else media_s
        if media_s - back_s < _BACK_S:
            self._turned[face.id] = _Turned(media_s, back_s)
            return False
        del self._turned[face.id]
        return True


def yaw(face: Face) -> float:
    """How far a face is turned, see `yaw_deg`."""
    return yaw_deg(face.landmarks_px)


def yaw_deg(landmarks_px: Points3) -> float:
    """How far a head is turned to the side; the nose to the right of the picture is positive.

    Args:
        landmarks_px: (478, 3) its points.
    """
    ahead = -head_rotation(landmarks_px)[:, 2]
    return math.degrees(math.atan2(ahead[0], -ahead[2]))
