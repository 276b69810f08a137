"""What a face does over time: whether the worn one moves with the performer, and whether it keeps still besides."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import STABLE, TEMPLATE
from realtime.frame import BgrImage, Mask, Points2, Points3

Floats = npt.NDArray[np.float64]

LEAST_TURN_DEG = 10.0
"""A head that turns by less says nothing about following: the detector's own jitter is one to two degrees."""
TURN_WINDOW_S = 0.3
"""Heads turn slowly and detectors tremble fast: turns are compared as means over so long a window."""

_TEMPLATE = np.array([TEMPLATE[index] for index in STABLE.tolist()], np.float64)
_RIM = 9


def correlation(wanted: Sequence[float] | Floats, got: Sequence[float] | Floats) -> float | None:
    """Pearson's correlation; None for fewer than three values and where either side never moves."""
    if len(wanted) < 3:
        return None
    first, second = np.asarray(wanted, np.float64), np.asarray(got, np.float64)
    if not (first.std() > 1e-9 and second.std() > 1e-9):
        return None
    return float(np.corrcoef(first, second)[0, 1])


def read_turn(points: Points2 | Points3) -> tuple[float, float]:
    """Yaw and pitch in degrees, signs as in `Expression`, from where the stable points lie in the picture.

    The rotation of an orthographic view of the alignment's template that comes nearest (an affine fit, then its
    polar part). A detector's depths are left out: they follow the mouth more than the head does. On the truth worn
    over a lively speaker this reads yaw back with a correlation of 0.95, the fit with depths with 0.93.

    Args:
        points: (478, 2 or 3) face points in any unit.
    """
    seen = np.asarray(points, np.float64)[STABLE, :2]
    front = _TEMPLATE - _TEMPLATE.mean(0)
    affine = np.linalg.lstsq(front, seen - seen.mean(0), rcond=None)[0].T
    u, _, vt = np.linalg.svd(affine, full_matrices=False)
    right, down = u @ vt
    ahead = np.cross(right, down)
    return float(np.degrees(np.arcsin(np.clip(ahead[0], -1, 1)))), float(np.degrees(np.arctan2(ahead[1], ahead[2])))


def turn_correlations(
    own: Sequence[tuple[float, float]], worn: Sequence[tuple[float, float]], fps: float
) -> dict[str, float | None]:
    """How the worn head turns with the performer's.

    Args:
        own: Yaw and pitch of each frame in degrees.
        worn: The same of the worn face.
        fps: Frames a second.

    Returns:
        `yaw_correlation` and `pitch_correlation`, None where the performer's varies by less than `LEAST_TURN_DEG`
        (largest less smallest, after smoothing), and `turn_correlation`, the lesser of those that are there.
    """
    figures: dict[str, float | None] = {"yaw_correlation": None, "pitch_correlation": None}
    for axis, name in enumerate(list(figures)):
        sides = [smooth(np.array([turn[axis] for turn in turns], np.float64), fps) for turns in (own, worn)]
        if len(sides[0]) and np.ptp(sides[0]) > LEAST_TURN_DEG:
            figures[name] = correlation(sides[0], sides[1])
    there = [value for value in figures.values() if value is not None]
    return {"turn_correlation": min(there, default=None), **figures}


def smooth(values: Floats, fps: float) -> Floats:
    """Centred means over `TURN_WINDOW_S`; at both ends over what is there."""
    width = min(round(TURN_WINDOW_S * fps) | 1, len(values))
    if width < 2:
        return values
    window = np.ones(width)
    known = np.convolve(np.ones(len(values)), window, "same")
    return np.asarray(np.convolve(values, window, "same") / known, np.float64)


def residual(before: BgrImage, now: BgrImage, mask: Mask) -> float:
    """What changes from one picture to the next beyond what moves: the mean over a mask, in grey levels.

    The picture before is warped onto the one now by its own dense optical flow (DIS; Kroeger et al., 2016).

    Args:
        before: (S, S, 3) uint8 BGR.
        now: The same shape.
        mask: (S, S) uint8; counted where it is over 127.
    """
    grey = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (before, now)]
    follow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = follow.calc(grey[1], grey[0], np.zeros((*grey[0].shape, 2), np.float32))
    rows, columns = np.indices(grey[0].shape, np.float32)
    warped = cv2.remap(
        before, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    inside = mask > 127
    return float(cv2.absdiff(warped, now)[inside].mean()) if inside.any() else 0.0


def texture(picture: BgrImage, mask: Mask) -> float:
    """Mean slope of a picture over a mask, in grey levels a pixel: how much any error of motion shows."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    slopes = np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)) / 8
    inside = mask > 127
    return float(slopes[inside].mean()) if inside.any() else 0.0


class Restlessness:
    """Follows one picture of a face from frame to frame.

    Frames must follow one another; `pause` says that one is missing.
    """

    def __init__(self) -> None:
        self._last: list[BgrImage] = []
        self._residuals: list[float] = []
        self._textures: list[float] = []
        self._trembles: list[float] = []

    def __call__(self, crop: BgrImage, mask: Mask) -> None:
        """Take the next crop; the mask's rim, where surroundings come and go, is left out."""
        inner = np.asarray(cv2.erode(mask, np.ones((_RIM, _RIM), np.uint8)), np.uint8)
        if self._last:
            self._residuals.append(residual(self._last[-1], crop, inner))
        if len(self._last) == 2:
            first, middle = (picture.astype(np.int32) for picture in self._last)
            self._trembles.append(float(np.abs(first - 2 * middle + crop)[inner > 127].mean()))
        self._textures.append(texture(crop, inner))
        self._last = [*self._last[-1:], crop]

    def pause(self) -> None:
        """The next crop does not follow the last one."""
        self._last = []

    def extend(self, other: Restlessness) -> None:
        """Add what another one saw."""
        self._residuals += other._residuals
        self._textures += other._textures
        self._trembles += other._trembles

    @property
    def change(self) -> float:
        """Mean motion-compensated change, in grey levels."""
        return float(np.mean(self._residuals)) if self._residuals else 0.0

    @property
    def flicker(self) -> float:
        """The same as a share of the picture's own texture: by how many pixels a frame fails to follow from the last.

        A face of more contrast (glasses, wrinkles, a collar) shows the same error of motion more strongly; so does a
        sharp picture beside a soft one.
        """
        return self.change / max(float(np.mean(self._textures)), 1e-6) if self._textures else 0.0

    @property
    def tremble(self) -> float:
        """Mean second difference in time, in grey levels: what shakes, even where optical flow would explain it."""
        return float(np.mean(self._trembles)) if self._trembles else 0.0


def ratio(worn: float, own: float) -> float | None:
    """One restlessness over another; None where the other one stands perfectly still."""
    return worn / own if own > 1e-6 else None
