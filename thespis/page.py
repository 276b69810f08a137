"""A benchmark as one page that needs nothing else: the table and a chart of ages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from realtime.timing import Numbers

_WIDTH, _HEIGHT = 720, 180
_MOST_POINTS = 720

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; }} th, td {{ padding: .15rem .8rem; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }} tr {{ border-bottom: 1px solid #ddd; }}
svg {{ width: 100%; background: #f6f6f6; }} text {{ font-size: 11px; fill: #555; }}
</style>
<h1>{title}</h1>
<p>{fps} frames a second, {dropped} dropped, {freezes} freezes over 150 ms, {leaks} leaks;
{provider}, {precision}, {size}.</p>
<h2>Age of each picture</h2>
{chart}
<h2>Milliseconds</h2>
<table><tr><th></th><th>p50</th><th>p95</th><th>p99</th></tr>
{rows}
</table>
</html>
"""


def page_of(report: Mapping[str, Any], ages_s: Numbers) -> str:
    """The page.

    Args:
        report: Keys of `bench --json`.
        ages_s: (N,) ages in seconds, in order of arrival.
    """
    rows = {"age": report["age_ms"], **report["stages_ms"]}
    return _PAGE.format(
        title=escape(f"Thespis: {report['source']} as {report['persona']}"),
        fps=_text(report["fps"]),
        dropped=sum(report["dropped"].values()),
        freezes=report["freezes_over_150ms"],
        leaks=report["leaks"],
        provider=escape(str(report["provider"])),
        precision=escape(str(report["precision"])),
        size="x".join(str(side) for side in report["size"]),
        chart=_chart(ages_s * 1e3),
        rows="\n".join(_row(name, values) for name, values in rows.items()),
    )


def _row(name: str, values: Mapping[str, float | None]) -> str:
    cells = "".join(f"<td>{_text(values[percentile])}</td>" for percentile in ("p50", "p95", "p99"))
    return f"<tr><td>{escape(name)}</td>{cells}</tr>"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _chart(ages_ms: Numbers) -> str:
    """An inline SVG line; of many pictures, the oldest of each bin is drawn, so that no peak is lost."""
    if ages_ms.size == 0:
        return "<p>No picture carried a readable stamp.</p>"
    bins = np.array_split(ages_ms, min(ages_ms.size, _MOST_POINTS))
    peaks = np.array([part.max() for part in bins])
    top = max(10.0, float(peaks.max()) * 1.1)
    x = np.linspace(0, _WIDTH, peaks.size)
    y = _HEIGHT * (1 - peaks / top)
    points = " ".join(f"{left:.1f},{down:.1f}" for left, down in zip(x, y, strict=True))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="age of each picture">'
        f'<polyline points="{points}" fill="none" stroke="#2563eb"/>'
        f'<text x="4" y="12">{top:.0f} ms</text><text x="4" y="{_HEIGHT - 4}">0</text></svg>'
    )
