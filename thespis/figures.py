"""Measured figures as JSON and as a table: the same keys in `run`, `bench` and `demo`."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from rich.table import Table

from realtime.errors import SinkError
from realtime.timing import Arrivals, Figures, Spread

STAGES = ("capture", "detect", "swap", "colour", "composite", "disclose", "sink")

Report: TypeAlias = dict[str, Any]
"""One JSON object; its keys are those of `bench --json`."""


def number(value: float, digits: int = 2) -> float | None:
    """A rounded number; None where nothing was measured, since JSON knows no NaN."""
    return None if math.isnan(value) else round(value, digits)


def spread(value: Spread, *, with_max: bool) -> dict[str, float | None]:
    """Percentiles in milliseconds."""
    names = ("p50", "p95", "p99", "max") if with_max else ("p50", "p95", "p99")
    return {name: number(getattr(value, name)) for name in names}


def report_of(arrivals: Arrivals, figures: Figures) -> Report:
    """The keys that say how the loop ran.

    Args:
        arrivals: What the first sink saw.
        figures: Drops and stages.
    """
    nothing = Spread(math.nan, math.nan, math.nan, math.nan)
    return {
        "frames": arrivals.frames,
        "fps": number(arrivals.fps),
        "duration_s": number(arrivals.duration_s, 3),
        "age_ms": spread(arrivals.age_ms, with_max=True),
        "jitter_ms": number(arrivals.jitter_ms),
        "freezes_over_150ms": arrivals.freezes,
        "dropped": dict(figures.dropped),
        "stages_ms": {name: spread(figures.stages_ms.get(name, nothing), with_max=False) for name in STAGES},
    }


def table_of(report: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Table:
    """A report for people: what a viewer feels first, then what each stage takes.

    Args:
        report: What was measured.
        before: What was measured another time; its medians stand beside these, and how many times as much it is now.
    """
    table = Table(title=f"{report.get('source', '')} as {report.get('persona', '')}", title_justify="left")
    table.add_column("")
    for name in ("p50", "p95", "p99", "max"):
        table.add_column(name, justify="right")
    for name in ("before", "times") if before is not None else ():
        table.add_column(name, justify="right")

    def beside(now: float | None, then: float | None) -> tuple[str, ...]:
        if before is None:
            return ()
        return _cell(then), f"{now / then:.2f}" if now is not None and then else "-"

    then = before or {}
    age = [_cell(report["age_ms"][name]) for name in ("p50", "p95", "p99", "max")]
    table.add_row("age, ms", *age, *beside(report["age_ms"]["p50"], then.get("age_ms", {}).get("p50")))
    table.add_section()
    for stage, values in report["stages_ms"].items():
        cells = [_cell(values[name]) for name in ("p50", "p95", "p99")]
        table.add_row(
            f"{stage}, ms", *cells, "", *beside(values["p50"], then.get("stages_ms", {}).get(stage, {}).get("p50"))
        )
    table.add_section()
    for label, key in _SINGLE.items():
        if key in report:
            table.add_row(label, _cell(report[key]), "", "", "", *beside(report[key], then.get(key)))
    dropped = sum(report["dropped"].values())
    table.add_row("dropped", str(dropped), "", "", "", *beside(dropped, sum(then.get("dropped", {}).values())))
    return table


_SINGLE = {
    "frames": "frames",
    "frames a second": "fps",
    "jitter, ms": "jitter_ms",
    "freezes over 150 ms": "freezes_over_150ms",
    "leaks": "leaks",
    "CPU, % of one core": "cpu_percent",
    "memory, MB": "rss_mb",
    "start, s": "startup_s",
}


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.1f}"


def write_json(report: Mapping[str, Any], path: Path) -> None:
    """Write one JSON object to a file, or to stdout where the path is `-`.

    Raises:
        SinkError: The file cannot be written.
    """
    text = json.dumps(report, indent=2, allow_nan=False) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    write_text(path, text)


def write_text(path: Path, text: str, *, new: bool = False) -> None:
    """Write a file, its folder made where it is missing.

    Args:
        path: The file.
        text: What it is to hold.
        new: There is none yet; not even a link that somebody laid there is written through.

    Raises:
        SinkError: The file cannot be written.
    """
    make_folder(path.parent)
    try:
        with path.open("x" if new else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(path, error) from error


def make_folder(path: Path) -> None:
    """Make a folder where it is missing.

    Raises:
        SinkError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> SinkError:
    return SinkError(
        str(path),
        wanted="a place that can be written to",
        got=error.strerror or str(error),
        next_step="choose another path",
    )
