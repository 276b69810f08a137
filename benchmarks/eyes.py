"""How far the eyes of a worn face are open, read without a face detector.

A detector hardly sees lids behind glasses: with the persona's true portrait worn, its reading of the eyes correlates
with what was drawn by 0.63 to 0.70 only. Here the persona's own portrait is rendered with its eyes at several openings,
and each eye is read as the opening at which the render looks most like the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import CROP_SIDE, transform
from realtime.frame import BgrImage, Points2
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

OPENINGS = np.linspace(0.0, 0.24, 9)
"""Tried on each eye, in distances between the eyes; at rest they are 0.155 apart."""
_HALF_WIDTH, _HALF_HEIGHT, _REACH = 0.31, 0.22, 0.06
"""The window around an eye, and how far it may lie from where it should: in distances between the eyes."""

Grey = npt.NDArray[np.uint8]


class EyeReader:
    """Reads eye openings of a persona by comparison with its renders.

    Args:
        renderer: Draws the persona.
        size: Side of the crops in pixels.
    """

    def __init__(self, renderer: PortraitRenderer, size: int) -> None:
        self._renderer, self._size = renderer, size

    def __call__(self, crop: BgrImage, expression: Expression) -> tuple[float, float]:
        """Right and left eye's opening, in distances between the eyes.

        Args:
            crop: (S, S, 3) uint8 BGR, the worn face in the crop's alignment.
            expression: Pose, mouth, gaze and light to render with; its eyes are not looked at.
        """
        seen = _grey(crop)
        scores = np.zeros((len(OPENINGS), 2))
        for row, opening in enumerate(OPENINGS.tolist()):
            posed = replace(expression, right_eye=opening, left_eye=opening)
            picture, points, crop_from_frame = self._renderer.crop(posed, self._size, smooth=1)
            render, in_crop = _grey(picture), transform(points, crop_from_frame)
            for eye, ring in enumerate((topology.RIGHT_EYE, topology.LEFT_EYE)):
                scores[row, eye] = self._likeness(seen, render, in_crop, ring)
        return peak(scores[:, 0]), peak(scores[:, 1])

    def _likeness(self, seen: Grey, render: Grey, in_crop: Points2, ring: Sequence[int]) -> float:
        """Highest normalised cross-correlation of an eye's window near its place: blind to brightness and contrast."""
        unit = self._size / CROP_SIDE
        x, y = np.rint(in_crop[[ring[0], ring[8]]].mean(0)).astype(int).tolist()
        wide, high, reach = (max(1, round(part * unit)) for part in (_HALF_WIDTH, _HALF_HEIGHT, _REACH))
        window = _cut(render, x, y, wide, high)
        around = _cut(seen, x, y, wide + reach, high + reach)
        if window.size == 0 or around.shape[0] < window.shape[0] or around.shape[1] < window.shape[1]:
            return 0.0
        return float(cv2.matchTemplate(around, window, cv2.TM_CCOEFF_NORMED).max())


def peak(scores: npt.NDArray[np.float64]) -> float:
    """The opening of the highest score, between the steps by a parabola through it and its neighbours."""
    best = int(scores.argmax())
    opening = float(OPENINGS[best])
    if 0 < best < len(OPENINGS) - 1:
        before, top, after = scores[best - 1 : best + 2].tolist()
        curve = before - 2 * top + after
        if curve < 0:
            opening += float(OPENINGS[1] - OPENINGS[0]) * 0.5 * (before - after) / curve
    return opening


def _grey(picture: BgrImage) -> Grey:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _cut(picture: Grey, x: int, y: int, wide: int, high: int) -> Grey:
    return picture[max(0, y - high) : y + high + 1, max(0, x - wide) : x + wide + 1]
