"""Where a face's points lie and how far they reach, in one compiled pass: every stage asks for that in every frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from realtime.frame import Points3
from realtime.kernels import compiled, first_call


class Extent(NamedTuple):
    """Of a face's points, in their own unit.

    Attributes:
        left, top, right, bottom: Of the upright box around them.
        x, y: Their mean.
        finite: Whether all their numbers, z too, are finite.
    """

    left: float
    top: float
    right: float
    bottom: float
    x: float
    y: float
    finite: bool

    @property
    def width(self) -> float:
        """From left to right; at least 1, so that it can be divided by."""
        return max(self.right - self.left, 1.0)

    @property
    def usable(self) -> bool:
        """Whether an alignment can be computed: points that are numbers and not all on one spot."""
        return self.finite and self.right - self.left > 2 and self.bottom - self.top > 2


def extent_of(points: Points3) -> Extent:
    """The extent of (N, 3) points.

    Raises:
        ValueError: There are none.
    """
    if not len(points):
        raise ValueError("no points have an extent")
    return Extent(*_extent(np.ascontiguousarray(points, np.float32)))


def mean_step(points: Points3, before: Points3) -> float:
    """How far (N, 3) points lie, on average and in x and y apart, from where they were before.

    Raises:
        ValueError: There were not as many.
    """
    if points.shape != before.shape:
        raise ValueError(f"{len(points)} points where {len(before)} were")
    return float(_mean_step(points, before))


@first_call
def _first_call() -> None:
    one = np.zeros((1, 3), np.float32)
    extent_of(one)
    mean_step(one, one)


@compiled()
def _extent(points: Points3) -> tuple[float, float, float, float, float, float, bool]:
    left, top, right, bottom = points[0, 0], points[0, 1], points[0, 0], points[0, 1]
    x = y = total = 0.0
    for i in range(len(points)):
        across, down = points[i, 0], points[i, 1]
        left, right, top, bottom = min(left, across), max(right, across), min(top, down), max(bottom, down)
        x += across
        y += down
        total += abs(points[i, 2])
    count = len(points)
    return left, top, right, bottom, x / count, y / count, np.isfinite(abs(x) + abs(y) + total)


@compiled()
def _mean_step(points: Points3, before: Points3) -> float:
    total = 0.0
    for i in range(len(points)):
        total += abs(points[i, 0] - before[i, 0]) + abs(points[i, 1] - before[i, 1])
    return total / (2 * len(points))
