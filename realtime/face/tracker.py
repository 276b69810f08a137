"""Who is who from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from realtime.face.extent import extent_of
from realtime.face.signature import Signature, unlike
from realtime.face.smooth import OneEuro
from realtime.frame import Points3

_REACH = 0.6
"""How far a face may move between two sightings and still be the same one, in face widths."""
_NEARBY_S = 1.0
"""So long a face that was lost is looked for where it was."""
_KNOWN_S = 60.0
"""So long it is known by its looks, wherever it comes back."""
_ALIKE, _CLEARLY = 0.55, 0.15
"""A face that comes back must be so much like the one that left, and by so much more than any other that left."""
_LOOKS = 0.8
"""What unlikeness counts beside distance in face widths."""
_LEARN_S = 5.0
"""Time constant by which a face's looks are learned."""
_CLEAR_OF_OTHERS = 1.5
"""Looks are learned only where no other face is nearer than so many face widths: hair and clothes overlap first."""
_MOST_SPEED, _LEARNS_SPEED = 6.0, 0.4
"""Face widths a second; and how much of a change is believed at once."""
_ONE_FACE = 0.35
"""Two finds nearer to each other than so many face widths are one face found twice."""

Centre: TypeAlias = complex
"""A place in the picture, in pixels: x and iy."""


@dataclass(slots=True)
class _Track:
    id: int
    centre: Centre
    width: float
    seen_s: float
    speed: complex = 0j
    looks: Signature | None = None
    filter: OneEuro = field(default_factory=OneEuro)

    def expected(self, time_s: float) -> Centre:
        """Where it should be by now, had it gone on as it went."""
        passed_s = min(time_s - self.seen_s, 0.2)
        return self.centre + self.speed * passed_s


@dataclass(frozen=True, slots=True)
class _Find:
    """A face in the frame: its points, where it is, and what it looks like."""

    points: Points3
    centre: Centre
    width: float
    looks: Signature | None


class Tracker:
    """Gives each face an id that stays with it and smooths its points.

    Faces are matched to where they should be by now, those that go together best first; where looks are given they
    count too, so that two people who cross keep their names. One that was gone for up to a second keeps its id
    if it comes back near the place where it was lost; with looks, up to a minute and anywhere.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 0

    def __call__(
        self, faces: Sequence[Points3], time_s: float, looks: Sequence[Signature | None] | None = None
    ) -> list[tuple[int, Points3]]:
        """Name and smooth one frame's faces.

        Args:
            faces: (478, 3) points of each, in any order.
            time_s: The frame's own time, in seconds.
            looks: What each looks like, None for one that is half out of the picture; None in all where nobody has to
                be told apart.

        Returns:
            Id and smoothed points of each, oldest id first.
        """
        kept_s = _NEARBY_S if looks is None else _KNOWN_S
        self._tracks = [track for track in self._tracks if 0 <= time_s - track.seen_s < kept_s]
        finds = _finds(faces, looks)
        named = []
        for place, track in self._match(finds, time_s).items():
            find = finds[place]
            track = track or self._begin(find, time_s)
            clear = not any(_apart(find, other) < _CLEAR_OF_OTHERS for other in finds if other is not find)
            self._follow(track, find, time_s, learns=clear or track.looks is None)
            named.append((track.id, track.filter(find.points, time_s, find.width)))
        return sorted(named, key=lambda one: one[0])

    def _begin(self, find: _Find, time_s: float) -> _Track:
        track = _Track(self._next_id, find.centre, find.width, time_s)
        self._next_id += 1
        self._tracks.append(track)
        return track

    def _follow(self, track: _Track, find: _Find, time_s: float, *, learns: bool) -> None:
        passed_s = time_s - track.seen_s
        if 0 < passed_s < 0.2:
            speed = (find.centre - track.centre) / passed_s
            most = _MOST_SPEED * find.width
            held = complex(min(max(speed.real, -most), most), min(max(speed.imag, -most), most))
            track.speed += _LEARNS_SPEED * (held - track.speed)
        else:
            track.speed = 0j
        track.centre, track.width, track.seen_s = find.centre, find.width, time_s
        if find.looks is not None and learns:
            known = find.looks if track.looks is None else track.looks
            track.looks = known + np.float32(1 - math.exp(-passed_s / _LEARN_S)) * (find.looks - known)

    def _match(self, finds: list[_Find], time_s: float) -> dict[int, _Track | None]:
        """For each find's place its track, None for one that was never seen."""
        pairs = sorted(
            (distance + _LOOKS * _unlike(track, find), place, number)
            for place, find in enumerate(finds)
            for number, track in enumerate(self._tracks)
            if time_s - track.seen_s < _NEARBY_S
            and (distance := _distance(track, find, time_s)) < _REACH
            and not self._looks_like_another(track, find)
        )
        owner = _assign(pairs)
        strays = [place for place in range(len(finds)) if place not in owner]
        lost = [number for number in range(len(self._tracks)) if number not in owner.values()]
        owner |= self._come_back(finds, strays, lost)
        return {place: self._tracks[owner[place]] if place in owner else None for place in range(len(finds))}

    def _looks_like_another(self, track: _Track, find: _Find) -> bool:
        """Whether a find is not at all like the one who should be there, and clearly more like somebody else."""
        own = _unlike(track, find)
        others = [_unlike(other, find) for other in self._tracks if other is not track and other.looks is not None]
        return own > _ALIKE and bool(others) and min(others) < own - _CLEARLY

    def _come_back(self, finds: list[_Find], strays: list[int], lost: list[int]) -> dict[int, int]:
        """Those who left and are seen again by their looks; of two who look alike the one known longer."""
        pairs = []
        for place in strays:
            likes = [
                (_unlike(self._tracks[number], finds[place]), number)
                for number in lost
                if self._tracks[number].looks is not None and finds[place].looks is not None
            ]
            if likes and (best := min(likes)[0]) < _ALIKE:
                number = min(number for value, number in likes if value <= best + _CLEARLY)
                pairs.append((best, place, number))
        return _assign(sorted(pairs))


def _finds(faces: Sequence[Points3], looks: Sequence[Signature | None] | None) -> list[_Find]:
    """The faces of a frame; one that was found twice is there once."""
    finds: list[_Find] = []
    for place, points in enumerate(faces):
        extent = extent_of(points)
        centre = complex(extent.x, extent.y)
        find = _Find(points, centre, extent.width, None if looks is None else looks[place])
        if not any(_apart(find, other) < _ONE_FACE for other in finds):
            finds.append(find)
    return finds


def _apart(first: _Find, second: _Find) -> float:
    """How far apart two faces are, in widths of the smaller one."""
    return abs(first.centre - second.centre) / min(first.width, second.width)


def _unlike(track: _Track, find: _Find) -> float:
    return unlike(track.looks, find.looks) if track.looks is not None and find.looks is not None else 0.0


def _distance(track: _Track, find: _Find, time_s: float) -> float:
    """To where it should be by now or, having stopped, to where it was: the nearer, in face widths."""
    away = min(abs(place - find.centre) for place in (track.expected(time_s), track.centre))
    return away / max(track.width, find.width)


def _assign(pairs: list[tuple[float, int, int]]) -> dict[int, int]:
    """Place to number, the best pairs first, each of both once."""
    owner: dict[int, int] = {}
    for _, place, number in pairs:
        if place not in owner and number not in owner.values():
            owner[place] = number
    return owner
