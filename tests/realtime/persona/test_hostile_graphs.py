"""Graphs that reach beyond their own bytes are refused unread; those that ask for too much fail in bounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hostile_graphs import (
    endless_at_run,
    folded_at_load,
    grown_at_run,
    hostile,
    node,
    with_branch,
    with_domain,
    with_functions,
    with_loop,
    with_operator,
    with_sparse_tensor,
    with_texts,
)
from tiny_personas import TODAY

from realtime.errors import PersonaError
from realtime.persona import candidates, graph_rules, onnx_wire, runtime
from realtime.persona.graph_rules import check_graph
from realtime.persona.package import read_persona
from realtime.persona.provider import PROVIDERS
from realtime.persona.session import SwapSession

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (with_branch(), "branches or loops, If"),
        (with_loop(), "branches or loops, Loop"),
        (with_functions(), "functions of its own"),
        (with_sparse_tensor(), "sparse tensors"),
        (with_texts(), "texts"),
        (with_domain("com.microsoft"), r"com\.microsoft\.FusedConv"),
        (with_domain("com.example"), r"com\.example\.FusedConv"),
        (with_operator("RandomNormalLike"), "RandomNormalLike"),
        (with_operator("ImageDecoder"), "ImageDecoder"),
        (with_operator("SequenceConstruct"), "SequenceConstruct"),
        (with_operator("Relu\x1b[2J"), "got Relu.\\[2J"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_more_than_compute_is_refused_where_it_is_read(persona_file: Write, graph: bytes, said: str) -> None:
    with pytest.raises(PersonaError, match=f"operators of ONNX itself that only compute in .*{said}") as refused:
        read_persona(persona_file({"fp32": graph}), today=TODAY)
    assert str(refused.value).isprintable()


def test_more_operators_than_any_network_has() -> None:
    many = [node("Neg", ["one" if n == 0 else f"n{n - 1}"], [f"n{n}"]) for n in range(graph_rules.MAX_NODES)]
    with pytest.raises(PersonaError, match="at most 20000 operators"):
        check_graph(hostile(many, f"n{graph_rules.MAX_NODES - 1}"))


def test_weights_written_number_by_number_are_not_walked_to_their_end() -> None:
    """A tensor (field 5 of the graph, 7 of the model) of floats that are not packed."""
    floats = b"\x25\0\0\0\0" * (onnx_wire.MAX_FIELDS + 1)
    for field in (5, 7):
        length, coded = len(floats), b""
        while length > 127:
            coded, length = coded + bytes([length & 127 | 128]), length >> 7
        floats = bytes([field << 3 | 2]) + coded + bytes([length]) + floats
    with pytest.raises(PersonaError, match="more than 1000000 fields"):
        check_graph(floats)


def swap_session(path: Path) -> SwapSession:
    return SwapSession(read_persona(path, today=TODAY), provider="cpu", precision="fp32", threads=1)


def test_a_graph_that_grows_beyond_memory_is_a_clean_error(persona_file: Write) -> None:
    """Twice the machine's memory is asked for, and refused before any of it is touched."""
    gib = 2 * psutil.virtual_memory().total // 2**30
    before = psutil.Process().memory_info().rss
    with pytest.raises(PersonaError, match="wanted a run of its network, got"):
        swap_session(persona_file({"fp32": grown_at_run(gib)}))
    assert psutil.Process().memory_info().rss - before < 2**30


def test_constants_are_not_blown_up_at_load() -> None:
    """Twelve times half a gibibyte out of 18 KB: without a bound, all of it is made before the session is there."""
    graph = folded_at_load(12)
    check_graph(graph)
    before = psutil.Process().memory_info().rss
    runtime.open_session(graph, runtime.session_options(graph, 1), ["CPUExecutionProvider"])
    assert psutil.Process().memory_info().rss - before < 2**30


def test_a_network_that_does_not_get_ready_is_told(persona_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = tuple(replace(row, ready_s=0.05) for row in PROVIDERS if row.name == "cpu")
    monkeypatch.setattr(candidates, "PROVIDERS", hasty)
    with pytest.raises(PersonaError, match="fast enough to be worn, got not ready after"):
        swap_session(persona_file({"fp32": endless_at_run(100)}))


def test_work_that_ends_in_time_gives_its_result_or_its_error() -> None:
    assert runtime.within(60, lambda _: 7) == 7
    with pytest.raises(ZeroDivisionError):
        runtime.within(60, lambda _: 1 // 0)


def test_work_that_does_not_is_told_to_stop() -> None:
    seen = []

    def work(options: object) -> None:
        until = time.monotonic() + 60
        while not options.terminate and time.monotonic() < until:  # type: ignore[attr-defined]
            time.sleep(0.001)
        seen.append(options.terminate)  # type: ignore[attr-defined]

    with pytest.raises(TimeoutError, match="not ready after"):
        runtime.within(0.01, work)
    until = time.monotonic() + 60
    while not seen and time.monotonic() < until:
        time.sleep(0.001)
    assert seen == [True]
