from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_personas import PORTRAIT, make_graph, make_manifest

from realtime.persona import session
from realtime.persona.package import write_persona


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
