"""Who wears what: several people in a picture, each with a persona of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from realtime.frame import Face, Frame, Swap
from realtime.settings import Live

_MISSED_S = 2.0
"""So long a face that is not found may be there all the same."""

Rule = Literal["everyone", "place", "size", "pinned"]
"""Everyone wears the first persona; or personas go from left to right, or from the largest face to the smallest, to
those who come into view, and stay with them; or to those alone who are named by id."""


@dataclass(frozen=True, slots=True)
class Casting:
    """How personas are handed out.

    Attributes:
        rule: See `Rule`.
        pins: Persona by the id of a tracked face, by its place in the list of personas; these come first. None leaves
            that person as they are.
    """

    rule: Rule = "everyone"
    pins: Mapping[int, int | None] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise ValueError(f"rule: wanted one of {', '.join(get_args(Rule))}, got {self.rule!r}")


class Cast:
    """Remembers who wears what, and hands out what is free.

    A persona stays with whom it was given to. While somebody who has one is out of view it is free, and goes to
    whoever is new: it may well be the same person, not known again, and their face must not be seen bare. Only where
    every persona is worn by somebody in view do further people stay as they are.

    Args:
        personas: How many there are.
        casting: How they are handed out; followed from frame to frame.
    """

    def __init__(self, personas: int, casting: Live[Casting]) -> None:
        self._count, self._live = personas, casting
        self._casting = casting.now
        self._held: dict[int, int] = {}

    def __call__(self, faces: Sequence[Face]) -> dict[int, int]:
        """Persona, by its place in the list, of each face that is to wear one, by its id."""
        self._casting = self._live.now
        if self._casting.rule == "everyone":
            worn = {face.id: 0 for face in faces}
        elif self._casting.rule == "pinned":
            worn = {}
        else:
            worn = self._hand_out(faces)
        pins = {face.id: self._casting.pins[face.id] for face in faces if face.id in self._casting.pins}
        return {id_: place for id_, place in {**worn, **pins}.items() if place is not None}

    def _hand_out(self, faces: Sequence[Face]) -> dict[int, int]:
        taken = {self._held[face.id] for face in faces if face.id in self._held}
        taken |= {place for face in faces if (place := self._casting.pins.get(face.id)) is not None}
        free = [place for place in range(self._count) if place not in taken]
        new = [face for face in faces if face.id not in self._held and face.id not in self._casting.pins]
        for face, place in zip(sorted(new, key=self._order), free, strict=False):
            self._held = {id_: held for id_, held in self._held.items() if held != place}
            self._held[face.id] = place
        return {face.id: self._held[face.id] for face in faces if face.id in self._held}

    def _order(self, face: Face) -> float:
        if self._casting.rule == "place":
            return float(face.landmarks_px[:, 0].mean())
        return -float(np.ptp(face.landmarks_px[:, 0]))


class CastSwapper:
    """Lets each face wear its own persona. Faces that wear none leave the frame's list, and pass as they are.

    Somebody who wore a persona a moment ago and is not found now may be turned away, or half hidden behind another:
    they are `missing` from the frame, which then does not count as worn and is concealed where they were. Somebody new
    who has come into view since is taken for whoever is missing nearest to them.

    Args:
        places: For each persona what makes a swap for each face of a frame.
        casting: How they are handed out; followed from frame to frame.
    """

    def __init__(self, places: Sequence[Callable[[Frame], Frame]], casting: Live[Casting]) -> None:
        self._places, self._cast = places, Cast(len(places), casting)
        self._seen: dict[int, _Sighting] = {}

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with a swap for each face that wears a persona; its picture is not changed.

        Raises:
            PersonaError: A provider failed.
        """
        worn = self._cast(frame.faces)
        missing = self._note(frame, worn)
        faces = tuple(face for face in frame.faces if face.id in worn)
        swaps: list[Swap] = []
        for number, place in enumerate(self._places):
            own = tuple(face for face in faces if worn[face.id] == number)
            if own:
                swaps += place(replace(frame, faces=own)).swaps
        return replace(frame, faces=faces, missing=missing, swaps=tuple(swaps))

    def _note(self, frame: Frame, worn: Mapping[int, int]) -> tuple[int, ...]:
        """Note who is in view, and wears a persona or not; ids of those who wore one and are missing."""
        now_s = frame.media_s
        self._seen = {id_: one for id_, one in self._seen.items() if 0 <= now_s - one.last_s < _MISSED_S}
        here = {face.id for face in frame.faces}
        for face in frame.faces:
            before = self._seen.get(face.id)
            first_s = before.first_s if before else now_s
            middle = np.asarray(face.landmarks_px[:, :2].mean(0), np.float64)
            self._seen[face.id] = _Sighting(first_s, now_s, middle, wears=face.id in worn)
            gone = [id_ for id_, one in self._seen.items() if id_ not in here and one.wears and one.last_s < first_s]
            if before is None and face.id in worn and gone:
                del self._seen[min(gone, key=lambda id_: np.linalg.norm(self._seen[id_].middle - middle))]
        return tuple(id_ for id_, one in self._seen.items() if id_ not in here and one.wears)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """When a face was seen first and last, in seconds of media time; where, in frame pixels; whether it wore one."""

    first_s: float
    last_s: float
    middle: npt.NDArray[np.float64]
    wears: bool
