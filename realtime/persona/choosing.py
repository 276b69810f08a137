"""Which provider, in which way and precision, a network runs on: what is possible comes from the table, what is best
is measured, once.

Measuring opens each candidate and times a few runs. What came of it is kept by the persona, the machine and the
libraries, so that the next start opens the best at once. A film is not to depend on what a clock said in this worker
or that one: whoever makes films asks for the steady choice, which goes by the table alone.
"""

from __future__ import annotations

import gc
import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from realtime.cores import threads_for_network
from realtime.errors import NoProviderError, PersonaError
from realtime.memory import return_free_memory
from realtime.persona.candidates import AUTO, is_for_this_system, possible
from realtime.persona.first_runs import time_ms
from realtime.persona.manner import is_steady, is_untimed, name_of, steady
from realtime.persona.measured import Failure, Measured, keep, recall
from realtime.persona.opening import Opened, Wanted, machine, open_candidate
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS, Candidate, grouped

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
        provider: `auto`, or a name out of `PROVIDERS`; either may be made `steady` or `untimed`.
        precision: `auto`, or one that the file holds.

    Raises:
        PersonaError: What was asked for by name is not to be had, or the graph is broken.
    """
    search = _Search(replace(wanted, steady=is_steady(provider)), name_of(provider), precision)
    if search.is_settled:
        return search.said_of(search.first(Measured()), Measured())
    file = wanted.cache / "choices" / f"{search.digest}.json"
    measured = recall(file, search.names)
    if is_untimed(provider) or search.is_answered_by(measured):
        return search.said_of(search.first(measured), measured)
    chosen = search.said_of(search.fastest(measured), measured)
    keep(file, measured)
    del search
    gc.collect()  # of those that were not chosen: a library may hold what it opened in a circle
    return_free_memory()
    return chosen


class _Search:
    """One choice on its way."""

    def __init__(self, wanted: Wanted, provider: str, precision: str) -> None:
        self._wanted, self._asked_precision = wanted, precision
        self._candidates, reasons = possible(wanted, provider, precision, steady=wanted.steady)
        self.is_settled = wanted.steady or len(self._candidates) == 1
        self._reasons = dict(reasons)
        self._errors: dict[Candidate, PersonaError] = {}
        self._absent: set[str] = set()

    @property
    def names(self) -> Sequence[str]:
        """All that could be."""
        return [one.name for one in self._candidates]

    @property
    def digest(self) -> str:
        """Of the question: what was measured for another is no answer to this."""
        versions = {row.version() for row in dict.fromkeys(one.row for one in self._candidates)}
        facts = (machine(), *sorted(versions), self._wanted.digest, str(self._wanted.threads), *self.names)
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]

    def is_answered_by(self, measured: Measured) -> bool:
        """Whether there is nothing left to try; libraries that were missing then may be there now."""
        return not self._untried(measured)

    def first(self, measured: Measured) -> Opened:
        """The first candidate that opens, the best first where times are known.

        Raises:
            PersonaError: None does; it is the error of the processor, or of whatever comes next to it in the table.
        """
        for candidate in self._in_order(measured):
            if candidate not in self._errors and (opened := self._try(candidate)):
                return opened
        raise self._last_error()

    def fastest(self, measured: Measured) -> Opened:
        """Open what is not known yet, one after the other, as far as the time goes; there are never more than two.

        Args:
            measured: What is known; all that is tried is added.

        Returns:
            The best of all.

        Raises:
            PersonaError: None opens.
        """
        best: Opened | None = None
        until_s = math.inf
        for candidate in self._untried(measured):
            if self._knows(candidate, measured) and time.perf_counter() > until_s:
                continue
            opened = None  # what was not kept goes before the next is opened
            opened = self._try(candidate, measured)
            if opened is None:
                continue
            until_s = min(until_s, time.perf_counter() + _BUDGET_S)
            if self._in_order(measured)[0] == candidate:
                best = opened
        if best is not None and self._in_order(measured)[0] == best.candidate:
            return best
        best = opened = None
        return self.first(measured)

    def said_of(self, opened: Opened, measured: Measured) -> Chosen:
        """The line for the user."""
        row, precision = opened.candidate.row, opened.candidate.precision
        reasons = self._reasons | {
            one.label: measured.failed[one.name].why
            for one in self._candidates
            if one.name in measured.failed and one.row.name not in self._absent and one != opened.candidate
        }
        best, persona = row.precisions[0], self._wanted.persona
        if self._asked_precision == AUTO and precision != best and best not in persona.graphs:
            reasons[best] = f"not in {persona.name}"
        why = "; ".join(filter(None, (self._times(opened.candidate, measured), grouped(reasons))))
        return Chosen(opened, opened.candidate.label + (f" ({why})" if why else ""))

    def _untried(self, measured: Measured) -> list[Candidate]:
        """All of a provider of which nothing is known, and what failed too long ago to be believed."""
        new = [one for one in self._candidates if not self._knows(one, measured)]
        now_s = time.time()
        return [one for one in self._candidates if one in new or measured.is_due(one.name, now_s)]

    def _knows(self, candidate: Candidate, measured: Measured) -> bool:
        """Whether anything of a candidate's provider was tried."""
        return measured.knows(one.name for one in self._candidates if one.row.name == candidate.row.name)

    def _in_order(self, measured: Measured) -> list[Candidate]:
        """The best first: what is hardly faster is not chosen over what is likelier the best."""
        best: Candidate | None = None
        for one in self._candidates:
            if best is None or _score(one, measured) < _CLEARLY * _score(best, measured):
                best = one
        return sorted(self._candidates, key=lambda one: (one != best, _score(one, measured)))

    def _last_error(self) -> PersonaError:
        order = [row.name for row in PROVIDERS]
        return self._errors[max(self._errors, key=lambda candidate: order.index(candidate.row.name))]

    def _times(self, chosen: Candidate, measured: Measured) -> str:
        """What was measured, where there was anything to choose from."""
        timed = {one: measured.ms[one.name] for one in self._candidates if one.name in measured.ms}
        mine = timed.pop(chosen, None)
        if mine is None or not timed:
            return ""
        return "; ".join((f"measured {mine:.1f} ms", *(f"{one.label}: {ms:.1f} ms" for one, ms in timed.items())))

    def _try(self, candidate: Candidate, measured: Measured | None = None) -> Opened | None:
        """Open a candidate, and time it where that is asked; what fails is noted."""
        if candidate.row.name in self._absent:
            return None
        try:
            opened = open_candidate(self._wanted, candidate)
            if measured is not None:
                measured.runs(candidate.name, time_ms(self._wanted.persona, candidate, opened.binding))
        except PersonaError as error:
            _let_go(error)
            self._errors[candidate] = error
            if isinstance(error, NoProviderError):
                self._absent.add(candidate.row.name)
                self._reasons[candidate.row.label] = error.got
            else:
                self._reasons[candidate.label] = error.got
                if measured is not None:
                    measured.fails(candidate.name, Failure(error.got, time.time()))
            return None
        return opened


def _score(candidate: Candidate, measured: Measured) -> float:
    """What a candidate costs, the lower the better; of what nothing is known, as much as can be."""
    return measured.ms.get(candidate.name, math.inf) * candidate.way.burden


def _let_go(error: BaseException | None) -> None:
    """Forget where it was raised, and what it came of: those frames hold the session and all its memory."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
