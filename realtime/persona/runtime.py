"""ONNX Runtime, opened so that no graph takes the whole machine: its memory and its time to get ready are bounded.

A graph of a few hundred bytes may ask for any size of tensor, and for any amount of arithmetic. What it computes from
constants alone is computed at load, all else in its first runs.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import onnxruntime
import psutil
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

from realtime.persona.onnx_wire import look_into

# ONNX Runtime's exceptions have no common parent of their own.
FAULTS: tuple[type[Exception], ...] = (
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
    MemoryError,
)
NOT_READY: tuple[type[Exception], ...] = (*FAULTS, TimeoutError)
READY_S = 120.0
"""A graph may take so long to load, and so long for its first runs. The largest that we know takes ten seconds."""
FATAL = 4
_SHARE_OF_MEMORY = 0.5
_MOST_FOLDED = 2 * 1024**3
"""Bytes of all tensors together that are computed at load, shared out equally among all operators.

Weights of 16 bits are widened at load whatever their share is (seen with ONNX Runtime 1.31, and tried by a test): they
come out no larger than twice what lies in the file."""

Done = TypeVar("Done")


def session_options(graph: bytes, threads: int, *, steady: bool = False) -> onnxruntime.SessionOptions:
    """How a graph is opened, whoever made it.

    Every processor tensor of every session comes out of one arena of at most half of the machine's memory (an
    allocation beyond it is one of `FAULTS`); the shipped network is as fast with it and, over persona changes, a
    fifth smaller. What is computed at load lies outside that arena, so that has a bound of its own.

    Args:
        graph: The model, which `check_graph` let through.
        threads: For one run on a processor.
        steady: Whether to leave out kernels that sum in another order each time (CUDA has some).
    """
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = steady
    for key, value in {
        # Spinning threads would take the cores from detection, which runs at the same time.
        "session.intra_op.allow_spinning": "0",
        "session.load_model_format": "ONNX",
        "session.use_env_allocators": "1",
        "session.record_ep_graph_assignment_info": "1",  # see `part_taken`
        "optimization.constant_folding_max_output_size_in_bytes": str(_MOST_FOLDED // max(1, look_into(graph).nodes)),
    }.items():
        options.add_session_config_entry(key, value)
    return options


def within(seconds: float, work: Callable[[onnxruntime.RunOptions], Done]) -> Done:
    """Do some work, but wait for it no longer than so long.

    ONNX Runtime cannot be broken off while it loads, or within one operator: such work is left behind in a thread that
    ends with it, or with the program.

    Args:
        seconds: How long.
        work: Given options to run with, through which it is told to stop.

    Raises:
        TimeoutError: It took longer.
    """
    options, done, failed = onnxruntime.RunOptions(), list[Done](), list[BaseException]()

    def run() -> None:
        try:
            done.append(work(options))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failed.append(error)

    worker = threading.Thread(target=run, name="onnx-ready", daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        options.terminate = True
        raise TimeoutError(f"not ready after {seconds:g} seconds")
    if failed:
        raise failed[0]
    return done[0]


def open_session(
    graph: bytes, options: Any, providers: Sequence[str | tuple[str, Mapping[str, str]]], ready_s: float = READY_S
) -> Any:
    """An `InferenceSession`, if it opens in time.

    Args:
        graph: The model.
        options: As of `session_options`.
        providers: Those to run it on, the first where it can, each with what it is told or without.
        ready_s: How long that may take.

    Raises:
        FAULTS: It does not open.
        TimeoutError: It takes too long.
    """
    return within(
        ready_s, lambda _: onnxruntime.InferenceSession(graph, options, providers=list(providers), enable_fallback=0)
    )


def part_taken(session: Any, ort_name: str) -> float | None:
    """What part of a graph's nodes is not left to the processor, 0 to 1; None where this ONNX Runtime does not say.

    A provider is listed in a session though it took nothing.

    Args:
        session: Opened with `session_options`.
        ort_name: Who has to have at least one of them, else it is 0.
    """
    try:
        parts = session.get_provider_graph_assignment_info()
    except (AttributeError, RuntimeException, Fail):  # an older one, or a provider that does not tell
        return None
    counts = Counter[str]()
    for part in parts:
        counts[part.ep_name] += len(part.get_nodes())
    if not counts.total():
        return None
    return 1 - counts["CPUExecutionProvider"] / counts.total() if counts[ort_name] else 0.0


def short(error: Exception) -> str:
    """The first line of a library's message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


@cache  # there is one for a process; a second is refused
def _share_memory() -> None:
    most = int(psutil.virtual_memory().total * _SHARE_OF_MEMORY)
    of_processor = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    # Of the rest, -1 is ONNX Runtime's own choice.
    onnxruntime.create_and_register_allocator(of_processor, onnxruntime.OrtArenaCfg(most, -1, -1, -1))
