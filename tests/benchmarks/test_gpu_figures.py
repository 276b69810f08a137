"""The figures of a graphics card: how they are taken, and that none are made up where there is none."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import affinity, floor, gpu, live, material
from benchmarks.gpu import NOT_MEASURED, PacedSource, measure_gpu, measure_on
from benchmarks.material import ReadySource, ready_frames
from realtime.errors import NoProviderError, PersonaError
from realtime.frame import Frame
from realtime.persona.catalog import load_persona
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS
from realtime.timing import now_s


def unread() -> Persona:
    raise AssertionError("nothing is loaded where nothing is measured")


def without_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row if row.name == "cpu" else replace(row, missing=lambda: "no NVIDIA driver found") for row in PROVIDERS]
    monkeypatch.setattr(gpu, "PROVIDERS", tuple(rows))


@pytest.mark.parametrize("provider", ["auto", "cuda", "tensorrt", "cpu"])
def test_without_a_card_it_says_not_measured(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    without_cards(monkeypatch)
    told: list[str] = []
    assert measure_gpu(unread, provider, frames=1, faces=1, fps=30, tell=told.append) == NOT_MEASURED
    assert told == [] if provider == "cpu" else "no NVIDIA driver found" in told[0]


def test_the_command_says_so_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_cards(monkeypatch)
    file = tmp_path / "figures.json"
    assert live.main(["--gpu-only", "--provider", "cuda", "--json", str(file)]) == 0
    assert json.loads(file.read_text())["gpu"] == NOT_MEASURED
    assert NOT_MEASURED in capsys.readouterr().out


def test_a_driver_without_its_libraries_loses_no_other_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a card, but what a network needs of it does not load."""
    rows = tuple(replace(row, missing=lambda: "") for row in PROVIDERS)
    monkeypatch.setattr(gpu, "PROVIDERS", rows)

    def no_libraries(*_: object, **__: object) -> None:
        raise NoProviderError("persona hopper", wanted="CUDA", got="its libraries do not load")

    monkeypatch.setattr(gpu, "measure_on", no_libraries)
    told: list[str] = []
    hopper = load_persona("hopper")
    assert measure_gpu(lambda: hopper, "cuda", frames=1, faces=1, fps=30, tell=told.append) == NOT_MEASURED
    assert "its libraries do not load" in told[-1]


def test_a_precision_that_is_not_computed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = floor.SwapSession

    def some(persona: Persona, *, precision: str, **more: Any) -> Any:
        if precision == "int8":
            raise PersonaError("persona hopper", wanted="layers for int8")
        return real(persona, precision=precision, **more)

    monkeypatch.setattr(floor, "SwapSession", some)
    hopper = load_persona("hopper")
    assert set(floor.measure_networks(hopper, "cpu", 1)) == set(hopper.graphs) - {"int8"}
    monkeypatch.setattr(floor, "SwapSession", lambda *_, **__: some(hopper, precision="int8"))
    with pytest.raises(PersonaError, match="layers for int8"):
        floor.measure_networks(hopper, "cpu", 1)


def test_an_age_is_counted_from_when_a_frame_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = Frame(0, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8))
    source = PacedSource([frame] * 3, 3, 1000.0)
    with source:
        first = source.read()
        assert first is not None
        now = now_s() + 0.5  # asked for late, and copied slowly
        monkeypatch.setattr(gpu, "now_s", lambda: now)
        second = source.read()
    assert second is not None
    assert second.captured_s == pytest.approx(first.captured_s + 1e-3)


def test_a_ready_frames_copy_is_part_of_its_age(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(1.0)
    monkeypatch.setattr(material, "now_s", lambda: next(clock))
    copies = np.copyto

    def slow(*words: Any) -> None:
        next(clock)
        copies(*words)

    monkeypatch.setattr(material.np, "copyto", slow)
    frame = ReadySource([Frame(0, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8))] * 3, 3).read()
    assert frame is not None
    assert frame.captured_s == 1.0


def test_where_everything_was_dropped_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_WARM_UP", 1000)
    frames = ready_frames((320, 240), 4)
    with pytest.raises(PersonaError, match="at least two frames"):
        gpu._play(ReadySource(frames, 4), load_persona("hopper"), "cpu", 1, math.inf)


def test_a_cold_start_has_nothing_of_earlier_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: dict[str, str] = {}

    def run(words: list[str], *, env: dict[str, str], **_: object) -> None:
        given.update(env)
        (tmp_path / "bench.json").write_text("{}")

    monkeypatch.setattr(live.subprocess, "run", run)
    live.bench(1, tmp_path, cold=True)
    for name in ("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX", "XDG_CACHE_HOME"):
        assert given[name].startswith(str(tmp_path))


def test_a_share_of_time_bounds_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affinity, "usable_cores", lambda: 1)
    assert len(affinity.cores_here()) == 1


def test_what_is_measured_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the processor, small and short: every figure is there, and they agree with each other."""
    told = measure_on(load_persona("hopper"), "cpu", frames=12, faces=1, fps=20, detect_hz=math.inf, size_wh=(320, 240))
    assert (told["provider"], told["precision"] in told["network_ms"]) == ("cpu", True)
    assert told["floor_ms"]["network"] == told["network_ms"][told["precision"]]
    assert 0 < told["age_ms"]["p50"] <= told["age_ms"]["p95"]
    assert 0 < told["fps"] <= 1.5 * told["asked_fps"]
    assert told["fps_unpaced"] > 0
    assert told["size"] == [320, 240]
    assert set(told["stages_ms"]) >= {"detect", "swap", "composite"}
    json.dumps(told, allow_nan=False)
