"""The One-Euro filter: still points stand still, moving points are not held back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]


class OneEuro:
    """Smooths a set of points that move together in time.

    A low-pass filter whose cut-off rises with speed (Casiez, Roussel and Vogel, "1 Euro Filter", 2012). Speeds are
    taken in face sizes a second, so that a face near the camera and one far off are smoothed alike.

    Args:
        rest_hz: Cut-off for a point at rest. 2 Hz takes the tremble out of a detector's points.
        rise: How many Hz the cut-off gains for each face size a second. At 25 a talking lip lags by about 6 ms.
        speed_hz: Cut-off for the speed itself; high, so that the onset of a movement is not missed.
    """

    def __init__(self, rest_hz: float = 2.0, rise: float = 25.0, speed_hz: float = 10.0) -> None:
        self._rest_hz, self._rise, self._speed_hz = rest_hz, rise, speed_hz
        self._points: Points | None = None
        self._speed = np.zeros(0, np.float32)
        self._time_s = 0.0

    def __call__(self, points: Points, time_s: float, unit: float) -> Points:
        """Smooth the next points.

        Args:
            points: (N, D), the same N every time.
            time_s: When they were seen; must grow from call to call, else the filter starts anew.
            unit: The length that counts as one for speeds, in the points' own unit.

        Returns:
            (N, D), new memory.
        """
        passed_s = time_s - self._time_s
        if self._points is None or not 0 < passed_s < 1:
            self._points, self._speed = points.copy(), np.zeros(len(points), np.float32)
        else:
            step = points - self._points
            speed = np.linalg.norm(step, axis=1) / (passed_s * unit)
            self._speed += _share(self._speed_hz, passed_s) * (speed - self._speed)
            share = _share(self._rest_hz + self._rise * self._speed, passed_s)
            self._points = self._points + share[:, None] * step
        self._time_s = time_s
        return self._points.copy()


def _share(cutoff_hz: npt.NDArray[np.float32] | float, passed_s: float) -> npt.NDArray[np.float32]:
    """How much of the new value a first-order low pass takes."""
    turn = 2 * np.pi * np.asarray(cutoff_hz, np.float32) * passed_s
    return np.asarray(turn / (1 + turn), np.float32)
