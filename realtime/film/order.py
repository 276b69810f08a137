"""What a worker is told: how the film is to be made, and which piece of it. Goes as one line of JSON."""

from __future__ import annotations

import dataclasses
import json
import socket
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from realtime.errors import ThespisError
from realtime.film.facts import Colour, Film
from realtime.film.pieces import Form, Piece, begin_of
from realtime.fit import Value

_WAY = "3"
"""Goes up when pieces are made otherwise than before: what was begun by an older program is not gone on with."""


def way() -> str:
    """By whom and how pieces are made: those of one film are all made in one way."""
    return f"{version('thespis')}-{_WAY}"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a film is to be made: the user's words.

    Attributes:
        personas: Files, each of one persona.
        fits: How each of them sits: the values that are not as by default.
        cast: Who wears which (`realtime.casting.Rule`).
        when_lost: See `realtime.settings.Settings`.
        badge: The same.
        badge_corner: The same.
        faces: How many are looked for.
        region: What wears it, in words; empty for what the persona was trained for.
        known_performer: See `NetworkSwapper`.
        provider: See `steady_provider`: one for all workers.
        precision: See `NetworkSwapper`.
        quality: x264's constant rate factor; lower is better.
    """

    personas: tuple[str, ...]
    fits: tuple[dict[str, Value], ...]
    cast: str
    when_lost: str
    badge: bool
    badge_corner: str
    faces: int
    region: str
    known_performer: bool
    provider: str
    precision: str
    quality: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What the film's pictures are, as far as a worker has to know.

    Attributes:
        time_base: Numerator and denominator of seconds a tick.
        size_wh: See `Film`, as for the others.
        fps: Frames a second.
        first: Time stamp of the film's first picture.
        last: The latest time stamp of all.
        stamped: Whether every picture has a time stamp.
        breaks_off: Whether the film cannot be read to its end.
        colour: What numbers mean.
        pixels: How they are coded.
        aspect: Numerator and denominator of the shape of a pixel; none for unsaid.
    """

    time_base: tuple[int, int]
    size_wh: tuple[int, int]
    fps: float
    first: int
    last: int
    stamped: bool
    breaks_off: bool
    colour: Colour
    pixels: str
    aspect: tuple[int, int] | None

    @property
    def tick_s(self) -> Fraction:
        """Seconds a tick."""
        return Fraction(*self.time_base)


@dataclass(frozen=True, slots=True)
class Task:
    """One piece to be made.

    Attributes:
        film: The file, as a worker finds it.
        out: Where the piece goes, as a worker finds it.
        wishes: How it is made.
        picture: Of what.
        piece: Which stretch.
        form: What is taken for granted of what came before.
        warm: From this time stamp on pictures go through the loop.
        seek: Where decoding begins; None for the film's start.
        threads: For each library; 0 lets each choose.
    """

    film: str
    out: str
    wishes: Wishes
    picture: Picture
    piece: Piece
    form: Form
    warm: int
    seek: int | None
    threads: int

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**dataclasses.asdict(self), "way": way()})

    @classmethod
    def from_json(cls, line: str) -> Task:
        """What `to_json` wrote, in a process of our own.

        Raises:
            ThespisError: Another version of this program wrote it.
        """
        told = json.loads(line)
        theirs = told.pop("way", "another")
        if theirs != way():
            raise ThespisError(
                f"a worker on {socket.gethostname()}",
                wanted=f"Thespis {theirs}, as where the film is made",
                got=f"Thespis {way()}",
                next_step="install the same version on every machine",
            )
        wishes, picture = told.pop("wishes"), told.pop("picture")
        picture |= {name: tuple(picture[name]) for name in ("time_base", "size_wh")}
        picture |= {"colour": Colour(*picture["colour"]), "aspect": picture["aspect"] and tuple(picture["aspect"])}
        return cls(
            **told
            | {
                "wishes": Wishes(**wishes | {name: tuple(wishes[name]) for name in ("personas", "fits")}),
                "picture": Picture(**picture),
                "piece": Piece(**told["piece"]),
                "form": Form(**told["form"]),
            }
        )


def task_of(film: Film, wishes: Wishes, piece: Piece, form: Form, out: Path, *, threads: int) -> Task:
    """The order for one piece."""
    warm, seek = begin_of(film, piece, form)
    base = film.time_base
    picture = Picture(
        (base.numerator, base.denominator),
        film.size_wh,
        film.fps,
        film.first,
        film.end - 1,
        film.stamped,
        film.breaks_off,
        film.colour,
        film.pixels,
        (film.aspect.numerator, film.aspect.denominator) if film.aspect else None,
    )
    return Task(str(film.path.resolve()), str(out), wishes, picture, piece, form, warm, seek, threads)
