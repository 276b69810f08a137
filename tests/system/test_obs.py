"""OBS Studio itself plays what we send, and what goes out of it wears the persona."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.obs_studio import PROGRAMS, free_port, missing_programs
from benchmarks.viewers import ObsViewer
from realtime.sink.catalog import open_sink
from realtime.timing import now_s
from tests.system.sender import SIZE_WH, Sender, Watched, without_outside

pytestmark = pytest.mark.skipif(bool(missing_programs(PROGRAMS)), reason="there is no OBS Studio here")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("output", ["udp, OBS Studio", "srt, OBS Studio"])
def test_obs_shows_the_loops_frames_in_order_with_the_persona_on(output: str, tmp_path: Path) -> None:
    if output.startswith("srt") and shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    figures = tmp_path / "figures.json"
    words = [sys.executable, "-m", "benchmarks.outputs", "--only", output, "--seconds", "8", "--json", str(figures)]
    subprocess.run([*without_outside(), *words], check=True, cwd=ROOT, timeout=240)
    (seen,) = json.loads(figures.read_text())["outputs"]
    assert seen["frames"] >= 5, seen
    assert seen["out_of_order"] == 0
    assert seen["age_ms"]["p50"] > 0
    assert seen["judged"] >= 1
    assert seen["leaks"] == 0
    assert seen["nearer_fraction"] == 1.0


def test_obs_goes_on_when_a_sender_that_ended_is_there_again() -> None:
    url, watched = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", Watched()
    with ObsViewer(f"{url}?reuse=1", SIZE_WH, watched.look):
        with Sender(open_sink(url)):
            watched.wait_for(10)
        watched.wait_for_slate()  # and not the last face
        again_s = now_s()
        with Sender(open_sink(url)):
            watched.wait_for_newer_than(again_s)
