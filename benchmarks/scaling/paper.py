"""What the panels are drawn with: titles, ticks, words that do not overlap, and a small file."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from PIL import Image

INK, FAINT, RED = "#22272e", "#6b7480", "#b5362f"
_GRID = "#e3e7ec"
_DPI, _COLOURS = 90, 192


def dress(axes: Axes, title: str, unit: str) -> None:
    """A panel's title, the unit of its figures below it, and no more lines than are needed."""
    axes.set_title(title, loc="left", fontsize=12.5, weight="bold", color=INK, pad=25)
    axes.text(0, 1.05, unit, fontsize=9.5, color=FAINT, transform=axes.transAxes)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.grid(axis="y", color=_GRID, linewidth=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9.5, length=0)
    axes.tick_params(axis="x", length=4, color=FAINT)


def ask(axes: Axes, x: float, y: float, words: str, *, to_left: bool) -> None:
    """A short stroke at what is asked, with words beside it."""
    axes.plot([x], [y], "_", markersize=24, markeredgewidth=2.2, color=RED, clip_on=False)
    place, align = ((-15, -3.5), "right") if to_left else ((15, -3.5), "left")
    text = axes.annotate(words, (x, y), xytext=place, textcoords="offset points", ha=align, color=RED, fontsize=9)
    text.set_bbox({"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1})


def spread(places: Sequence[float] | npt.NDArray[np.float64], least: float) -> npt.NDArray[np.float64]:
    """Places moved as little as may be, in their order, until neighbours are as far apart as they must be.

    The nearest in squares (isotonic regression by pooling adjacent violators, Ayer and others, 1955).
    """
    order = np.argsort(places)
    steps = least * np.arange(len(order))
    pools: list[list[float]] = []
    for place in np.asarray(places, np.float64)[order] - steps:
        pools.append([float(place)])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    moved = np.empty(len(order))
    moved[order] = np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools]) + steps
    return moved


def label_ticks(axes: Axes, at: Sequence[float], first: Sequence[str], second: Sequence[str] = ()) -> None:
    """Ticks at the points that were measured, and nowhere else; one or two lines below each."""
    axes.xaxis.set_major_locator(FixedLocator(at))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(at, [f"{one}\n{two}" for one, two in zip(first, second, strict=True)] if second else first)


def say_below(axes: Axes, *lines: str) -> None:
    """What the lines below the ticks are."""
    for number, line in enumerate(lines):
        axes.text(1.055, -0.052 - 0.062 * number, line, fontsize=9, color=FAINT, va="center", transform=axes.transAxes)


def save(figure: Figure, path: Path) -> None:
    """Write the picture; in few colours, which halves a PNG and cannot be seen."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=_DPI, format="png")
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(_COLOURS).save(path, format="png", optimize=True)
