"""One network in ONNX Runtime: provider and precision chosen once, buffers made once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from realtime.errors import PersonaError, ProviderError
from realtime.persona.manifest import KINDS, Manifest
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS, Provider
from realtime.persona.runtime import FATAL, FAULTS, NOT_READY, READY_S, open_session, session_options, within

AUTO = "auto"
BATCH = "faces"
"""The name of our own graphs' first axis, which is left open."""
MOST_TOGETHER = 4
"""So many crops go through a network as one batch, where it takes batches."""

_MOST_THREADS = 4

Tensor = npt.NDArray[np.float32]


class SwapSession:
    """Runs a persona's network on buffers of its own.

    Fill `input`, call `run`, read `image` and `masks`; the next run overwrites them. One thread at a time.

    Args:
        persona: The file's content; the session keeps none of its bytes.
        provider: `auto`, or a name out of `PROVIDERS`.
        precision: `auto`, or one that the file holds.
        threads: Threads for one run on a CPU; by default half of the cores, since detection runs beside it.
        most: How many crops are to go through at once where the network takes batches.

    Attributes:
        provider: The provider in use.
        precision: The precision in use.
        said: One line for the user: both, and why not the better one.
        together: N, how many crops one run may take; 1 where network or provider takes no batches.
        input: (N, C, S, S) float32 0..1, to be filled; however the network has its axes, as all here.
        inputs: All that goes in, by its meaning (`realtime.persona.manifest.Kind`), as the network has it.
        image: (N, 3, S, S) float32 0..1, colours in the order that its kind has them.
        masks: (N, S, S) float32 0..1, each by its meaning; what is shown lies within all of them.

    Raises:
        PersonaError: The provider or precision asked for is not to be had, or the graph is broken or is not
            what `persona.json` says.
    """

    def __init__(
        self,
        persona: Persona,
        *,
        provider: str = AUTO,
        precision: str = AUTO,
        threads: int | None = None,
        most: int = MOST_TOGETHER,
    ) -> None:
        manifest = persona.manifest
        self._name = persona.name
        threads = threads or _half_of_the_cores()
        reasons: list[str] = []
        for row in _candidates(persona, provider, reasons):
            chosen = _choose_precision(persona, row, precision)
            session = _open(persona, row, chosen, threads)
            if row.ort_name in session.get_providers():
                break
            reasons.append(f"{row.label}: its libraries do not load, pip install '.[cuda]'")
            if provider != AUTO:
                raise _unusable(persona, row, reasons[-1])
        self.together = _together(session, most) if row.batches and KINDS[manifest.kind].batches else 1
        into, out = _buffers(manifest, self.together)
        self.inputs, self._results = into, tuple(out.values())
        self.input, self.image = _planes(into["crop"], manifest), _planes(out["image"], manifest)
        self.masks: Mapping[str, Tensor] = {
            name: _planes(one, manifest)[:, 0] for name, one in out.items() if name.endswith("mask")
        }
        assert manifest.ends is not None
        self._wanted_in = {manifest.ends.inputs[name]: one for name, one in into.items()}
        self._wanted_out = {manifest.ends.outputs[name]: one for name, one in out.items()}
        _check_ends(persona, "input", session.get_inputs(), self._wanted_in)
        _check_ends(persona, "output", session.get_outputs(), self._wanted_out)
        self.provider, self.precision = row.name, chosen
        self.said = _say(persona, row, chosen, precision, reasons)
        self._others = [f"try --precision {name}" for name in persona.graphs if name != chosen]
        self._session = session
        self._bound: dict[int, Any] = {}
        self._warm_up()

    def run(self, count: int = 1, options: Any = None) -> None:
        """Run the network once, from `input` to `image` and `masks`. The GIL is released meanwhile.

        Args:
            count: How many crops were filled in, 1 to `together`; they go through as one batch.
            options: Of ONNX Runtime, to break it off by.

        Raises:
            ProviderError: The provider failed (out of memory, device lost).
        """
        try:
            if count not in self._bound:
                self._bound[count] = self._bind(count)
            self._session.run_with_iobinding(self._bound[count], options)
        except FAULTS as error:
            raise ProviderError(
                f"persona {self._name} on {self.provider}",
                wanted="a run of its network",
                got=_short(error),
                next_step="try --provider cpu",
            ) from error

    def _first_runs(self, options: Any) -> None:
        """The first run of each size allocates; no frame is to wait for it."""
        for count in (1, *range(1, self.together + 1)):
            self.run(count, options)

    def _bind(self, count: int) -> Any:
        """The buffers' first `count` places bound to the network's ends."""
        bound = self._session.io_binding()
        bind: Callable[..., None]
        for arrays, bind in ((self._wanted_in, bound.bind_input), (self._wanted_out, bound.bind_output)):
            for name, array in arrays.items():
                shape = (count, *array.shape[1:]) if len(array) == self.together else array.shape
                bind(name, "cpu", 0, np.float32, shape, array.ctypes.data)
        return bound

    def _warm_up(self) -> None:
        try:
            within(READY_S, self._first_runs)
        except TimeoutError as error:
            raise PersonaError(
                f"persona {self._name} on {self.provider}",
                wanted="a network that is fast enough to be worn",
                got=str(error),
                next_step="choose another persona",
            ) from error
        if not all(np.isfinite(result).all() for result in self._results):
            raise PersonaError(
                f"persona {self._name}, {self.precision}",
                wanted="finite numbers out of its network",
                got="infinite ones or none",
                next_step=", or ".join([*self._others, "export or import it again"]),
            )


