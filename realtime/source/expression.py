"""What a face does: pose, expression, gaze and light, and smooth random paths through them.

Openings are absolute, in distances between the eyes: 0.3 is the same open mouth on every face. A portrait that
smiles and one that does not are brought to the same expression.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields

import numpy as np
import numpy.typing as npt

Bounds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expression:
    """One moment of a face. Lengths are in distances between the eyes, angles in degrees.

    Right and left are the person's own. The field order is the order of every table in this file.
    """

    yaw: float = 0.0  # positive: the nose moves to the right of the picture
    pitch: float = 0.0  # positive: the nose moves down
    roll: float = 0.0  # positive: clockwise in the picture
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0
    mouth_open: float = 0.02  # between the lips' inner edges
    mouth_width: float = 0.80  # between the mouth's inner corners
    smile: float = 0.0  # how far the corners are lifted
    mouth_shift: float = 0.0  # sideways
    right_eye: float = 0.155  # between the lids
    left_eye: float = 0.155
    right_brow: float = 0.0  # how far it is lifted
    left_brow: float = 0.0
    gaze_x: float = 0.0  # of the iris, from the middle between the eye's corners
    gaze_y: float = -0.02
    light_x: float = 0.0  # where the light comes from, -1 to 1
    light_y: float = -0.2
    light: float = 0.0  # how strongly it models the face, 0 to 1
    exposure: float = 1.0


NAMES = tuple(field.name for field in fields(Expression))
REST = np.array(astuple(Expression()), np.float64)

# How far each goes to either side of rest in natural talk, and in training, which must be wider than life.
_TALK = {
    "yaw": (-24, 24), "pitch": (-12, 12), "roll": (-10, 10), "shift_x": (-0.5, 0.5), "shift_y": (-0.2, 0.25),
    "zoom": (-0.08, 0.12), "mouth_open": (-0.02, 0.40), "mouth_width": (-0.16, 0.14), "smile": (-0.04, 0.10),
    "mouth_shift": (-0.04, 0.04), "right_eye": (-0.03, 0.04), "left_eye": (-0.03, 0.04),
    "right_brow": (-0.05, 0.11), "left_brow": (-0.05, 0.11), "gaze_x": (-0.07, 0.07), "gaze_y": (-0.03, 0.04),
    "light_x": (-0.9, 0.9), "light_y": (-0.5, 0.6), "light": (0.0, 0.45), "exposure": (-0.12, 0.12),
}  # fmt: skip
_WIDE = {
    "yaw": (-38, 38), "pitch": (-24, 24), "roll": (-12, 12), "shift_x": (0, 0), "shift_y": (0, 0), "zoom": (0, 0),
    "mouth_open": (-0.02, 0.95), "mouth_width": (-0.32, 0.30), "smile": (-0.14, 0.18),
    "mouth_shift": (-0.10, 0.10), "right_eye": (-0.155, 0.11), "left_eye": (-0.155, 0.11),
    "right_brow": (-0.12, 0.20), "left_brow": (-0.12, 0.20), "gaze_x": (-0.11, 0.11), "gaze_y": (-0.06, 0.08),
    "light_x": (-1, 1), "light_y": (-0.8, 0.8), "light": (0.0, 0.7), "exposure": (0, 0),
}  # fmt: skip


def _bounds(table: dict[str, tuple[float, float]]) -> tuple[Bounds, Bounds]:
    low, high = np.array([table[name] for name in NAMES], np.float64).T
    return low, high


class ExpressionPath:
    """A talking head's smooth, never repeating way through its expressions, the same for the same seed.

    Slow channels are sums of three sines of unrelated periods. Speech is a carrier of syllables, four or so a
    second, gated by phrases; blinks come every two to five seconds and last a quarter of one.

    Args:
        seed: Which path.
        scale: 1 is lively talk; 0 stays at rest.
    """

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        random = np.random.default_rng(seed)
        self._low, self._high = (bound * scale for bound in _bounds(_TALK))
        self._periods_s = random.uniform(2.2, 9.0, (3, len(NAMES)))
        self._phases = random.uniform(0, math.tau, (3, len(NAMES)))
        self._weights = np.array([0.5, 0.3, 0.2])[:, None]
        self._syllable_s, self._phrase_s = random.uniform(0.2, 0.28), random.uniform(2.4, 3.6)
        self._speech = random.uniform(0, math.tau, 3)
        self._scale = scale
        gaps = random.uniform(2.0, 5.0, 64)
        self._blinks_s, self._blink_cycle_s = np.cumsum(gaps) - 1.0, float(gaps.sum())

    def at(self, time_s: float) -> Expression:
        """The expression at a time, in seconds from the path's start."""
        waves = np.sin(math.tau * time_s / self._periods_s + self._phases)
        swing = (self._weights * waves).sum(0) * 1.25
        values = REST + np.where(swing < 0, -swing * self._low, swing * self._high)
        values = np.clip(values, REST + self._low, REST + self._high)
        named = dict(zip(NAMES, values.tolist(), strict=True))
        named["light"] = abs(swing[NAMES.index("light")]) * self._high[NAMES.index("light")]
        named["mouth_open"] = self._speak(time_s)
        eyes = 1.0 - self._scale * self._blink(time_s)
        named["left_eye"] = named["right_eye"] = 0.5 * (named["left_eye"] + named["right_eye"]) * eyes
        named["left_brow"] = 0.8 * named["right_brow"] + 0.2 * named["left_brow"]
        return Expression(**named)

    def _speak(self, time_s: float) -> float:
        low, high = self._low[NAMES.index("mouth_open")], self._high[NAMES.index("mouth_open")]
        phrase = np.clip(1.6 * math.sin(math.tau * time_s / self._phrase_s + self._speech[0]) + 0.7, 0, 1)
        syllable = 0.5 + 0.5 * math.sin(math.tau * time_s / self._syllable_s + self._speech[1])
        stress = 0.55 + 0.45 * math.sin(math.tau * time_s / 1.3 + self._speech[2])
        opening = float(phrase) * syllable * stress
        return float(max(0.0, REST[NAMES.index("mouth_open")] + low * (1 - opening) + high * opening))

    def _blink(self, time_s: float) -> float:
        """0 is open, 1 is closed."""
        nearest = float(np.abs(self._blinks_s - time_s % self._blink_cycle_s).min())
        return min(1.0, max(0.0, 1.0 - (nearest - 0.04) / 0.09))


def random_expression(random: np.random.Generator) -> Expression:
    """One expression for training: every channel on its own, wider than life, extremes well covered.

    Half of the draws keep each channel near rest, so that ordinary faces are not rare among grimaces.
    """
    low, high = _bounds(_WIDE)
    calm = random.random() < 0.5
    swing = np.clip(random.normal(0, 0.4, len(NAMES)), -1, 1) if calm else random.uniform(-1, 1, len(NAMES))
    values = REST + np.where(swing < 0, -swing * low, swing * high)
    named = dict(zip(NAMES, values.tolist(), strict=True))
    named["mouth_open"] = float(max(0.0, random.choice([0.0, random.uniform(0, 0.3), random.uniform(0, 0.97)])))
    if random.random() < 0.7:  # eyes mostly move together
        named["left_eye"], named["left_brow"] = named["right_eye"], named["right_brow"]
    if random.random() < 0.15:
        named["left_eye"] = named["right_eye"] = float(random.uniform(0, 0.04))
    return Expression(**named)
