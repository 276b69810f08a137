"""One network in ONNX Runtime: provider and precision chosen once, buffers made once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoModel,
    NoSuchFile,
    NotImplemented,
    RuntimeException,
)

from realtime.errors import PersonaError
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS, Provider

AUTO = "auto"

# ONNX Runtime's exceptions have no common parent of their own.
_FAULTS = (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoModel,
    NoSuchFile,
    NotImplemented,
    RuntimeException,
    RuntimeError,
    ValueError,
)
_FATAL = 4
_MOST_THREADS = 4

Tensor = npt.NDArray[np.float32]


class SwapSession:
    """Runs a persona's network on buffers of its own.

    Fill `input`, call `run`, read `image` and `mask`; the next run overwrites them. One thread at a time.

    Args:
        persona: The file's content; the session keeps none of its bytes.
        provider: `auto`, or a name out of `PROVIDERS`.
        precision: `auto`, or one that the file holds.
        threads: Threads for one run on a CPU; by default half of the cores, since detection runs beside it.

    Attributes:
        provider: The provider in use.
        precision: The precision in use.
        said: One line for the user: both, and why not the better one.
        input: (C, S, S) float32 0..1, to be filled.
        image: (3, S, S) float32 RGB 0..1.
        mask: (S, S) float32 0..1.

    Raises:
        PersonaError: The provider or precision asked for is not to be had, or the graph is broken or is not
            what `persona.json` says.
    """

    def __init__(
        self, persona: Persona, *, provider: str = AUTO, precision: str = AUTO, threads: int | None = None
    ) -> None:
        manifest = persona.manifest
        size, channels = manifest.crop_size, len(manifest.channels)
        self._name = persona.name
        self._input: Tensor = np.zeros((1, channels, size, size), np.float32)
        self._image: Tensor = np.zeros((1, 3, size, size), np.float32)
        self._mask: Tensor = np.zeros((1, 1, size, size), np.float32)
        self.input, self.image, self.mask = self._input[0], self._image[0], self._mask[0, 0]
        wanted_in = {manifest.input: self._input}
        wanted_out = {manifest.outputs["image"]: self._image, manifest.outputs["mask"]: self._mask}
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
        _check_ends(persona, "input", session.get_inputs(), wanted_in)
        _check_ends(persona, "output", session.get_outputs(), wanted_out)
        self.provider, self.precision = row.name, chosen
        self.said = _say(persona, row, chosen, precision, reasons)
        self._others = [f"try --precision {name}" for name in persona.graphs if name != chosen]
        self._bound = _bind(session, wanted_in, wanted_out)
        self._session = session
        self._warm_up()

    def run(self) -> None:
        """Run the network once, from `input` to `image` and `mask`. The GIL is released meanwhile.

        Raises:
            PersonaError: The provider failed (out of memory, device lost).
        """
        try:
            self._session.run_with_iobinding(self._bound)
        except _FAULTS as error:
            raise PersonaError(
                f"persona {self._name} on {self.provider}",
                wanted="a run of its network",
                got=_short(error),
                next_step="try --provider cpu",
            ) from error

    def _warm_up(self) -> None:
        for _ in range(2):  # the first run allocates, the second is like all others
            self.run()
        if not (np.isfinite(self._image).all() and np.isfinite(self._mask).all()):
            raise PersonaError(
                f"persona {self._name}, {self.precision}",
                wanted="finite numbers out of its network",
                got="infinite ones or none",
                next_step=" or ".join([*self._others, "export it again"]),
            )


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
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from detection, which runs at the same time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # A provider whose libraries do not load is told through this logger only; we look and say it ourselves.
    onnxruntime.set_default_logger_severity(_FATAL)
    try:
        return onnxruntime.InferenceSession(
            persona.graphs[precision],
            options,
            providers=list(dict.fromkeys([row.ort_name, "CPUExecutionProvider"])),
            enable_fallback=0,
        )
    except _FAULTS as error:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a graph that {row.label} runs as swap.{precision}.onnx",
            got=_short(error),
            next_step="export it again, or try --provider cpu",
        ) from error


def _check_ends(persona: Persona, end: str, found: list[Any], wanted: dict[str, Tensor]) -> None:
    wants = {name: ("tensor(float)", list(array.shape)) for name, array in wanted.items()}
    finds = {node.name: (node.type, list(node.shape)) for node in found}
    if wants != finds:
        raise PersonaError(
            f"persona {persona.name}: the graph's {end}s are not what persona.json says",
            wanted=_describe(wants),
            got=_describe(finds)[:200],
            next_step="export it again",
        )


def _bind(session: Any, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> Any:
    bound = session.io_binding()
    bind: Callable[..., None]
    for arrays, bind in ((inputs, bound.bind_input), (outputs, bound.bind_output)):
        for name, array in arrays.items():
            bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
    return bound


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
