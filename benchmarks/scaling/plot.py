"""The figures as curves: one picture of four panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from benchmarks.gpu import NOT_MEASURED
from benchmarks.scaling.meter import COPIES, DETECTION, ELSEWHERE, NETWORK
from benchmarks.scaling.paper import FAINT, INK, RED, ask, dress, label_ticks, save, say_below, spread
from benchmarks.scaling.sheets import told_of

ASKED_MS, ASKED_TIMES = 4.0, 1.5
"""Of what is neither detection nor network: at 720p, and how many times that at 4K."""

_BLUE, _ORANGE, _PALE, _GREEN, _LILAC = "#3566a8", "#d9822b", "#e8b27c", "#1f7a6d", "#b4a7d6"
_LINE = 0.052
"""Least distance of two labels, in heights of a panel."""
_30_FPS_MS = 1000 / 30
_COLUMNS, _ROWS, _WIDE, _HIGH = (0.05, 0.545), (0.548, 0.075), 0.285, 0.31
_SHORT = {(640, 480): "480p", (1280, 720): "720p", (1920, 1080): "1080p", (3840, 2160): "4K"}


class Band(NamedTuple):
    """A part of the time, as it is drawn."""

    label: str
    parts: Sequence[str]
    colour: str


_REST = (
    Band("find: follow, align", ("find",), _GREEN),
    Band("swap: cut, map, mask", ("swap",), "#3f9d87"),
    Band("colour match", ("colour",), "#79bfa5"),
    Band("composite", ("composite", "conceal", "badge", ELSEWHERE), "#b3dcc4"),
    Band("source: one copy", ("source",), "#d8d2e9"),
    Band("mark", ("mark",), "#8e7cc3"),
)
_ALL = (
    Band("network, int8", (NETWORK,), _ORANGE),
    Band("face mesh", (DETECTION,), _BLUE),
    *_REST[:4],
    Band("whole frame: one copy, mark", COPIES, _LILAC),
)


def draw(report: Mapping[str, Any], path: Path) -> None:
    """Draw a report.

    Args:
        report: As `benchmarks.scale` makes it; an axis that it has not is told as not measured.
        path: Of a PNG.
    """
    figure = Figure(figsize=(13, 9), facecolor="white")
    said = f"No graphics card; {told_of(report)}"
    figure.text(
        0.05, 0.966, "What a frame costs, as there is more of everything", fontsize=17, weight="bold", color=INK
    )
    figure.text(0.05, 0.942, said, fontsize=10, color=FAINT)
    panels: tuple[tuple[str, str, str, Callable[[Axes, Any], None]], ...] = (
        ("by_faces", "Faces in view", "ms of processor time a frame; 1280×720, all faces as large", _draw_faces),
        (
            "by_size",
            "Size of the frame",
            "ms of processor time a frame, all but mesh and network; the same face",
            _draw_sizes,
        ),
        (
            "by_crop",
            "Size of the persona's crop",
            "ms of processor time a frame; untrained networks, 1280×720",
            _draw_crops,
        ),
        ("by_cores", "Cores", "frames a second; dotted: as many times one core", _draw_cores),
    )
    for number, (name, title, unit, panel) in enumerate(panels):
        axes = figure.add_axes((_COLUMNS[number % 2], _ROWS[number // 2], _WIDE, _HIGH))
        dress(axes, title, unit)
        if report.get(name):
            panel(axes, report[name])
        else:
            axes.text(0.5, 0.5, NOT_MEASURED, ha="center", color=FAINT, transform=axes.transAxes)
    save(figure, path)


def _draw_faces(axes: Axes, rows: Sequence[Any]) -> None:
    at = [row["faces"] for row in rows]
    _stack(axes, at, rows, _ALL)
    label_ticks(axes, at, [f"{row['faces']}" for row in rows], [f"{row['fps_unpaced']:.0f}" for row in rows])
    say_below(axes, "faces", "frames a second, unpaced")


def _draw_sizes(axes: Axes, rows: Sequence[Any]) -> None:
    at = [row["size"][0] for row in rows]
    _stack(axes, at, rows, _REST)
    small = next((row for row in rows if tuple(row["size"]) == (1280, 720)), None)
    if small is not None:
        ask(axes, 1280, ASKED_MS, f"asked: {ASKED_MS:g}", to_left=False)
        asked = ASKED_TIMES * small["other_ms"]
        if tuple(rows[-1]["size"]) == (3840, 2160):
            ask(axes, 3840, asked, f"asked: {ASKED_TIMES:g} × 720p = {asked:.1f}", to_left=True)
    names = [_SHORT.get(tuple(row["size"]), "×".join(map(str, row["size"]))) for row in rows]
    label_ticks(axes, at, names, [f"{row['fps_unpaced']:.0f}" for row in rows])
    say_below(axes, "", "frames a second, unpaced")


def _stack(axes: Axes, at: Sequence[float], rows: Sequence[Any], bands: Sequence[Band]) -> None:
    """Bands one upon the other, each named at its right end, their sums above."""
    heights = np.array([[sum(row["parts_ms"].get(part, 0.0) for part in band.parts) for row in rows] for band in bands])
    totals = heights.sum(0)
    axes.stackplot(at, heights, colors=[band.colour for band in bands], edgecolor="white", linewidth=0.7)
    axes.vlines(at[1:-1], 0, totals[1:-1], color="white", linewidth=0.8, alpha=0.7)
    axes.set_xlim(at[0], at[-1])
    axes.set_ylim(0, 1.15 * totals.max())
    for x, total in zip(at, totals, strict=True):
        align = "left" if x == at[0] else "right" if x == at[-1] else "center"
        place = (
            (3, 15) if x == at[0] else (0, 6)
        )  # the first one's right end is above where the curve has risen already
        axes.annotate(
            f"{total:.1f}", (x, total), xytext=place, textcoords="offset points", ha=align, fontsize=9.5, color=INK
        )
    last = heights[:, -1]
    middles = (np.cumsum(last) - last / 2) / axes.get_ylim()[1]
    for band, height, y in zip(bands, last, spread(middles, _LINE), strict=True):
        axes.plot([1.03], [y], "s", color=band.colour, markersize=7, transform=axes.transAxes, clip_on=False)
        words = f"{band.label}, {height:.1f}"
        axes.text(1.055, y, words, va="center", fontsize=9, color=INK, transform=axes.transAxes)


def _draw_crops(axes: Axes, rows: Sequence[Any]) -> None:
    at = [row["crop"] for row in rows]
    lines = (
        ("network, fp32", [row["fp32"]["parts_ms"][NETWORK] for row in rows], _PALE),
        ("network, int8", [row["int8"]["parts_ms"][NETWORK] for row in rows], _ORANGE),
        ("all but mesh and network", [row["int8"]["other_ms"] for row in rows], _GREEN),
    )
    every = [value for _, values, _ in lines for value in values]
    low, high = 0.7 * min(every), 1.5 * max(every)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.axhline(_30_FPS_MS, color=RED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.text(
        1.03,
        _30_FPS_MS,
        "33: one core, 30 a second",
        va="center",
        fontsize=9,
        color=RED,
        transform=axes.get_yaxis_transform(),
    )
    ends = []
    for _, values, colour in lines:
        axes.plot(at, values, marker="o", color=colour, linewidth=2, markersize=5.5)
        ends.append(np.log(values[-1] / low) / np.log(high / low))
    for (label, values, colour), y in zip(lines, spread(ends, _LINE), strict=True):
        axes.plot([1.03], [y], "o", color=colour, markersize=6, transform=axes.transAxes, clip_on=False)
        axes.text(1.055, y, f"{label}, {values[-1]:.0f}", va="center", fontsize=9, color=INK, transform=axes.transAxes)
    marks = [mark for mark in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if low <= mark <= high]
    axes.set_yticks(marks, [f"{mark}" for mark in marks])
    axes.yaxis.set_minor_locator(NullLocator())
    label_ticks(axes, at, [f"{x}" for x in at], [f"{row['billion_multiply_adds']:.1f}" for row in rows])
    say_below(axes, "pixels a side", "10⁹ multiply-adds")


def _draw_cores(axes: Axes, rows: Sequence[Any]) -> None:
    measured = [row for row in rows if row["fps_live"] != NOT_MEASURED]
    missing = [row["cores"] for row in rows if row["fps_live"] == NOT_MEASURED]
    at, every = [row["cores"] for row in measured], [row["cores"] for row in rows]
    share = f", {measured[-1]['film_of_linear']:.0%} of linear" if len(at) > 1 else ""
    curves = (("live loop", "fps_live", _BLUE, ""), ("thespis swap", "fps_film", _ORANGE, share))
    highest = max(row[name] * at[-1] / row["cores"] for row in measured for _, name, _, _ in curves)
    axes.set_xscale("log", base=2)
    axes.set_ylim(0, 1.15 * highest)
    ends = [measured[-1][name] / axes.get_ylim()[1] for _, name, _, _ in curves]
    for (label, name, colour, beside), y in zip(curves, spread(ends, 1.3 * _LINE), strict=True):
        values = [row[name] for row in measured]
        axes.plot(at, [values[0] * x / at[0] for x in at], color=colour, linewidth=1.2, linestyle=(0, (2, 3)))
        axes.plot(at, values, marker="o", color=colour, linewidth=2, markersize=6)
        axes.text(
            1.12 * at[-1],
            y,
            f"{label}, {values[-1]:.0f}{beside}",
            va="center",
            fontsize=9,
            color=colour,
            transform=axes.get_xaxis_transform(),
        )
    if missing:
        axes.scatter(
            missing, [0.035 * highest] * len(missing), s=75, facecolors="none", edgecolors=FAINT, linestyles=":"
        )
        words = f"{NOT_MEASURED}: this machine has {at[-1]}"
        axes.text(missing[0], 0.1 * highest, words, fontsize=9, color=FAINT, ha="left")
    label_ticks(axes, every, [f"{x}" for x in every])
    axes.set_xlim(0.85 * every[0], 1.15 * every[-1])
    say_below(axes, "cores")
