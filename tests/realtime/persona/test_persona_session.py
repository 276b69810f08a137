"""The network's session: what is refused, what is said, what is computed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_personas import SIZE, TODAY, make_graph

from realtime.errors import PersonaError
from realtime.persona import candidates, choosing, opening
from realtime.persona.manifest import CHANNELS
from realtime.persona.package import Persona, read_persona
from realtime.persona.provider import PROVIDERS, Provider, Way
from realtime.persona.session import MOST_TOGETHER, SwapSession

Write = Callable[..., Path]


CUDA, CPU = (next(row for row in PROVIDERS if row.name == name) for name in ("cuda", "cpu"))
CERTAIN_CPU = replace(CPU, doubtful=lambda: False)
"""With int8 instructions, whatever this processor has."""


def load(path: Path) -> Persona:
    return read_persona(path, today=TODAY)


def only(monkeypatch: pytest.MonkeyPatch, *rows: Provider) -> None:
    for module in (candidates, choosing):
        monkeypatch.setattr(module, "PROVIDERS", rows)


def here(row: Provider) -> Provider:
    """A row without its hardware, run on the processor."""
    return replace(
        row, ort_name="CPUExecutionProvider", systems=(), missing=lambda: "", ways=(Way(),), doubtful=lambda: False
    )


def test_graph_of_another_size(persona_file: Write) -> None:
    persona = load(persona_file({"fp32": make_graph(32)}))
    with pytest.raises(
        PersonaError, match=rf"input.*wanted input tensor\(float\) \[1, {len(CHANNELS)}, 64, 64\], got .*32"
    ):
        SwapSession(persona, provider="cpu")


def test_graph_of_other_channels(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match=r"inputs are not what persona\.json says"):
        SwapSession(load(persona_file({"fp32": make_graph(channels=3)})), provider="cpu")


def test_graph_with_other_names(persona_file: Write) -> None:
    persona = load(persona_file(outputs={"image": "colour", "mask": "mask"}))
    with pytest.raises(PersonaError, match=r"outputs are not what persona\.json says: wanted colour"):
        SwapSession(persona, provider="cpu")


def test_graph_that_is_empty(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="wanted a graph that CPU runs"):
        SwapSession(load(persona_file({"fp32": b""})), provider="cpu")


def test_graph_that_is_put_together_wrongly(persona_file: Write) -> None:
    graph = make_graph().replace(b"Conv", b"Gemm")
    with pytest.raises(PersonaError, match="wanted a graph that CPU runs"):
        SwapSession(load(persona_file({"fp32": graph})), provider="cpu")


def test_graph_that_computes_no_numbers(persona_file: Write) -> None:
    graph = make_graph(weights=np.full((4, len(CHANNELS)), np.nan))
    with pytest.raises(PersonaError, match="wanted finite numbers"):
        SwapSession(load(persona_file({"fp32": graph})), provider="cpu")


def test_another_precision_is_offered_where_one_gives_no_numbers(
    persona_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, CERTAIN_CPU)
    broken = make_graph(weights=np.full((4, len(CHANNELS)), np.nan))
    persona = load(persona_file({"fp16": make_graph(), "int8": broken}))
    with pytest.raises(PersonaError, match="; try --precision fp16, or export or import it again"):
        SwapSession(persona, provider="cpu")


@pytest.mark.parametrize(
    ("provider", "held", "wanted"),
    [
        ("cuda", ("fp32", "fp16", "int8"), "fp16"),
        ("cuda", ("fp32", "int8"), "fp32"),
        ("cpu", ("fp32", "fp16", "int8"), "int8"),
        ("cpu", ("fp32", "fp16"), "fp32"),
        ("cpu", ("fp16",), "fp16"),
    ],
)
def test_auto_takes_what_runs_best_of_what_is_there(
    persona_file: Write, monkeypatch: pytest.MonkeyPatch, provider: str, held: tuple[str, ...], wanted: str
) -> None:
    """A row without its hardware: the choice alone is looked at, on the processor."""
    row = next(row for row in PROVIDERS if row.name == provider)
    only(monkeypatch, here(row))
    session = SwapSession(load(persona_file(dict.fromkeys(held, make_graph()))))
    assert session.precision == wanted
    reason = f"; {row.precisions[0]}: not in tiny" if wanted != row.precisions[0] else ""
    assert session.said == f"{row.label}, {wanted}{reason and f' ({reason[2:]})'}"


def test_unknown_provider(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="wanted auto, tensorrt, cuda, directml, openvino, coreml, cpu"):
        SwapSession(load(persona_file()), provider="abacus")


def test_precision_that_is_not_there(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="wanted its network in int8, got only fp32; use --precision auto"):
        SwapSession(load(persona_file()), provider="cpu", precision="int8")


def test_provider_that_is_missing_is_refused_by_name(persona_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, replace(CUDA, missing=lambda: "no NVIDIA driver found"), CPU)
    with pytest.raises(PersonaError, match="wanted CUDA, got no NVIDIA driver found; use --provider auto or cpu"):
        SwapSession(load(persona_file()), provider="cuda")


def test_auto_says_why_not_the_better_one(persona_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, replace(CUDA, systems=(sys.platform,), missing=lambda: "no NVIDIA driver found"), CERTAIN_CPU)
    session = SwapSession(load(persona_file({"fp32": make_graph(), "int8": make_graph()})))
    assert session.said == "CPU, int8 (CUDA: no NVIDIA driver found)"
    assert (session.provider, session.precision) == ("cpu", "int8")


def test_libraries_that_do_not_load(
    persona_file: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A provider that is not in this build stands for one whose libraries do not load: it is left out."""
    absent = replace(here(CUDA), ort_name="NoSuchExecutionProvider")
    only(monkeypatch, absent, CERTAIN_CPU)
    monkeypatch.setattr(opening, "_providers", lambda wanted, candidate: ["CPUExecutionProvider"])
    session = SwapSession(load(persona_file()))
    assert session.said == "CPU, fp32 (CUDA: its libraries do not load, pip install '.[cuda]'; int8: not in tiny)"
    with pytest.raises(PersonaError, match="libraries do not load"):
        SwapSession(load(persona_file()), provider="cuda")
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed(persona_file: Write, capfd: pytest.CaptureFixture[str]) -> None:
    SwapSession(load(persona_file()))
    assert capfd.readouterr() == ("", "")


