"""Charts as SVG inside a page: no script, no file, no font of their own. Colours come from the page's style sheet.

Every chart takes one or two series; the second, where there is one, is another run that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import zip_longest

WIDTH = 720
_BAR, _GAP, _NAMES = 18, 8, 84
_FOOT = 22
_HEIGHT = 180

Ends = Mapping[str, Sequence[float]]
"""Where each stage begins and ends, in milliseconds after the capture."""


def waterfall(runs: Sequence[Ends]) -> str:
    """A bar for each stage from its begin to its end; what lies between two bars is waiting."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    most_ms = max((end for run in runs for _, end in run.values()), default=1.0) or 1.0
    per_ms = (WIDTH - _NAMES - 60) / most_ms
    parts, y = list[str](), 4.0
    for name in names:
        parts.append(_text(0, y + 13, name))
        for number, run in enumerate(runs):
            if name in run:
                start, end = run[name]
                left, width = _NAMES + start * per_ms, max(1.5, (end - start) * per_ms)
                parts.append(_rect(left, y, width, _BAR, number))
                parts.append(_text(left + width + 5, y + 13, f"{end - start:.1f}"))
                y += _BAR + 2
        y += _GAP
    parts += _scale(_NAMES, WIDTH - 60, y, most_ms, "ms after the capture")
    return _svg(y + _FOOT, "stages, one after the other", parts)


def histogram(step: float, runs: Sequence[Sequence[float]], unit: str) -> str:
    """Bars of counts in bins of one size, from 0 on; runs as shares, since they may differ in length."""
    shares = [[count / max(1.0, sum(run)) for count in run] for run in runs]
    bins, top = max(map(len, shares), default=1), max((max(run, default=0.0) for run in shares), default=1.0) or 1.0
    width = WIDTH / bins
    parts = []
    for number, run in enumerate(shares):
        each = width / len(shares)
        for place, share in enumerate(run):
            height = (_HEIGHT - 8) * share / top
            parts.append(_rect(place * width + number * each, _HEIGHT - height, max(0.5, each - 0.6), height, number))
    parts += _scale(0, WIDTH, _HEIGHT, bins * step, unit)
    return _svg(_HEIGHT + _FOOT, f"how often, by {unit}", parts)


def lines(bin_s: float, runs: Sequence[Mapping[str, Sequence[float | None]]], unit: str) -> str:
    """Lines over time; within a run the second and later ones are dashed. None is a gap."""
    values = [value for run in runs for line in run.values() for value in line if value is not None]
    top = 1.1 * max(values, default=1.0) or 1.0
    length = max((len(line) for run in runs for line in run.values()), default=1)
    parts = [
        _polyline([(x, value) for x, value in enumerate(line) if value is not None], length, top, number, dashed > 0)
        for number, run in enumerate(runs)
        for dashed, line in enumerate(run.values())
    ]
    parts += [_text(4, 13, f"{top:.0f} {unit}"), *_scale(0, WIDTH, _HEIGHT, length * bin_s, "s")]
    return _svg(_HEIGHT + _FOOT, f"{unit} over time", parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table, its first column names."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell, _ in zip_longest(row[1:], head[1:], fillvalue=""))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _svg(height: float, says: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(says)}">{"".join(parts)}</svg>'


def _rect(x: float, y: float, width: float, height: float, run: int) -> str:
    return f'<rect class="r{run}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, says: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(says)}</text>'


def _polyline(points: Sequence[tuple[float, float]], length: int, top: float, run: int, dashed: bool) -> str:
    places = " ".join(f"{WIDTH * x / max(1, length - 1):.1f},{_HEIGHT * (1 - value / top):.1f}" for x, value in points)
    return f'<polyline class="l{run}{" dashed" if dashed else ""}" points="{places}"/>'


def _scale(left: float, right: float, y: float, most: float, unit: str) -> list[str]:
    """A line with its two ends and its middle named."""
    return [
        f'<line x1="{left:.0f}" y1="{y:.0f}" x2="{right:.0f}" y2="{y:.0f}"/>',
        _text(left, y + 15, "0"),
        _text((left + right) / 2, y + 15, f"{most / 2:.3g}", "middle"),
        _text(right, y + 15, f"{most:.3g} {unit}", "end"),
    ]
