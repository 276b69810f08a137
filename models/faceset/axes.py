"""What a face's state is measured on, and the bins that footage is to fill.

Right and left in all words are the person's own: their left is on the right of an unmirrored picture. Lengths are in
distances between the eyes, absolute, as in `realtime.source.expression`: a narrow mouth is narrow on every face. The
edges were set on three clips of real people: lids rest 0.12 to 0.21 apart and shut to 0.02 to 0.06, talk opens the
mouth to 0.3, a shout to 0.85.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.faceset.record import FaceRecord

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Bin:
    """One stretch of an axis.

    Attributes:
        label: Over its column in a table.
        words: Goes on from "No footage"; also names it when two sets are compared.
        upper: Where it ends and the next begins.
        wanted: Whether footage without it lacks something.
    """

    label: str
    words: str
    upper: float = math.inf
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Axis:
    """One number of a face's state.

    Attributes:
        name: In figures and files.
        title: For people.
        value: Read from a record.
        bins: From low to high.
        tolerance: Two faces that differ by no more look alike on this axis.
    """

    name: str
    title: str
    value: Callable[[FaceRecord], float]
    bins: tuple[Bin, ...]
    tolerance: float

    def place(self, values: Floats) -> Places:
        """The bin, counted from 0, of each of (N,) values."""
        return np.searchsorted([each.upper for each in self.bins[:-1]], values, side="right")


YAW = Axis(
    "yaw",
    "Head turned",
    lambda face: face.yaw,
    (
        Bin("far to their right", "facing far to their right", -25),
        Bin("to their right", "facing to their right", -10),
        Bin("ahead", "facing the camera", 10),
        Bin("to their left", "facing to their left", 25),
        Bin("far to their left", "facing far to their left"),
    ),
    tolerance=8.0,
)
PITCH = Axis(
    "pitch",
    "Head nodded",
    lambda face: face.pitch,
    (Bin("up", "facing up", -10), Bin("level", "facing level", 10), Bin("down", "facing down")),
    tolerance=8.0,
)
MOUTH_OPEN = Axis(
    "mouth_open",
    "Mouth",
    lambda face: face.mouth_open,
    (
        Bin("closed", "with the mouth closed", 0.05),
        Bin("a little open", "with the mouth a little open", 0.2),
        Bin("open", "with the mouth open", 0.45),
        Bin("wide open", "with the mouth wide open"),
    ),
    tolerance=0.1,
)
MOUTH_WIDTH = Axis(
    "mouth_width",
    "Lips",
    lambda face: face.mouth_width,
    (
        Bin("narrow", "with the lips drawn together, as in “oo”", 0.6),
        Bin("at rest", "with the lips at rest", 0.85),
        Bin("wide", "with the lips drawn wide, as in “ee”"),
    ),
    tolerance=0.1,
)
SMILE = Axis(
    "smile",
    "Corners of the mouth",
    lambda face: face.smile,
    (
        Bin("lowered", "with the corners of the mouth lowered", -0.06, wanted=False),
        Bin("level", "with the corners of the mouth level", 0.03),
        Bin("raised", "with a smile"),
    ),
    tolerance=0.05,
)
EYES = Axis(
    "eyes",
    "Eyes",
    lambda face: (face.right_eye + face.left_eye) / 2,
    (
        Bin("closed", "with the eyes closed", 0.065),
        Bin("half closed", "with the eyes half closed", 0.1),
        Bin("open", "with the eyes open", 0.18),
        Bin("wide open", "with the eyes wide open", wanted=False),
    ),
    tolerance=0.035,
)
GAZE_X = Axis(
    "gaze_x",
    "Gaze sideways",
    lambda face: face.gaze_x,
    (
        Bin("to their right", "with the eyes looking to their right", -0.03),
        Bin("ahead", "with the eyes looking ahead", 0.03),
        Bin("to their left", "with the eyes looking to their left"),
    ),
    tolerance=0.025,
)
GAZE_Y = Axis(
    "gaze_y",
    "Gaze up and down",
    lambda face: face.gaze_y,
    (
        Bin("up", "with the eyes looking up", -0.045),
        Bin("ahead", "with the eyes neither up nor down", 0.005),
        Bin("down", "with the eyes looking down"),
    ),
    tolerance=0.025,
)
LIGHT_X = Axis(
    "light_x",
    "Light from the side",
    lambda face: face.light_x,
    (
        Bin("from their right", "lit from their right", -0.15),
        Bin("from ahead", "lit from ahead", 0.15),
        Bin("from their left", "lit from their left"),
    ),
    tolerance=0.2,
)
LIGHT_Y = Axis(
    "light_y",
    "Light from above or below",
    lambda face: face.light_y,
    (
        Bin("from above", "lit from above", -0.2, wanted=False),
        Bin("level", "lit from the height of the face", 0.05, wanted=False),
        Bin("from below", "lit from below", wanted=False),
    ),
    tolerance=0.2,
)
BRIGHTNESS = Axis(
    "brightness",
    "Brightness",
    lambda face: face.brightness,
    (
        Bin("dim", "in dim light", 0.3, wanted=False),
        Bin("middling", "in middling light", 0.6, wanted=False),
        Bin("bright", "in bright light", wanted=False),
    ),
    tolerance=0.12,
)

AXES = (YAW, PITCH, MOUTH_OPEN, MOUTH_WIDTH, SMILE, EYES, GAZE_X, GAZE_Y, LIGHT_X, LIGHT_Y, BRIGHTNESS)

GROUPS: dict[str, tuple[Axis, ...]] = {
    "pose": (YAW, PITCH),
    "mouth": (MOUTH_OPEN, MOUTH_WIDTH, SMILE),
    "eyes": (EYES, GAZE_X, GAZE_Y),
    "light": (LIGHT_X, LIGHT_Y, BRIGHTNESS),
}
"""Axes that make a state together."""


def states(faces: tuple[FaceRecord, ...]) -> dict[str, Floats]:
    """For each axis the (N,) values of N faces."""
    return {axis.name: np.array([axis.value(face) for face in faces], np.float64) for axis in AXES}


def facing(pitch: int, yaw: int) -> str:
    """A pose's words, from its two bins: "facing down and far to their left"."""
    turned, nodded = YAW.bins[yaw], PITCH.bins[pitch]
    if nodded is PITCH.bins[1]:
        return turned.words
    if turned is YAW.bins[2]:
        return nodded.words
    return f"{nodded.words} and {turned.label}"


def pose_wanted(pitch: int, yaw: int) -> bool:
    """Whether a pose is asked for: all but the far corners, which a webcam seldom sees."""
    return 0 < yaw < len(YAW.bins) - 1 or pitch == 1
