"""Lips and lids brought to absolute openings, whosever they are."""

from __future__ import annotations

import numpy as np

from realtime.face import topology
from realtime.source.deform import Vectors
from realtime.source.expression import Expression

UPPER_SHARE = 0.16
"""Of the mouth's opening, what the upper lip gives; the jaw gives the rest."""


class Mouth:
    """Brings the lips to an absolute opening, width and lift, keeping how thick they are."""

    def __init__(self, rest: Vectors) -> None:
        inner, outer = rest[list(topology.LIPS_INNER)], rest[list(topology.LIPS_OUTER)]
        self._inner, self._outer = inner, outer
        opening = float(np.linalg.norm(rest[topology.UPPER_LIP] - rest[topology.LOWER_LIP]))
        self.rest_drop = (1 - UPPER_SHARE) * opening
        self.line_y = float(rest[topology.UPPER_LIP, 1] + UPPER_SHARE * opening)
        self.line_z = float((rest[topology.UPPER_LIP, 2] + rest[topology.LOWER_LIP, 2]) / 2)
        self.corner_z = float((inner[0, 2] + inner[10, 2]) / 2)
        self._middle_x = float((inner[0, 0] + inner[10, 0]) / 2)
        half = (inner[10, 0] - inner[0, 0]) / 2
        self._across = np.clip((inner[:, 0] - self._middle_x) / half, -1, 1)
        self._across[[0, 10]] = -1, 1
        self._arch = (1 - np.abs(self._across) ** 2.2) ** 0.75

    def inner_ring(self, expression: Expression) -> Vectors:
        """(20, 3) where the lips' inner edge goes."""
        opening, half = expression.mouth_open, expression.mouth_width / 2
        corner_y = self.line_y + 0.3 * (1 - UPPER_SHARE) * opening - expression.smile
        reach = np.where(
            np.arange(20) <= 10,
            self.line_y - UPPER_SHARE * opening,
            self.line_y + (1 - UPPER_SHARE) * opening,
        )
        ring = np.empty((20, 3))
        ring[:, 0] = self._middle_x * 0.5 + expression.mouth_shift * (0.4 + 0.6 * self._arch) + half * self._across
        ring[:, 1] = corner_y + (reach - corner_y) * self._arch
        # The lips lie on the teeth's arc: narrower is further forward.
        forward = 0.5 * (half - (self._inner[10, 0] - self._inner[0, 0]) / 2)
        ring[:, 2] = self._inner[:, 2] + forward * self._arch
        return ring

    def move(self, moves: Vectors, expression: Expression) -> None:
        """Write the moves of the lips' forty points."""
        inner = self.inner_ring(expression) - self._inner
        stretch = expression.mouth_width / max(self._inner[10, 0] - self._inner[0, 0], 1e-6)
        thickness = self._outer - self._inner
        outer = inner.copy()
        outer[:, 0] += thickness[:, 0] * (min(1.15, max(0.7, stretch)) - 1)
        outer[:, 1] += thickness[:, 1] * (min(1.35, max(0.8, stretch**-0.5)) - 1)
        moves[list(topology.LIPS_INNER)] = inner
        moves[list(topology.LIPS_OUTER)] = outer


class Eye:
    """Brings the lids to an absolute opening and the iris to a gaze."""

    def __init__(self, rest: Vectors, ring: tuple[int, ...], iris: tuple[int, ...]) -> None:
        self._ring = list(ring)
        points = rest[self._ring]
        self._points = points
        # Each lid point's partner on the other lid: the ring runs out along one and back along the other.
        partner = points[[(16 - place) % 16 for place in range(16)]]
        lower = np.where(np.arange(16)[:, None] > 8, points, partner)
        upper = np.where(np.arange(16)[:, None] > 8, partner, points)
        self._shut = lower + 0.15 * (upper - lower)
        self._opening = float(np.linalg.norm(points[4] - points[12]))
        self.centre = (points[0] + points[8]) / 2
        rim = rest[list(iris)]
        self.iris_radius = float(np.linalg.norm(rim[1:, :2] - rim[0, :2], axis=1).mean())
        self.width = float(np.linalg.norm(points[0] - points[8]))
        sweep = np.array([[0, 0], [1, 0], [0, -1], [-1, 0], [0, 1]]) * self.iris_radius
        # MediaPipe numbers the left eye's rim from its inner side too: keep the photo's own order.
        order = np.argsort(((rim[1:, None, :2] - rim[0, :2] - sweep[None, 1:]) ** 2).sum(2), axis=1)[:, 0]
        self._rim = np.vstack([sweep[:1], sweep[1:][order]])

    def move(self, moves: Vectors, opening: float, gaze_x: float, gaze_y: float) -> Vectors:
        """Write the moves of the sixteen lid points; returns the iris's (5, 3) points."""
        target = self._shut + opening / max(self._opening, 1e-6) * (self._points - self._shut)
        moves[self._ring] = target - self._points
        iris = np.empty((5, 3))
        iris[:, :2] = self._rim + self.centre[:2] + np.array([gaze_x, gaze_y])
        iris[:, 2] = self._points[:, 2].min()
        return iris
