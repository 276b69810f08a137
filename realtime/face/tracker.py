"""Who is who from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from realtime.face.smooth import OneEuro
from realtime.frame import Points3

_REACH = 0.6
"""How far a face may move between two sightings and still be the same one, in face widths."""
_REMEMBERED_S = 1.0


@dataclass(slots=True)
class _Track:
    id: int
    centre: npt.NDArray[np.float32]
    width: float
    seen_s: float
    filter: OneEuro = field(default_factory=OneEuro)


class Tracker:
    """Gives each face an id that stays with it and smooths its points.

    Faces are matched to where they were last, nearest pair first. One that was gone for up to a second keeps its id
    if it comes back near the place where it was lost.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 0

    def __call__(self, faces: list[Points3], time_s: float) -> list[tuple[int, Points3]]:
        """Name and smooth one frame's faces.

        Args:
            faces: (478, 3) points of each, in any order.
            time_s: The frame's own time, in seconds.

        Returns:
            Id and smoothed points of each, oldest id first.
        """
        self._tracks = [track for track in self._tracks if 0 <= time_s - track.seen_s < _REMEMBERED_S]
        boxes = [(points[:, :2].mean(0), max(float(np.ptp(points[:, 0])), 1.0)) for points in faces]
        named = []
        for place, track in self._match(boxes):
            centre, width = boxes[place]
            if track is None:
                track = _Track(self._next_id, centre, width, time_s)
                self._next_id += 1
                self._tracks.append(track)
            track.centre, track.width, track.seen_s = centre, width, time_s
            named.append((track.id, track.filter(faces[place], time_s, width)))
        return sorted(named, key=lambda one: one[0])

    def _match(self, boxes: list[tuple[npt.NDArray[np.float32], float]]) -> list[tuple[int, _Track | None]]:
        pairs = sorted(
            (float(np.linalg.norm(track.centre - centre)) / max(track.width, width), place, number)
            for place, (centre, width) in enumerate(boxes)
            for number, track in enumerate(self._tracks)
        )
        owner: dict[int, int] = {}
        for distance, place, number in pairs:
            if distance < _REACH and place not in owner and number not in owner.values():
                owner[place] = number
        return [(place, self._tracks[owner[place]] if place in owner else None) for place in range(len(boxes))]
