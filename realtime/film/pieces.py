"""Where a film is cut, and from where each piece is warmed up."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from realtime.film.facts import Film

SHORTEST_S, LONGEST_S, MOST_AT_ONCE = 15.0, 60.0, 16
"""Pieces are no longer than so, and no shorter unless the film is; between, there are 16."""
MOST_PIECES = 100_000
WARM_S = 2.0
"""So much before its start a piece is begun, and what comes of it thrown away. The slowest of what settles by itself,
the light that a persona takes, has a time constant of 0.3 s; a face that was lost keeps its name for 1 s."""
LONG_WARM_S = 32.0
"""The same, where somebody who was seen long before is still counted on: they are so for up to 30 s."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a film, cut at pictures at which decoding can begin.

    Attributes:
        number: From 0 on.
        start: Time stamp of its first picture, in ticks.
        end: A picture with this time stamp, or a later one, is no longer of it.
    """

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Form:
    """What is taken for granted of the film before a piece.

    Attributes:
        warm_s: How much before its start it is begun.
        began: Whether a persona was worn anywhere before.
    """

    warm_s: float
    began: bool


def cut(film: Film, *, whole: bool = False, piece_s: float | None = None) -> tuple[Piece, ...]:
    """The pieces of a film: the same for however many workers, wherever they are.

    Args:
        film: The film.
        whole: Leave it in one piece, as where it counts who came first.
        piece_s: How long they are to be at least; by default a sixteenth of the film, 15 to 60 s.
    """
    least_s = piece_s or min(max(film.length_s / MOST_AT_ONCE, SHORTEST_S), LONGEST_S)
    least = round(least_s / float(film.time_base))
    starts = [film.first]
    for key in film.keys:
        # What is left over at the end is no piece of its own.
        if not whole and key - starts[-1] >= least and film.end - key >= least // 2:
            starts.append(key)
    return tuple(
        Piece(number, start, end)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], film.end], strict=True))
    )


def first_form(piece: Piece) -> Form:
    """What is taken for granted at first: all but the first piece come after a persona was seen."""
    return Form(0.0, began=False) if piece.number == 0 else Form(WARM_S, began=True)


def begin_of(film: Film, piece: Piece, form: Form) -> tuple[int, int | None]:
    """From which time stamp on pictures go through the loop, and where decoding begins; None for the film's start."""
    warm = max(film.first, piece.start - round(form.warm_s / float(film.time_base)))
    place = bisect_right(film.keys, warm)
    return warm, film.keys[place - 1] if place > 0 and film.keys[place - 1] > film.first else None
