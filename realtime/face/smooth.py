"""The One-Euro filter: still points stand still, moving points are not held back."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled, first_call

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
            points: (N, D).
            time_s: When they were seen; where it does not grow from call to call, or N changes, the filter starts anew.
            unit: The length that counts as one for speeds, in the points' own unit.

        Returns:
            (N, D), new memory.
        """
        passed_s = time_s - self._time_s
        if self._points is None or self._points.shape != points.shape or not 0 < passed_s < 1:
            self._points, self._speed = np.array(points, np.float32), np.zeros(len(points), np.float32)
        else:
            turn, hertz = 2 * math.pi * passed_s, (self._rest_hz, self._rise, self._speed_hz)
            _smooth(self._points, self._speed, np.ascontiguousarray(points, np.float32), turn, passed_s * unit, *hertz)
        self._time_s = time_s
        return self._points.copy()


@compiled()
def _smooth(
    smooth: Points,
    speeds: npt.NDArray[np.float32],
    points: Points,
    turn: float,
    unit: float,
    rest_hz: float,
    rise: float,
    speed_hz: float,
) -> None:
    """Move smoothed points on, and their speeds, in place.

    Args:
        smooth: (N, D), moved.
        speeds: (N,) in units a second, changed.
        points: (N, D) as they were seen.
        turn: The radians of one hertz in the time that has passed.
        unit: The length that counts as one, times that time in seconds.
        rest_hz: See `OneEuro`, as the following.
        rise: The same.
        speed_hz: The same.
    """
    least = turn * speed_hz / (1 + turn * speed_hz)  # of a first-order low pass: how much of the new value it takes
    for i in range(len(points)):
        squares = 0.0
        for axis in range(points.shape[1]):
            squares += (points[i, axis] - smooth[i, axis]) ** 2
        speeds[i] += least * (math.sqrt(squares) / unit - speeds[i])
        way = turn * (rest_hz + rise * speeds[i])
        for axis in range(points.shape[1]):
            smooth[i, axis] += way / (1 + way) * (points[i, axis] - smooth[i, axis])


@first_call
def _first_call() -> None:
    smooth = OneEuro()
    for time_s in (0.0, 0.1):
        smooth(np.zeros((1, 3), np.float32), time_s, 1.0)
