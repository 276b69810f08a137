"""Whether a face can have become what the mesh says it is."""

from __future__ import annotations

import cmath
import math

import numpy as np

from realtime.frame import Points3

_DOUBTED_S = 0.5
"""A face that is doubted for so long without a break is believed: the doubt was about the one before."""
_NEAR = 0.6
"""Only of a face that is no further than so many widths from where one was is it asked."""
_GROWTH, _GROWTH_PER_S = 1.15, 1.5
_ROLL_DEG, _ROLL_DEG_PER_S = 12.0, 150.0
"""How far a head may grow, shrink or tilt from one look to the next, and by how much more in a second."""


class Plausible:
    """Leaves out faces that no head can have come to, from one picture to the next.

    In a smeared picture the mesh shrinks and tilts within a frame or two, and lies in the middle of the face. Whatever
    is found where no face was is believed, and all of it after a cut. One thread at a time.
    """

    def __init__(self) -> None:
        self._last: list[tuple[Points3, float]] = []

    def __call__(self, found: list[Points3], media_s: float, *, cut: bool) -> list[Points3]:
        """The faces of one picture that can be.

        Args:
            found: (478, 3) points of each.
            media_s: The picture's own time, in seconds.
            cut: Whether the scene may be another one than in the picture before.
        """
        known = [] if cut else [(face, seen_s) for face, seen_s in self._last if 0 <= media_s - seen_s < _DOUBTED_S]
        believed = [
            face for face in found if not any(_impossible(face, one, media_s - seen_s) for one, seen_s in known)
        ]
        # Who is not found, or doubted, is still what comes after is held against.
        gone = [(one, seen_s) for one, seen_s in known if not any(_near(face, one) for face in believed)]
        self._last = [*gone, *((face, media_s) for face in believed)]
        return believed


def _near(face: Points3, before: Points3) -> bool:
    apart = float(np.linalg.norm(face[:, :2].mean(0) - before[:, :2].mean(0)))
    return apart <= _NEAR * max(float(np.ptp(before[:, 0])), 1.0)


def _impossible(face: Points3, before: Points3, passed_s: float) -> bool:
    if not _near(face, before):
        return False
    # The similarity transform between the two, by least squares: points as complex numbers, turned and scaled by one.
    now, then = (points[:, :2] - points[:, :2].mean(0) for points in (face, before))
    first, second = then[:, 0] + 1j * then[:, 1], now[:, 0] + 1j * now[:, 1]
    change = complex(np.vdot(first, second)) / max(float(np.vdot(first, first).real), 1e-6)
    most_growth = _GROWTH + _GROWTH_PER_S * passed_s
    grown = not 1 / most_growth <= abs(change) <= most_growth
    return grown or abs(math.degrees(cmath.phase(change))) > _ROLL_DEG + _ROLL_DEG_PER_S * passed_s
