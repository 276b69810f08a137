"""Performers that no network was trained on, with a known truth: the two portraits in other shapes and colours.

Shape and colours are drawn anew by rules of this file, wider than people differ, so that what is measured is no
memory of training's own strangers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib import cbook

from realtime.face import topology
from realtime.frame import BgrImage, Frame, Points3, Truth
from realtime.source.base import Source
from realtime.source.canvas import find_portrait_points, load_photo, portrait_digest
from realtime.source.expression import Expression, ExpressionPath
from realtime.source.renderer import PortraitRenderer

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Looks:
    """What one stranger looks like; shares are of the head's own measures.

    Attributes:
        photo: `astronaut` or `hopper`: whose portrait it began as.
        wide: How much wider the head is.
        tall: How much taller below the eyes.
        jaw: How far the jaw's sides stand out, in distances between the eyes.
        nose: How far the nose's tip is drawn down.
        lips: How much thicker lips stand off each other's outer edges.
        hue: Turn of the colours, in degrees.
        gains: Blue, green, red.
        gamma: Under 1 is a lighter skin.
        noise: Of the camera, standard deviation in grey levels.
    """

    photo: str
    wide: float = 0.0
    tall: float = 0.0
    jaw: float = 0.0
    nose: float = 0.0
    lips: float = 0.0
    hue: float = 0.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    noise: float = 2.0


STRANGERS = {
    "long dark face": Looks("astronaut", -0.05, 0.10, -0.03, 0.05, 0.02, 6, (0.85, 0.92, 1.0), 1.9),
    "broad pale face": Looks("astronaut", 0.09, -0.06, 0.06, -0.03, 0.0, -5, (1.12, 1.02, 0.98), 0.7),
    "square ruddy face": Looks("hopper", 0.05, 0.04, 0.07, 0.02, -0.01, 0, (0.8, 0.88, 1.0), 1.3),
    "narrow face, blue light": Looks("hopper", -0.07, 0.03, -0.04, 0.03, 0.015, 12, (1.3, 1.0, 0.8), 1.0),
}


class StrangerPerformer(Source):
    """One stranger, performing a path; every frame carries the expression it was drawn in.

    Args:
        name: Of the stranger, in `STRANGERS`.
        seed: Which path.
        size_wh: Width and height of the frames.
    """

    fps = 30.0
    live = False

    def __init__(self, name: str, seed: int, size_wh: tuple[int, int] = (1280, 720)) -> None:
        self.name, self.size_wh = f"stranger:{name}", size_wh
        self._looks, self._path = STRANGERS[name], ExpressionPath(seed)
        self._noise = np.random.default_rng(seed)
        self._next = 0

    def open(self) -> None:
        """Colour the portrait and build the head."""
        photo = colour(load_photo(_portrait_file(self._looks.photo)), self._looks)
        points = find_portrait_points(photo, self.name)
        self._digest = portrait_digest(photo)
        self._renderer = ReshapedRenderer(photo, points, self.size_wh, self._looks)
        self._next = 0

    def read(self) -> Frame:
        """The next frame."""
        index, self._next = self._next, self._next + 1
        expression = self._path.at(index / self.fps)
        picture = np.empty((self.size_wh[1], self.size_wh[0], 3), np.uint8)
        points = self._renderer.frame(expression, picture)
        noise = np.empty(picture.shape, np.int16)
        cv2.setRNGSeed(int(self._noise.integers(2**31)))
        cv2.randn(noise, 0, self._looks.noise)  # type: ignore[call-overload]  # stubs lack scalars
        noisy = np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), np.uint8)
        truth = Truth(self._digest, points[:, :2].copy(), expression)
        return Frame(index, time.monotonic(), index / self.fps, noisy, truth=truth)

    def close(self) -> None:
        """Nothing is held."""


class ReshapedRenderer(PortraitRenderer):
    """Draws a portrait's head in another shape, as whole frames."""

    def __init__(self, photo: BgrImage, landmarks_px: Points3, size_wh: tuple[int, int], looks: Looks) -> None:
        super().__init__(photo, landmarks_px, size_wh)
        self._shape = reshape(self.head.rest, looks)

    def frame(self, expression: Expression, out: BgrImage) -> Points3:
        """As `PortraitRenderer.frame`."""
        np.copyto(out, self.canvas)
        posed = self.head.pose(expression, self._shape)
        self._draw(posed, expression, np.eye(2, 3), out, self.texture)
        return posed.points.astype(np.float32)


def reshape(rest: Vectors, looks: Looks) -> Vectors:
    """(468, 3) offsets from (478, 3) points at rest, both in distances between the eyes."""
    skin = rest[: topology.SKIN_POINTS]
    x, y = skin[:, 0], skin[:, 1]
    offsets = np.zeros_like(skin)
    offsets[:, 0] = looks.wide * x
    offsets[:, 1] = looks.tall * np.maximum(y, 0)
    low = np.exp(-((y - 1.3) ** 2) / 0.5) * np.tanh(2 * x)
    offsets[:, 0] += looks.jaw * low
    tip = np.exp(-(x**2) / 0.06 - (y - 0.5) ** 2 / 0.05)
    offsets[:, 1] += looks.nose * tip
    offsets[:, 2] -= looks.nose * tip
    offsets[list(topology.LIPS_OUTER[:10]), 1] -= looks.lips
    offsets[list(topology.LIPS_OUTER[10:]), 1] += looks.lips
    return offsets


def colour(photo: BgrImage, looks: Looks) -> BgrImage:
    """Another skin under another lamp, (H, W, 3) uint8 BGR."""
    turned = cv2.cvtColor(photo, cv2.COLOR_BGR2HSV)
    turned[..., 0] = (turned[..., 0].astype(np.int16) + round(looks.hue / 2)) % 180
    picture = cv2.cvtColor(turned, cv2.COLOR_HSV2BGR).astype(np.float32) / 255
    picture = picture**looks.gamma * np.array(looks.gains, np.float32)
    return np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)


def _portrait_file(name: str) -> Path | None:
    return None if name == "astronaut" else Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