def _together(session: Any, most: int) -> int:
    """How many crops a network takes at once: one, unless all its ends leave their first axis open."""
    ends = (*session.get_inputs(), *session.get_outputs())
    return most if not any(isinstance(one, int) for end in ends for one in end.shape[:1]) else 1


def _buffers(manifest: Manifest, together: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Memory for all that goes in and comes out, by its meaning."""
    assert manifest.ends is not None  # a kind without a network has no session
    size, last = manifest.crop_size, KINDS[manifest.kind].last

    def pictures(depth: int) -> Tensor:
        return np.zeros((together, size, size, depth) if last else (together, depth, size, size), np.float32)

    into: dict[str, Tensor] = {"crop": pictures(len(manifest.ends.channels))}
    if "identity" in manifest.ends.inputs:
        into["identity"] = np.repeat(np.array(manifest.face_vector, np.float32)[None], together, axis=0)
    if "morph" in manifest.ends.inputs:
        into["morph"] = np.zeros(1, np.float32)
    return into, {name: pictures(3 if name == "image" else 1) for name in manifest.ends.outputs}


def _planes(batch: Tensor, manifest: Manifest) -> Tensor:
    """Pictures as (N, C, S, S), whatever order the network has its axes in; the same memory."""
    return batch.transpose(0, 3, 1, 2) if KINDS[manifest.kind].last else batch


def _candidates(persona: Persona, provider: str, reasons: list[str]) -> Iterator[Provider]:
    """Providers to try, best first; the reason why one is passed over is added to `reasons`."""
    names = [row.name for row in PROVIDERS]
    if provider not in (AUTO, *names):
        raise PersonaError(
            f"provider {provider!r}",
            wanted=", ".join((AUTO, *names)),
            got="no such provider",
            next_step=f"use --provider {AUTO}",
        )
    for row in PROVIDERS:
        if provider == AUTO and row.systems and sys.platform not in row.systems:
            continue
        if provider not in (AUTO, row.name):
            continue
        missing = row.missing()
        if missing and provider == row.name:
            raise _unusable(persona, row, missing)
        if missing:
            reasons.append(f"{row.label}: {missing}")
        else:
            yield row


def _choose_precision(persona: Persona, row: Provider, precision: str) -> str:
    if precision == AUTO:
        fitting = [name for name in (*row.precisions, *persona.graphs) if name in persona.graphs]
        return fitting[0]
    if precision in persona.graphs:
        return precision
    raise PersonaError(
        f"persona {persona.name}",
        wanted=f"its network in {precision}",
        got="only " + ", ".join(persona.graphs),
        next_step=f"use --precision {AUTO}",
    )


def _open(persona: Persona, row: Provider, precision: str, threads: int) -> Any:
    # A provider whose libraries do not load is told through this logger only; we look and say it ourselves.
    onnxruntime.set_default_logger_severity(FATAL)
    try:
        options = session_options(persona.graphs[precision], threads)
        if not row.batches:
            options.add_free_dimension_override_by_name(BATCH, 1)
        providers = list(dict.fromkeys([row.ort_name, "CPUExecutionProvider"]))
        return open_session(persona.graphs[precision], options, providers)
    except NOT_READY as error:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a graph that {row.label} runs as swap.{precision}.onnx",
            got=_short(error),
            next_step="export or import it again, or try --provider cpu",
        ) from error


def _check_ends(persona: Persona, end: str, found: list[Any], wanted: dict[str, Tensor]) -> None:
    wants = {name: ("tensor(float)", [1, *array.shape[1:]]) for name, array in wanted.items()}
    finds = {node.name: (node.type, _filled(node.shape, wants.get(node.name, ("", []))[1])) for node in found}
    if wants != finds:
        raise PersonaError(
            f"persona {persona.name}: the graph's {end}s are not what persona.json says",
            wanted=_describe(wants),
            got=_describe(finds)[:200],
            next_step="export or import it again",
        )


def _filled(shape: list[Any], wanted: list[int]) -> list[Any]:
    """A shape, each axis that is left open as it is wanted: the first run, into buffers of that shape, is the proof."""
    if len(shape) != len(wanted):
        return shape
    return [have if isinstance(have, int) else want for have, want in zip(shape, wanted, strict=True)]


def _say(persona: Persona, row: Provider, chosen: str, asked: str, reasons: list[str]) -> str:
    best = row.precisions[0]
    if asked == AUTO and chosen != best:
        reasons = [*reasons, f"{best}: not in {persona.name}"]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{row.label}, {chosen}{why}"


def _describe(ends: dict[str, tuple[str, list[Any]]]) -> str:
    return ", ".join(f"{name} {kind} {shape}" for name, (kind, shape) in ends.items()) or "none"


def _half_of_the_cores() -> int:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(max(1, cores // 2), _MOST_THREADS)


def _unusable(persona: Persona, row: Provider, reason: str) -> PersonaError:
    return PersonaError(f"persona {persona.name}", wanted=row.label, got=reason, next_step="use --provider auto or cpu")


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
