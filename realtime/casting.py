"""Who wears what: several people in a picture, each with a persona of their own."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

from realtime.attendance import Attendance
from realtime.face.extent import extent_of
from realtime.face.turn import TurnLimit
from realtime.frame import Face, Frame, Swap
from realtime.scene import SceneWatch
from realtime.settings import Live

_MOST_PEOPLE = 512
"""So many ids are remembered: over hours somebody who comes and goes gets thousands."""

Rule = Literal["everyone", "place", "size", "pinned"]
"""Everyone wears the first persona; or personas go from left to right, or from the largest face to the smallest, to
those who come into view, and stay with them; or to those alone who are named by id."""


@dataclass(frozen=True, slots=True)
class Casting:
    """How personas are handed out.

    Attributes:
        rule: See `Rule`.
        pins: Persona by the id of a tracked face, by its place in the list of personas; these come first. None leaves
            that person as they are; a place that there is not counts for nothing.
    """

    rule: Rule = "everyone"
    pins: Mapping[int, int | None] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise ValueError(f"rule: wanted one of {', '.join(get_args(Rule))}, got {self.rule!r}")


class _Remembered(OrderedDict[int, int]):
    """What is known of people by id; of too many the ones that were written longest ago are forgotten."""

    def __setitem__(self, id_: int, value: int) -> None:
        super().__setitem__(id_, value)
        self.move_to_end(id_)
        while len(self) > _MOST_PEOPLE:
            self.popitem(last=False)


class Cast:
    """Remembers who wears what, and hands out what is free.

    A persona stays with whom it was given to, also while they are not found. Somebody new near where they were seen
    last is the same person, whatever their id. Where no persona is free, one of somebody who is not found goes to
    whoever has come into view since: it may well be them. Who was there before, and wore none, goes on wearing none;
    who ever wore one never goes bare, be it that two wear the same.

    Args:
        personas: How many there are.
        casting: How they are handed out; followed from frame to frame.
    """

    def __init__(self, personas: int, casting: Live[Casting]) -> None:
        self._count, self._live = personas, casting
        self._attendance, self._cut = Attendance(), SceneWatch()
        self._held = _Remembered()
        self._left_s: dict[int, float] = {}
        self._first_ids = _Remembered()

    def __call__(self, frame: Frame) -> tuple[dict[int, int], tuple[int, ...]]:
        """Who wears what in one frame.

        Returns:
            Persona, by its place in the list, of each face that is to wear one, by its id; and the ids of those who
            wore one, and may be there though they are not found.
        """
        casting, faces = self._live.now, frame.faces
        same = self._attendance.update(faces, frame.media_s, frame.size_wh, cut=self._cut(frame))
        self._first_ids |= {id_: self._first_ids.get(gone, gone) for id_, gone in same.items()}
        self._first_ids |= {face.id: self._first_ids[face.id] for face in faces if face.id in self._first_ids}
        # Somebody is pinned by the id that they have, or had when they were pinned.
        ids = ((face.id, (face.id, self._first_id(face))) for face in faces)
        named = {id_: casting.pins[one] for id_, known in ids for one in known[::-1] if one in casting.pins}
        pins = {id_: place for id_, place in named.items() if place is None or place < self._count}
        if casting.rule == "everyone":
            worn = {face.id: 0 for face in faces}
        elif casting.rule == "pinned":
            worn = {}
        else:
            worn = self._hand_out(frame, same, pins, by_place=casting.rule == "place")
        cast = {id_: place for id_, place in {**worn, **pins}.items() if place is not None}
        self._attendance.wearing(cast)
        return cast, self._attendance.missing

    def _hand_out(
        self, frame: Frame, same: Mapping[int, int], pins: Mapping[int, int | None], *, by_place: bool
    ) -> dict[int, int]:
        self._held |= {id_: self._held[gone] for id_, gone in same.items() if gone in self._held}
        here, away = [face.id for face in frame.faces], self._attendance.away
        taken = {self._held[id_] for id_ in here if id_ in self._held}
        taken |= {place for place in pins.values() if place is not None}
        waiting = {self._held[id_] for id_ in away if id_ in self._held} - taken
        new = [face for face in frame.faces if face.id not in self._held and face.id not in pins]
        for face in sorted(new, key=_from_the_left if by_place else _from_the_largest):
            free = [one for one in range(self._count) if one not in taken | waiting]
            place = next((one for one in (*free, *sorted(waiting)) if self._may_take(one, face, frame.media_s)), None)
            if place is not None:
                self._held[face.id] = place
                taken.add(place)
                waiting.discard(place)
        worn = {id_: self._held[id_] for id_ in here if id_ in self._held}
        self._held |= worn
        self._left_s |= dict.fromkeys(worn.values(), frame.media_s)
        return worn

    def _may_take(self, place: int, face: Face, media_s: float) -> bool:
        """Whether somebody came after who wore it was seen last; time that jumps back forgets that."""
        return not self._attendance.since_s(face.id) <= self._left_s.get(place, -math.inf) <= media_s

    def _first_id(self, face: Face) -> int:
        return self._first_ids.get(face.id, face.id)


def _from_the_left(face: Face) -> float:
    return extent_of(face.landmarks_px).x


def _from_the_largest(face: Face) -> float:
    return -extent_of(face.landmarks_px).width


class CastSwapper:
    """Lets each face wear its own persona. Faces that wear none leave the frame's list, and pass as they are.

    Somebody who wore a persona and is not found now may be turned away, or half hidden behind another: they are
    `missing` from the frame, which then does not count as worn and is concealed where they were.

    Args:
        places: For each persona what makes a swap for each face of a frame.
        casting: How they are handed out; followed from frame to frame.
        misses: Whether somebody may be missing, or turned too far to be worn. Nobody's privacy hangs on a thing that
            rolls out of the picture.
    """

    def __init__(
        self, places: Sequence[Callable[[Frame], Frame]], casting: Live[Casting], *, misses: bool = True
    ) -> None:
        self._places, self._cast, self._misses = places, Cast(len(places), casting), misses
        self._may_be_worn = TurnLimit()

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with a swap for each face that wears a persona; its picture is not changed.

        Raises:
            PersonaError: A provider failed.
        """
        worn, missing = self._cast(frame)
        faces = tuple(face for face in frame.faces if face.id in worn)
        swaps: list[Swap] = []
        ahead = self._may_be_worn(faces, frame.media_s) if self._misses else faces
        beside = (*missing, *(face.id for face in faces if face not in ahead))
        for number, place in enumerate(self._places):
            own = tuple(face for face in ahead if worn[face.id] == number)
            if own:
                swaps += place(replace(frame, faces=own, missing=beside)).swaps
        return replace(frame, faces=faces, missing=missing if self._misses else (), swaps=tuple(swaps))