def test_precision_asked_for_is_taken(persona_file: Write) -> None:
    persona = load(persona_file({"fp32": make_graph(), "int8": make_graph()}))
    assert SwapSession(persona, provider="cpu", precision="fp32").said == "CPU, fp32"


def test_runs_on_its_own_buffers(persona_file: Write) -> None:
    session = SwapSession(load(persona_file()), provider="cpu")
    image, mask = session.image, session.masks["mask"]
    rng = np.random.default_rng(0)
    for _ in range(2):
        session.input[:] = rng.random((1, len(CHANNELS), SIZE, SIZE), np.float32)
        session.run()
        np.testing.assert_allclose(image, session.input[:, :3], atol=1e-6)
        assert (mask == 1).all()
    assert session.image is image


def test_no_more_crops_at_once_than_there_may_be_faces(persona_file: Write) -> None:
    persona = load(persona_file({"fp32": make_graph(batch="faces")}))
    assert SwapSession(persona, provider="cpu", most=2).together == 2


def test_a_provider_that_takes_no_batches_gets_none(persona_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, replace(CPU, batches=False))
    session = SwapSession(load(persona_file({"fp32": make_graph(batch="faces")})))
    assert session.together == 1
    session.input[:] = 0.5
    session.run()
    assert np.allclose(session.image, 0.5)


@pytest.mark.parametrize(("batch", "together"), [(1, 1), ("faces", MOST_TOGETHER)])
def test_several_crops_go_through_as_one_batch_where_the_graph_takes_batches(
    persona_file: Write, batch: object, together: int
) -> None:
    session = SwapSession(load(persona_file({"fp32": make_graph(batch=batch)})), provider="cpu")
    assert session.together == len(session.input) == together
    session.input[:] = np.random.default_rng(0).random(session.input.shape, np.float32)
    for count in range(1, together + 1):
        session.image.fill(-1)
        session.run(count)
        np.testing.assert_allclose(session.image[:count], session.input[:count, :3], atol=1e-6)
        assert (session.image[count:] == -1).all()
