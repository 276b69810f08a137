"""What a benchmark says of the frames that arrived, and the page it becomes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from realtime.errors import ThespisError
from realtime.frame import Frame, Span
from thespis import trace as trace_module
from thespis.figures import STAGES, table_of
from thespis.page import page_of, read_run
from thespis.trace import Trace

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Arriving:
    """A trace whose clock says what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trace, self.now = Trace(), 0.0
        monkeypatch.setattr(trace_module, "now_s", lambda: self.now)

    def arrive(self, index: int, captured_s: float, at_s: float, **stages: tuple[float, float]) -> None:
        self.now = at_s
        spans = tuple(Span(name, captured_s + start, captured_s + end) for name, (start, end) in stages.items())
        self.trace.note(Frame(index, captured_s, captured_s, PICTURE, spans=spans))


@pytest.fixture
def arriving(monkeypatch: pytest.MonkeyPatch) -> Arriving:
    return Arriving(monkeypatch)


def steady(arriving: Arriving, frames: int = 60, age_s: float = 0.025, first: int = 0) -> None:
    for index in range(first, first + frames):
        captured_s = index / 30
        arriving.arrive(index, captured_s, captured_s + age_s, detect=(0.002, 0.010), swap=(0.011, 0.020))


def test_the_waterfall_has_every_stage_and_the_sink_after_them(arriving: Arriving) -> None:
    steady(arriving)
    facts = arriving.trace.facts(0.0, 10.0)
    assert facts["waterfall_ms"] == {"detect": [2.0, 10.0], "swap": [11.0, 20.0], "sink": [20.0, 25.0]}


def test_the_histogram_holds_every_frame_whatever_its_age(arriving: Arriving) -> None:
    steady(arriving)
    arriving.arrive(60, 2.0, 5.0)
    ages = arriving.trace.facts(0.0, 10.0)["ages_ms"]
    assert sum(ages["counts"]) == 61
    assert len(ages["counts"]) < 70
    assert ages["counts"][int(25 / ages["step"])] == 60


def test_what_arrived_before_or_after_does_not_count(arriving: Arriving) -> None:
    steady(arriving, 120)
    facts = arriving.trace.facts(1.0, 2.0)
    assert sum(facts["ages_ms"]["counts"]) == 60
    assert facts["course"]["fps"] == [30.0, 30.0]
    assert facts["course"]["p50"] == [25.0, 25.0]


def test_a_second_without_a_frame_is_a_gap(arriving: Arriving) -> None:
    steady(arriving, 30)
    steady(arriving, 30, first=60)
    facts = arriving.trace.facts(0.0, 3.0)
    assert facts["course"]["p95"][1] is None
    assert facts["freezes"][0]["pause_ms"] > 1000


@pytest.mark.parametrize(
    ("index", "captured_s", "at_s", "stages", "cause"),
    [
        (60, 2.0, 2.4, {"detect": (0.0, 0.3), "swap": (0.31, 0.33)}, "detect"),
        (61, 2.3, 2.33, {"detect": (0.0, 0.008)}, "waiting for a core or a sink"),
        (60, 2.3, 2.33, {"detect": (0.0, 0.008)}, "no picture from the source"),
        (60, 2.0, 2.4, {"detect": (0.0, 0.008)}, "waiting for a core or a sink"),
    ],
)
def test_a_freeze_has_a_cause(
    arriving: Arriving, index: int, captured_s: float, at_s: float, stages: dict[str, Any], cause: str
) -> None:
    steady(arriving)
    arriving.arrive(index, captured_s, at_s, **stages)
    (freeze,) = arriving.trace.facts(0.0, 10.0)["freezes"]
    assert freeze["cause"] == cause


def test_of_a_single_frame_nothing_is_said(arriving: Arriving) -> None:
    steady(arriving, 1)
    assert arriving.trace.facts(0.0, 10.0) == {}


def report(facts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    spread = {"p50": 25.0, "p95": 31.0, "p99": 40.0, "max": 55.0}
    return {
        "source": "<demo>",
        "persona": "hopper",
        "size": [1280, 720],
        "source_fps": 30.0,
        "provider": "cpu",
        "precision": "int8",
        "duration_s": 20.0,
        "warm_up_s": 2.0,
        "age_ms": spread,
        "stages_ms": {"detect": {**spread, "p99": None}},
        "fps": 29.9,
        "frames": 598,
        "dropped": {"before swap": 2},
        "freezes_over_150ms": 0,
        "leaks": 0,
        "cpu_percent": None,
        "rss_mb": 499.0,
        "startup_s": 4.0,
        "trace": facts,
        "machine": {"cores": "2"},
        **changes,
    }


def test_two_runs_of_other_steps_and_lengths_stand_beside_each_other(arriving: Arriving, tmp_path: Path) -> None:
    steady(arriving, 120)
    run = report(arriving.trace.facts(0.0, 4.0))
    arriving.trace = Trace()
    steady(arriving, 60, age_s=0.4)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(report(arriving.trace.facts(0.0, 2.0), source="film", dropped={"before detect": 7})))
    page = page_of(run, read_run(other))
    assert page.count("<svg") == 4
    assert "&lt;demo&gt;" in page
    assert "<demo>" not in page
    assert "before detect" in page
    assert "before swap" in page


def test_a_run_from_before_the_course_was_kept_still_makes_a_page() -> None:
    old = report({})
    del old["trace"], old["machine"]
    assert page_of(report({}), old).count("<svg") == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"age_ms": 3}', "[" * 100_000, "\udc80"])
def test_what_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ThespisError, match="wanted what `thespis bench --json` wrote"):
        read_run(path)


def test_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThespisError, match="No such file"):
        read_run(tmp_path / "none.json")


def test_a_bar_is_as_long_as_the_stage_takes_where_waiting_varies(arriving: Arriving) -> None:
    """Three frames that took 10, 20 and 30 ms: begun late where they took little, so that all ended early or late."""
    for index, (begin_s, took_s) in enumerate([(0.030, 0.010), (0.005, 0.020), (0.010, 0.030)]):
        arriving.arrive(index, index / 30, index / 30 + 0.06, detect=(begin_s, begin_s + took_s))
    begin_ms, end_ms = arriving.trace.facts(0.0, 10.0)["waterfall_ms"]["detect"]
    assert end_ms - begin_ms == pytest.approx(20.0)


def test_the_page_says_what_its_bars_and_figures_are(arriving: Arriving) -> None:
    steady(arriving, 60)
    page = page_of(report(arriving.trace.facts(0.0, 2.0)))
    assert "wait and sink" in page
    assert "p50 is the median" in page


def test_the_table_says_what_it_was_before() -> None:
    before = report({}, fps=20.0, dropped={"before swap": 4}, age_ms={"p50": 50.0, "p95": 1.0, "p99": 1.0, "max": 1.0})
    console = Console(width=120, record=True, file=io.StringIO())
    full = {**report({}), "stages_ms": {stage: {"p50": 8.0, "p95": 9.0, "p99": None} for stage in STAGES}}
    console.print(table_of(full, before))
    rows = {line.split("│")[1].strip(): line.split("│") for line in console.export_text().splitlines() if "│" in line}
    assert [cell.strip() for cell in rows["age, ms"][-3:-1]] == ["50.0", "0.50"]
    assert [cell.strip() for cell in rows["dropped"][-3:-1]] == ["4", "0.50"]
    assert [cell.strip() for cell in rows["detect, ms"][-3:-1]] == ["25.0", "0.32"]
