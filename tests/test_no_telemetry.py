"""ONNX Runtime tells its makers nothing: what it keeps for that is not made, whichever part is loaded first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = """
import {module}
import onnxruntime
onnxruntime.InferenceSession(open({graph!r}, "rb").read(), providers=["CPUExecutionProvider"])
"""


def kept_by(module: str, folder: Path) -> list[str]:
    """What is left under a home of its own by a program that loads a module and then opens a network."""
    from realtime.persona.catalog import load_persona

    graph, home = folder / "graph.onnx", folder / "home"
    graph.write_bytes(load_persona("hopper").graphs["int8"])
    home.mkdir()
    places = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(home))
    without = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    program = RUN.format(module=module, graph=str(graph))
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=ROOT,
        env=without | places | {"PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    return sorted(str(path.relative_to(home)) for path in home.rglob("*onnxruntime*"))


@pytest.fixture(scope="module")
def begins_by_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where this build of ONNX Runtime keeps nothing, even if we leave it alone."""
    if not kept_by("json", tmp_path_factory.mktemp("alone")):
        pytest.skip("this build of ONNX Runtime has no telemetry")


@pytest.mark.usefixtures("begins_by_itself")
@pytest.mark.parametrize("module", ["realtime.persona.session", "export.parity", "thespis.main", "benchmarks.faults"])
def test_nothing_is_kept_to_be_told(tmp_path: Path, module: str) -> None:
    assert kept_by(module, tmp_path) == []
