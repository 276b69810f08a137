from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from realtime.persona.package import write_persona
from realtime.region.alignment import BOX

sys.path.append(str(Path(__file__).parents[1] / "persona"))


@pytest.fixture
def thing_persona(tmp_path: Path) -> Callable[..., Path]:
    """Writes a persona for red things, whose network paints them white."""
    from tiny_personas import PORTRAIT, make_graph, make_manifest

    def write(**changes: object) -> Path:
        facts = {
            "template": BOX.template,
            "coverage": BOX.coverage,
            "channels": ("r", "g", "b"),
            "region": "colour:red",
        }
        manifest = make_manifest(**{**facts, **changes})
        graph = make_graph(channels=len(manifest.ends.channels), weights=np.zeros((4, len(manifest.ends.channels))))
        white = graph.replace(np.array([0, 0, 0, 1], np.float32).tobytes(), np.ones(4, np.float32).tobytes())
        write_persona(tmp_path / "thing.persona", manifest, {"fp32": white}, PORTRAIT)
        return tmp_path / "thing.persona"

    return write
