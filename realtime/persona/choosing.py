"""Which provider, in which way and precision, a network runs on: what is possible comes from the table, what is best
is measured, once.

Measuring opens each candidate and times a few runs. What came of it is kept by the persona, the machine and the
libraries, so that the next start opens the best at once. A film is not to depend on what a clock said in this worker
or that one: whoever makes films asks for the steady choice, which goes by the table alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from realtime.cores import threads_for_network
from realtime.errors import NoProviderError, PersonaError
from realtime.memory import return_free_memory
from realtime.persona.candidates import AUTO, is_for_this_system, possible
from realtime.persona.first_runs import time_ms
from realtime.persona.measured import FAILED, keep, recall
from realtime.persona.opening import Opened, Wanted, machine, open_candidate
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS, Candidate, grouped

_STEADY = ":steady"
_BUDGET_S = 3.0
"""Once for a persona: after so long only providers are tried of which nothing is known yet."""
_CLEARLY = 0.95
"""What is not faster than by a twentieth is not chosen over what was tried before it, which is likelier the best."""


class Chosen(NamedTuple):
    """What a network runs on.

    Attributes:
        opened: It, ready to be run.
        said: One line for the user: on what, and why not on better.
    """

    opened: Opened
    said: str


def steady(provider: str) -> str:
    """The same wish, but nothing is measured: the same file on the same machine then always gives the same numbers.

    Args:
        provider: `auto` or a name out of `PROVIDERS`.
    """
    return provider if provider.endswith(_STEADY) else provider + _STEADY


def steady_provider(personas: Sequence[Persona], provider: str = AUTO) -> str:
    """One provider on which all of these run, settled here to be handed on: whoever is told it gives equal numbers.

    Args:
        personas: Who are to be worn.
        provider: `auto` or a name out of `PROVIDERS`.

    Raises:
        PersonaError: One of them runs on none.
    """
    if provider != AUTO:
        return steady(provider)
    rows = [row for row in PROVIDERS if is_for_this_system(row) and not row.compiles and not row.missing()]
    names, networks = [row.name for row in rows], [one for one in personas if one.manifest.ends is not None]
    if len(names) == 1 or not networks:
        return steady(names[-1])
    wanted = [Wanted(persona, threads_for_network(), 1) for persona in networks]
    chosen = {choose(one, steady(AUTO)).opened.candidate.row.name for one in wanted}
    return steady(max(chosen, key=names.index))


def choose(wanted: Wanted, provider: str = AUTO, precision: str = AUTO) -> Chosen:
    """Open the best there is.

    Args:
        wanted: What is to be run.
        provider: `auto`, or a name out of `PROVIDERS`; either may be made `steady`.
        precision: `auto`, or one that the file holds.

    Raises:
        PersonaError: What was asked for by name is not to be had, or the graph is broken.
    """
    search = _Search(wanted, provider.removesuffix(_STEADY), precision, steady=provider.endswith(_STEADY))
    if search.is_settled:
        return search.said_of(search.first(), {})
    file = wanted.cache / "choices" / f"{search.digest}.json"
    known = recall(file)
    if search.is_answered_by(known):
        return search.said_of(search.first(known), known)
    best, measured = search.fastest()
    keep(file, measured)
    return_free_memory()  # of those that were not chosen
    return search.said_of(best, measured)


class _Search:
    """One choice on its way."""

    def __init__(self, wanted: Wanted, provider: str, precision: str, *, steady: bool) -> None:
        self._wanted, self._asked_precision = wanted, precision
        self._candidates, reasons = possible(wanted, provider, precision, steady=steady)
        self.is_settled = steady or len(self._candidates) == 1
        self._reasons = dict(reasons)
        self._errors: dict[Candidate, PersonaError] = {}
        self._absent: set[str] = set()

    @property
    def digest(self) -> str:
        """Of the question: what was measured for another is no answer to this."""
        versions = {row.version() for row in dict.fromkeys(one.row for one in self._candidates)}
        names = (one.name for one in self._candidates)
        facts = (machine(), *sorted(versions), self._wanted.digest, str(self._wanted.threads), *names)
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]

    def is_answered_by(self, measured: Mapping[str, float]) -> bool:
        """Whether every provider was tried; libraries that were missing then may be there now."""
        tried = {one.row.name for one in self._candidates if one.name in measured}
        return tried == {one.row.name for one in self._candidates}

    def first(self, measured: Mapping[str, float] | None = None) -> Opened:
        """The first candidate that opens, the fastest first where times are known.

        Raises:
            PersonaError: None does; it is the error of the processor, or of whatever comes next to it in the table.
        """
        for candidate in sorted(self._candidates, key=lambda one: _score(one, measured or {})):
            if opened := self._try(candidate):
                return opened
        raise self._last_error()

    def fastest(self) -> tuple[Opened, Mapping[str, float]]:
        """Open one after the other, as far as the time goes, and keep the best; there are never more than two.

        Returns:
            It, and the milliseconds of all.

        Raises:
            PersonaError: None opens.
        """
        best: Opened | None = None
        measured: dict[str, float] = {}
        until_s = float("inf")
        for candidate in self._candidates:
            known = any(name.startswith(f"{candidate.row.name}/") for name in measured)
            if known and time.perf_counter() > until_s:
                continue
            opened = self._try(candidate, measured)
            if opened and (best is None or _score(candidate, measured) < _CLEARLY * _score(best.candidate, measured)):
                until_s = min(until_s, time.perf_counter() + _BUDGET_S)
                best = opened
        if best is None:
            raise self._last_error()
        return best, measured

    def said_of(self, opened: Opened, measured: Mapping[str, float]) -> Chosen:
        """The line for the user."""
        row, precision, reasons = opened.candidate.row, opened.candidate.precision, dict(self._reasons)
        best, persona = row.precisions[0], self._wanted.persona
        if self._asked_precision == AUTO and precision != best and best not in persona.graphs:
            reasons[best] = f"not in {persona.name}"
        why = "; ".join(filter(None, (self._times(opened.candidate, measured), grouped(reasons))))
        return Chosen(opened, opened.candidate.label + (f" ({why})" if why else ""))

    def _last_error(self) -> PersonaError:
        order = [row.name for row in PROVIDERS]
        return self._errors[max(self._errors, key=lambda candidate: order.index(candidate.row.name))]

    def _times(self, chosen: Candidate, measured: Mapping[str, float]) -> str:
        """What was measured, where there was anything to choose from."""
        timed = {one: measured[one.name] for one in self._candidates if measured.get(one.name, FAILED) != FAILED}
        mine = timed.pop(chosen, None)
        if mine is None or not timed:
            return ""
        return "; ".join((f"measured {mine:.1f} ms", *(f"{one.label}: {ms:.1f} ms" for one, ms in timed.items())))

    def _try(self, candidate: Candidate, measured: dict[str, float] | None = None) -> Opened | None:
        """Open a candidate, and time it where that is asked; what fails is noted."""
        if candidate.row.name in self._absent:
            return None
        try:
            opened = open_candidate(self._wanted, candidate)
            if measured is not None:
                measured[candidate.name] = time_ms(self._wanted.persona, candidate, opened.binding)
        except PersonaError as error:
            self._errors[candidate] = error
            if isinstance(error, NoProviderError):
                self._absent.add(candidate.row.name)
                self._reasons[candidate.row.label] = error.got
            else:
                self._reasons[candidate.label] = error.got
                if measured is not None:
                    measured[candidate.name] = FAILED
            return None
        return opened


def _score(candidate: Candidate, measured: Mapping[str, float]) -> float:
    """What a candidate costs, the lower the better; of what nothing is known, as much as can be."""
    took_ms = measured.get(candidate.name, FAILED)
    return float("inf") if took_ms == FAILED else took_ms * candidate.way.burden
