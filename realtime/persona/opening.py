"""One network opened on one provider in one precision, and run once in each size before anybody waits for it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import onnxruntime

from realtime.caches import default_cache
from realtime.cores import processor_name
from realtime.errors import NoProviderError, PersonaError
from realtime.persona.binding import Binding, DeviceBinding, HostBinding
from realtime.persona.buffers import Buffers, check_ends, make_buffers, ordinary_zeros, takes_batches
from realtime.persona.cuda_driver import CudaError, cuda_driver
from realtime.persona.first_runs import first_runs, run_failed
from realtime.persona.manifest import KINDS
from realtime.persona.onnx_ends import first_axes
from realtime.persona.package import Persona
from realtime.persona.provider import Candidate, Provider
from realtime.persona.provider_options import Opening
from realtime.persona.runtime import FATAL, NOT_READY, open_session, part_taken, session_options, short

BATCH = "faces"
"""The name of our own graphs' first axis, which is left open."""
_CPU = "CPUExecutionProvider"
_LEAST_TAKEN = 0.5
"""What takes less of a network than this part is the processor under another's name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be opened, however it is.

    Attributes:
        persona: Whose network.
        threads: For one run on a processor.
        most: How many crops are to go through at once where the network takes batches.
        cache: Where providers keep what they compile.
        steady: Whether the same file on the same machine is always to give the same numbers.
    """

    persona: Persona
    threads: int
    most: int
    cache: Path = field(default_factory=default_cache)
    steady: bool = False

    @property
    def digest(self) -> str:
        """Of all that the persona's file holds."""
        persona = self.persona
        if persona.manifest_sha256:
            return persona.manifest_sha256
        whole = hashlib.sha256()
        for graph in persona.graphs.values():
            whole.update(graph)
        return whole.hexdigest()


class Opened(NamedTuple):
    """A network that is ready to be run."""

    candidate: Candidate
    buffers: Buffers
    binding: Binding


@cache
def machine() -> str:
    """What a measurement or a compiled network is good for: other hardware or libraries need their own."""
    driver = cuda_driver()
    try:
        card = driver.described if driver else ""
    except CudaError:
        card = "unknown"
    return "|".join((platform.system(), platform.machine(), processor_name(), card, onnxruntime.__version__))


def open_candidate(wanted: Wanted, candidate: Candidate) -> Opened:
    """Open it, look at its ends, and run it once in every size: the first run allocates, and may compile.

    Raises:
        PersonaError: It does not open or run here, or is not what `persona.json` says.
    """
    persona, row, way = wanted.persona, candidate.row, candidate.way
    session = _open(wanted, candidate)
    if row.ort_name not in session.get_providers():
        raise unusable(persona, row, f"its libraries do not load, pip install {row.library or 'them'}")
    _check_taken(persona, row, session)
    batches = _may_batch(wanted, row) and takes_batches(session)
    driver = cuda_driver() if row.pinned else None
    try:
        buffers = make_buffers(
            persona.manifest, wanted.most if batches else 1, driver.zeros if driver else ordinary_zeros
        )
    except CudaError as error:
        raise run_failed(persona.name, row.name, error) from error
    check_ends(persona.name, session, buffers)
    binding: Binding = HostBinding(session, buffers, driver.turns if driver else None, copied=row.ort_name != _CPU)
    if way.device:
        binding = DeviceBinding(session, buffers, way.device, captured=way.captured, driver=driver)
    first_runs(persona, candidate, binding, buffers)
    return Opened(candidate, buffers, binding)


def compiled(wanted: Wanted, row: Provider, precision: str) -> bool:
    """Whether a provider that takes minutes over a graph has done so before."""
    return any(_folder(wanted, row, precision).glob("*.engine"))


def unusable(persona: Persona, row: Provider, reason: str) -> NoProviderError:
    """That a provider cannot be had."""
    return NoProviderError(
        f"persona {persona.name}", wanted=row.label, got=reason, next_step="use --provider auto or cpu"
    )


def _may_batch(wanted: Wanted, row: Provider) -> bool:
    return row.batches and KINDS[wanted.persona.manifest.kind].batches


def _check_taken(persona: Persona, row: Provider, session: Any) -> None:
    """Refuse a provider that leaves the work to the processor, whose time would be taken for its own.

    Raises:
        PersonaError: It does.
    """
    taken = 1.0 if row.ort_name == _CPU else part_taken(session, row.ort_name)
    if taken is not None and taken < _LEAST_TAKEN:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a network that {row.label} computes",
            got=f"it takes {taken:.0%} of the layers",
            next_step="try --provider cpu",
        )


def _folder(wanted: Wanted, row: Provider, precision: str) -> Path:
    """Of what is compiled out of this very graph; libraries themselves do not notice that anything changed."""
    facts = "|".join((machine(), row.version(), precision, str(wanted.most), wanted.digest))
    return wanted.cache / row.name / hashlib.sha256(facts.encode()).hexdigest()[:32]


def _open(wanted: Wanted, candidate: Candidate) -> Any:
    persona, row, precision = wanted.persona, candidate.row, candidate.precision
    graph = persona.graphs[precision]
    # A provider whose libraries do not load is told through this logger only; we look and say it ourselves.
    onnxruntime.set_default_logger_severity(FATAL)
    try:
        options = session_options(graph, wanted.threads, steady=wanted.steady)
        if not _may_batch(wanted, row):
            for axis in {axis for axis in first_axes(graph).values() if axis and isinstance(axis, str)}:
                options.add_free_dimension_override_by_name(axis, 1)
        if not row.patterns:
            options.enable_mem_pattern = False
        return open_session(graph, options, _providers(wanted, candidate), row.ready_s)
    except NOT_READY as error:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a graph that {row.label} runs as swap.{precision}.onnx",
            got=short(error),
            next_step="export or import it again, or try --provider cpu",
        ) from error


def _providers(wanted: Wanted, candidate: Candidate) -> Sequence[str | tuple[str, Mapping[str, str]]]:
    """The provider with its options, those behind it, and last the processor."""
    persona, (row, way, precision) = wanted.persona, candidate
    folder = _folder(wanted, row, precision)
    cache = folder if row.compiles else folder / str(row.ways.index(way))
    buffers = make_buffers(persona.manifest, 1)
    axes = first_axes(persona.graphs[precision]).values()
    opening = Opening(
        precision,
        {name: array.shape for name, array in buffers.ends_in.items()},
        _may_batch(wanted, row) and not any(isinstance(axis, int) for axis in axes),
        wanted.most,
        wanted.threads,
        cache,
        wanted.cache / row.name,
    )
    asked = _asked(candidate, opening)
    if any(str(cache) in value for options in asked.values() for value in options.values()):
        try:
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:  # a full or foreign disk: it is compiled again at each start, and no more than that
            asked = _asked(candidate, replace(opening, cache=None, shared_cache=None))
    told = [(name, dict(options)) if options else name for name, options in asked.items()]
    return [*told, *(name for name in (_CPU,) if name not in asked)]


def _asked(candidate: Candidate, opening: Opening) -> dict[str, Mapping[str, str]]:
    row, way = candidate.row, candidate.way
    return {row.ort_name: way.options(opening), **{name: options(opening) for name, options in way.behind}}
