from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from timed_candidates import Clock
from tiny_personas import PORTRAIT, TODAY, make_graph, make_manifest

from realtime.persona import candidates, choosing, session
from realtime.persona.opening import Wanted
from realtime.persona.package import read_persona, write_persona
from realtime.persona.provider import Provider


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test measures says nothing about the computer: the user's cache is left alone."""
    monkeypatch.setattr(session, "default_cache", lambda: tmp_path / "cache")


@pytest.fixture
def persona_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a persona file: graphs by precision (default: fp32 identity), changes to the manifest."""

    def write(graphs: dict[str, bytes] | None = None, *, name: str = "tiny", **changes: Any) -> Path:
        manifest = make_manifest(**changes)
        path = tmp_path / f"{name}.persona"
        default = {"fp32": make_graph(manifest.crop_size, len(manifest.ends.channels))}
        write_persona(path, manifest, default if graphs is None else graphs, PORTRAIT)
        return path

    return write


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(choosing, "open_candidate", clock.open)
    monkeypatch.setattr(choosing, "time_ms", clock.time_ms)
    monkeypatch.setattr(choosing, "time", clock)
    return clock


@pytest.fixture
def wanted(persona_file: Callable[..., Path], tmp_path: Path) -> Wanted:
    graphs = {name: make_graph(batch="faces") for name in ("fp32", "fp16", "int8")}
    return Wanted(read_persona(persona_file(graphs), today=TODAY), 1, 2, tmp_path / "cache")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*rows: Provider) -> None:
        for module in (candidates, choosing):
            monkeypatch.setattr(module, "PROVIDERS", rows)

    return use
