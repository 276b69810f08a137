"""What the user ends says so: no error, no half of a film, and status 130 where nothing came of it."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.pipeline import REST_S
from realtime.timing import Timing
from thespis import demo, loop, measure
from thespis.measure import WARM_UP_S, ProcessUse, Watch

Thespis = Callable[..., int]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressed as soon as the loop plays."""
    pipeline = loop.Pipeline

    class Hurried(pipeline):  # type: ignore[misc, valid-type]
        def run(self) -> None:
            signal.raise_signal(signal.SIGINT)
            super().run()

    monkeypatch.setattr(loop, "Pipeline", Hurried)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("ctrl_c")
def test_a_demo_that_is_ended_leaves_no_film(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("demo", "--out", tmp_path / "out", "--persona", tiny_persona, "--size", "320x240") == 130
    assert told(capsys).endswith("stopped; nothing is left of the film")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.usefixtures("ctrl_c")
def test_a_bench_that_is_ended_before_there_are_figures_says_stopped(
    thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("bench", "--persona", tiny_persona, "--size", "320x240") == 130
    assert told(capsys).endswith("stopped: too early for figures")


def test_demo_replaces_what_it_made_in_its_own_folder_and_nothing_elsewhere(
    thespis: Thespis,
    tiny_persona: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "LIVE_S", 0.3)
    monkeypatch.setattr(measure, "WARM_UP_S", 0.2)
    words = ("demo", "--seconds", "1", "--persona", tiny_persona, "--size", "160x120")
    for folder in ("out", "mine"):
        Path(folder).mkdir()
        Path(folder, "demo.mp4").write_text("of last week")
    assert thespis(*words, "--out", "mine") == 1
    assert "got a file that is there; choose another name, or give --overwrite" in told(capsys)
    assert Path("mine", "demo.mp4").read_text() == "of last week"
    assert thespis(*words) == 0
    said = told(capsys)
    assert said.count("persona tiny: ") == said.count("network: ") == 1
    assert Path("out", "demo.mp4").stat().st_size > 1000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Arrived(Timing):
    """Says what a test says has arrived."""

    ends: tuple[float, float] = (math.nan, math.nan)

    def counted_s(self) -> tuple[float, float]:
        return self.ends


@pytest.mark.parametrize(
    ("ends", "over_s"),
    [
        ((math.nan, math.nan), WARM_UP_S + 5.0 + REST_S),  # gone before the warm-up was over
        ((2.0, 4.0), 7.0),  # gone in the middle
        ((2.0, 6.0), 6.0 + REST_S),  # gone shortly before the end
        ((2.0, 7.0), 7.0),  # there to the last
    ],
)
def test_a_source_that_is_gone_does_not_hold_a_measurement_up(ends: tuple[float, float], over_s: float) -> None:
    clock, timing, stopped = Clock(), Arrived(), threading.Event()
    timing.ends = ends
    watch = Watch(5.0, timing, ProcessUse(), clock)
    watch(stopped.set)
    if not math.isnan(ends[0]):
        stopped.clear()
    clock.now = over_s - 0.01
    if ends[1] < 7.0:
        watch(stopped.set)
        assert not stopped.is_set()
    clock.now = over_s + 0.01
    watch(stopped.set)
    assert stopped.is_set()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_while_the_program_loads_is_no_traceback() -> None:
    """Whoever presses it then is before the import of what takes longest: typer, here one that never ends."""
    words = (
        "import sys, types, importlib.abc\n"
        "class Slow(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer':\n"
        "            print('loading', flush=True); import time; time.sleep(60)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "from thespis.entry import main\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", words, "--help"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT  # 130 to a shell
    assert said == ""
