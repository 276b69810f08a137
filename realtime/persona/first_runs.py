"""The first runs of a network that was just opened: each size once, then whether they give what they should."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.errors import PersonaError, ProviderError
from realtime.persona.binding import Binding
from realtime.persona.buffers import Buffers
from realtime.persona.package import Persona
from realtime.persona.played import poison, prove_played
from realtime.persona.provider import Candidate
from realtime.persona.runtime import FAULTS, short, within

_WARM_RUNS, _TIMED_RUNS, _TIMED_S = 3, 25, 0.3


def first_runs(persona: Persona, candidate: Candidate, binding: Binding, buffers: Buffers) -> None:
    """Run a network once in every size, since the first run allocates and may compile: no frame is to wait for it.

    Raises:
        PersonaError: It fails, takes too long, or gives no numbers.
    """

    poison(buffers)  # what no run writes is no finite number

    def every_size(options: Any) -> None:
        for count in (1, *range(1, buffers.together + 1)):
            binding.run(count, options)

    _in_time(persona, candidate, every_size)
    _check_numbers(persona, candidate.precision, buffers)
    if candidate.way.captured or candidate.row.name != "cpu":
        _in_time(persona, candidate, lambda options: prove_played(binding, buffers, options))


def time_ms(persona: Persona, candidate: Candidate, binding: Binding) -> float:
    """Milliseconds of one crop's way through, there and back: what a quarter of the runs stay below, which others' work
    and a card's clock that only just wakes disturb less than their median; within a third of a second.

    Raises:
        ProviderError: It fails.
    """
    walls, began_s = list[float](), time.perf_counter()
    try:
        for _ in range(_WARM_RUNS):
            binding.run(1)
        while not walls or (len(walls) < _TIMED_RUNS and time.perf_counter() - began_s < _TIMED_S):
            start_s = time.perf_counter()
            binding.run(1)
            walls.append(1e3 * (time.perf_counter() - start_s))
    except FAULTS as error:
        raise run_failed(persona.name, candidate.row.name, error) from error
    return float(np.percentile(walls, 25))


def run_failed(persona_name: str, provider: str, error: Exception) -> ProviderError:
    """That a network failed which was open."""
    return ProviderError(
        f"persona {persona_name} on {provider}",
        wanted="a run of its network",
        got=short(error),
        next_step="try --provider cpu",
    )


def _in_time(persona: Persona, candidate: Candidate, work: Callable[[Any], None]) -> None:
    row = candidate.row
    try:
        within(row.ready_s, work)
    except TimeoutError as error:
        raise PersonaError(
            f"persona {persona.name} on {row.name}",
            wanted="a network that is fast enough to be worn",
            got=str(error),
            next_step="choose another persona",
        ) from error
    except FAULTS as error:
        raise run_failed(persona.name, row.name, error) from error


def _check_numbers(persona: Persona, precision: str, buffers: Buffers) -> None:
    if all(np.isfinite(result).all() for result in buffers.outputs.values()):
        return
    others = [f"try --precision {name}" for name in persona.graphs if name != precision]
    raise PersonaError(
        f"persona {persona.name}, {precision}",
        wanted="finite numbers out of its network",
        got="infinite ones or none",
        next_step=", or ".join([*others, "export or import it again"]),
    )
