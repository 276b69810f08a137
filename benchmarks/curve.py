"""How good a run is after how many minutes, read from the evaluations that it wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from realtime.errors import TrainingError

ASKED = {20.0: 0.80, 60.0: 0.88}
"""Minutes, and what SSIM is to be by then, of a persona from one photo on two cores."""


@dataclass(frozen=True, slots=True)
class Point:
    """One evaluation: SSIM on held-out pairs over the true mask."""

    step: int
    seconds: float
    ssim: float


def read_evaluations(path: Path) -> list[Point]:
    """A run's `evaluation.jsonl`, in order.

    Raises:
        TrainingError: It is not there, or is none.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Point(int(one["step"]), float(one["seconds"]), float(one["ssim"])) for one in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"evaluations {path}", wanted="lines of step, seconds, ssim", got=str(error), next_step="train with them on"
        ) from error


def ssim_at(points: Sequence[Point], minutes: float) -> float | None:
    """SSIM at a time, straight between two evaluations; the first one's before it, None after the last."""
    if not points or points[-1].seconds < 60 * minutes:
        return None
    before = points[0]
    for point in points:
        if point.seconds >= 60 * minutes:
            span = point.seconds - before.seconds
            share = (60 * minutes - before.seconds) / span if span > 0 else 1.0
            return before.ssim + min(1.0, max(0.0, share)) * (point.ssim - before.ssim)
        before = point
    return None


def minutes_to(points: Sequence[Point], ssim: float) -> float | None:
    """When SSIM first was so high; None where it never was."""
    return next((point.seconds / 60 for point in points if point.ssim >= ssim), None)


def report_curve(run: Path) -> dict[str, object]:
    """A run's curve and what is asked of it: `points`, `at_minutes` {minutes: {asked, got}}, `minutes_to_080`."""
    points = read_evaluations(run / "evaluation.jsonl")
    return {
        "run": run.name,
        "points": [asdict(point) for point in points],
        "at_minutes": {
            f"{minutes:g}": {"asked": asked, "got": ssim_at(points, minutes)} for minutes, asked in ASKED.items()
        },
        "minutes_to_080": minutes_to(points, 0.80),
        "last": asdict(points[-1]) if points else None,
    }


def draw_curve(run: Path, out: Path) -> None:
    """The curve as a picture."""
    from matplotlib.figure import Figure

    points = read_evaluations(run / "evaluation.jsonl")
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(
        xlabel="minutes, rendering of the pairs included", ylabel="SSIM on pairs never trained on"
    )
    axes.plot([point.seconds / 60 for point in points], [point.ssim for point in points], color="#2060a0")
    for minutes, asked in ASKED.items():
        axes.plot([minutes], [asked], "x", color="#c04020")
        axes.annotate(
            f"asked: {asked:g} after {minutes:g} min", (minutes, asked), xytext=(6, -12), textcoords="offset points"
        )
    axes.grid(alpha=0.3)
    figure.savefig(out, dpi=120)
