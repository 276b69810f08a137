"""The figures of a graphics card: how they are taken, and that none are made up where there is none."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import gpu, live
from benchmarks.gpu import NOT_MEASURED, measure_gpu, measure_on
from realtime.persona.catalog import load_persona
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS


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
