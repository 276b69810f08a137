"""Which faces are turned too far to be worn."""

from __future__ import annotations

import math

from realtime.face.align import head_rotation
from realtime.frame import Face

MOST_YAW_DEG = 47.0
"""The face mesh finds no more than some 60 degrees, whatever the head does; from here on it lies beside the face by a
twentieth of its height and more, and a persona worn by it leaves half of a profile bare."""
_BACK_DEG = 42.0
_BACK_S = 0.15
_KNOWN_S = 10.0


class TurnLimit:
    """Says of each face whether it may be worn. One thread at a time.

    Beyond the limit the mesh now and then takes a profile for a face that looks ahead, for a frame or two. So who was
    turned away is worn again only once they have been found turned back for a while.
    """

    def __init__(self) -> None:
        self._away_s: dict[int, float] = {}

    def __call__(self, face: Face, media_s: float) -> bool:
        """Whether a face may be worn.

        Args:
            face: As found.
            media_s: Of its frame, in seconds.
        """
        yaw_deg = abs(yaw(face))
        away_s = self._away_s.get(face.id)
        if yaw_deg > MOST_YAW_DEG or (away_s is not None and yaw_deg > _BACK_DEG):
            self._away_s = {id_: one for id_, one in self._away_s.items() if 0 <= media_s - one < _KNOWN_S}
            self._away_s[face.id] = media_s
            return False
        if away_s is None:
            return True
        if 0 <= media_s - away_s < _BACK_S:
            return False
        del self._away_s[face.id]
        return True


def yaw(face: Face) -> float:
    """How far a head is turned to the side, in degrees; the nose to the right of the picture is positive."""
    ahead = -head_rotation(face.landmarks_px)[:, 2]
    return math.degrees(math.atan2(ahead[0], -ahead[2]))
