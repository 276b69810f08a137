"""What a network could run on here: every provider, way and precision that is not known to be impossible."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from realtime.errors import PersonaError
from realtime.persona.opening import Wanted, compiled, unusable
from realtime.persona.provider import PROVIDERS, Candidate, Provider

AUTO = "auto"
_PRECISIONS_TRIED = 2


class Possible(NamedTuple):
    """What could be.

    Attributes:
        candidates: Likeliest first: the first of each provider in the table's order, then the second of each, ...
        reasons: Why others are not among them, by what they are called.
    """

    candidates: Sequence[Candidate]
    reasons: Mapping[str, str]


def possible(wanted: Wanted, provider: str, precision: str, *, steady: bool) -> Possible:
    """List it.

    Args:
        wanted: What is to be run.
        provider: `auto`, or a name out of `PROVIDERS`.
        precision: `auto`, or one that the file holds.
        steady: Only what needs no measuring: of each provider the plainest way and the first precision.

    Raises:
        PersonaError: There is no such provider or precision; NoProviderError: it cannot be had here.
    """
    reasons: dict[str, str] = {}
    ways = [
        [
            Candidate(row, way, one)
            for one in _precisions(wanted, row, precision, steady)
            for way in (row.ways[-1:] if steady else row.ways)
        ]
        for row in _rows(wanted, provider, precision, steady, reasons)
    ]
    longest = max(map(len, ways))
    return Possible([row[place] for place in range(longest) for row in ways if place < len(row)], reasons)


def is_for_this_system(row: Provider) -> bool:
    """Whether a provider can be had on this operating system at all."""
    return not row.systems or sys.platform in row.systems


def _rows(wanted: Wanted, provider: str, precision: str, steady: bool, reasons: dict[str, str]) -> Iterator[Provider]:
    """Providers that can be had, in the table's order; the reason why one is passed over is noted."""
    names = [row.name for row in PROVIDERS]
    if provider not in (AUTO, *names):
        raise PersonaError(
            f"provider {provider!r}",
            wanted=", ".join((AUTO, *names)),
            got="no such provider",
            next_step=f"use --provider {AUTO}",
        )
    for row in PROVIDERS:
        if provider not in (AUTO, row.name) or (provider == AUTO and not is_for_this_system(row)):
            continue
        missing = row.missing()
        if missing and provider == row.name:
            raise unusable(wanted.persona, row, missing)
        if missing and not row.extra:
            reasons[row.label] = missing
        elif not missing and provider == AUTO and not _is_ready(wanted, row, precision, steady):
            reasons[row.label] = f"takes minutes to compile the network, once; --provider {row.name} asks for it"
        elif not missing:
            yield row


def _is_ready(wanted: Wanted, row: Provider, precision: str, steady: bool) -> bool:
    """Whether a provider needs no minutes before its first run."""
    if not row.compiles:
        return True
    return not steady and any(compiled(wanted, row, one) for one in _precisions(wanted, row, precision, steady))


def _precisions(wanted: Wanted, row: Provider, precision: str, steady: bool) -> list[str]:
    persona = wanted.persona
    if precision == AUTO:
        fitting = [name for name in row.precisions if name in persona.graphs] or list(persona.graphs)
        # No more than two: the third of a processor's runs as its second does.
        return fitting[:_PRECISIONS_TRIED] if row.doubtful() and not steady else fitting[:1]
    if precision in persona.graphs:
        return [precision]
    raise PersonaError(
        f"persona {persona.name}",
        wanted=f"its network in {precision}",
        got="only " + ", ".join(persona.graphs),
        next_step=f"use --precision {AUTO}",
    )
