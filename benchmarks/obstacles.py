"""Things that pass before a face: a hand, a mug, a microphone, a scarf of hair. Drawn here, not as training draws them.

Each is a sprite: a picture and its coverage, one distance between the eyes being `UNIT` pixels, drawn once and laid
over frame after frame along a path of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.frame import BgrImage, Mask, Points2

UNIT = 160
_SIDE = 4 * UNIT
_MIDDLE = _SIDE // 2

Point = tuple[float, float]
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sprite:
    """(S, S, 3) uint8 BGR and (S, S) uint8 coverage."""

    picture: BgrImage
    cover: Mask


def _stroke(cover: Mask, path: list[Point], width: float) -> None:
    points = (np.array(path) * UNIT + _MIDDLE) * 16
    cv2.polylines(cover, [np.rint(points).astype(np.int32)], False, (255,), round(width * UNIT), cv2.LINE_AA, 4)
    for x, y in np.rint(points).astype(int).tolist():
        cv2.circle(cover, (x, y), round(width * UNIT * 8), (255,), cv2.FILLED, cv2.LINE_AA, 4)


def _fill(cover: Mask, outline: list[Point]) -> None:
    points = np.rint((np.array(outline) * UNIT + _MIDDLE) * 16).astype(np.int32)
    cv2.fillPoly(cover, [points], (255,), cv2.LINE_AA, 4)


def _ring(cover: Mask, middle: Point, radii: Point, thickness: int) -> None:
    (x, y), (wide, high) = ([round(part * UNIT) for part in pair] for pair in (middle, radii))
    cv2.ellipse(cover, (_MIDDLE + x, _MIDDLE + y), (wide, high), 0, 0, 360, (255,), thickness)


def _paint(cover: Mask, colour: Colour, grain: npt.NDArray[np.float32], depth: float) -> BgrImage:
    """A surface lit from the upper left, round at its rim, with a grain."""
    from_rim = cv2.distanceTransform((cover > 127).astype(np.uint8), cv2.DIST_L2, 5) / np.float32(UNIT * depth)
    height = np.asarray(cv2.GaussianBlur(np.sqrt(np.minimum(from_rim, 1)), (0, 0), 4), np.float32)
    slope = cv2.Sobel(height, -1, 1, 0) + cv2.Sobel(height, -1, 0, 1)
    shade = 0.62 + 0.38 * height + 1.2 * slope
    picture = np.array(colour, np.float32) * (shade * (1 + grain))[..., None]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _noise(random: np.random.Generator, wide: float, high: float, strength: float) -> npt.NDArray[np.float32]:
    """Noise with grains of a size in pixels, (S, S), about 0."""
    cells = random.normal(0, 1, (max(2, round(_SIDE / high)), max(2, round(_SIDE / wide)))).astype(np.float32)
    return np.asarray(strength * cv2.resize(cells, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def _hand(random: np.random.Generator) -> Sprite:
    """A palm with four fingers and a thumb, in a skin much like the performer's own: the hardest to tell from it."""
    cover = np.zeros((_SIDE, _SIDE), np.uint8)
    _fill(cover, [(-0.36, 0.1), (-0.3, -0.3), (0.34, -0.34), (0.42, 0.2), (0.3, 0.9), (-0.28, 0.9)])
    _fill(cover, [(-0.28, 0.9), (0.3, 0.9), (0.34, 2.0), (-0.3, 2.0)])
    for finger in range(4):
        x, reach = -0.27 + 0.19 * finger, (0.62, 0.78, 0.74, 0.52)[finger]
        lean = 0.05 * (finger - 1.5)
        _stroke(cover, [(x, -0.2), (x + lean, -0.2 - reach * 0.55), (x + 1.6 * lean, -0.2 - reach)], 0.155)
    _stroke(cover, [(-0.28, 0.45), (-0.55, 0.12), (-0.66, -0.16)], 0.19)
    grain = _noise(random, 3, 3, 0.03) + _noise(random, 60, 14, 0.05)
    return Sprite(_paint(cover, (148, 170, 214), grain, 0.12), cover)


def _mug(random: np.random.Generator) -> Sprite:
    cover = np.zeros((_SIDE, _SIDE), np.uint8)
    _fill(cover, [(-0.5, -0.5), (0.5, -0.5), (0.46, 0.62), (-0.46, 0.62)])
    _ring(cover, (0.0, -0.5), (0.5, 0.1), cv2.FILLED)
    _ring(cover, (0.55, 0.0), (0.24, 0.34), 20)
    rows = np.indices((_SIDE, _SIDE), np.float32)[0]
    stripes = 0.25 * np.sign(np.sin(rows / 13))
    return Sprite(_paint(cover, (196, 120, 60), stripes + _noise(random, 4, 4, 0.02), 0.3), cover)


def _microphone(random: np.random.Generator) -> Sprite:
    cover = np.zeros((_SIDE, _SIDE), np.uint8)
    _stroke(cover, [(0.05, 0.3), (0.35, 1.8)], 0.24)
    _ring(cover, (0.0, 0.0), (0.34, 0.4), cv2.FILLED)
    rows, columns = np.indices((_SIDE, _SIDE), np.float32)
    mesh = 0.35 * np.sin(columns / 2.6) * np.sin(rows / 2.6)
    return Sprite(_paint(cover, (92, 92, 96), mesh + _noise(random, 8, 8, 0.04), 0.3), cover)


def _hair(random: np.random.Generator) -> Sprite:
    """Strands that sweep down across one side."""
    cover = np.zeros((_SIDE, _SIDE), np.uint8)
    for _ in range(26):
        start, sweep = random.uniform(-0.35, 0.35), random.uniform(0.1, 0.5)
        path = [(start + sweep * math.sin(step / 3) + 0.05 * random.normal(), -1.7 + 0.34 * step) for step in range(11)]
        _stroke(cover, path, random.uniform(0.025, 0.07))
    grain = _noise(random, 2, 90, 0.35)
    return Sprite(_paint(cover, (38, 52, 78), grain, 0.04), cover)


SPRITES: Mapping[str, Callable[[np.random.Generator], Sprite]] = MappingProxyType(
    {"hand": _hand, "mug": _mug, "microphone": _microphone, "hair": _hair}
)
_PLACES: Mapping[str, tuple[Point, Point, float]] = MappingProxyType(
    {
        # Where its middle starts and ends in distances between the eyes from their middle; its lean in degrees.
        "hand": ((-1.3, 1.2), (0.9, 0.9), 14),
        "mug": ((0.4, 2.0), (0.1, 1.15), -6),
        "microphone": ((-0.9, 1.7), (0.25, 1.35), 0),
        "hair": ((-1.2, 0.3), (0.5, 0.3), 4),
    }
)


class Obstacle:
    """One thing on its way across a face.

    Args:
        kind: Out of `SPRITES`.
        seed: Of its surface.
    """

    def __init__(self, kind: str, seed: int = 0) -> None:
        self._sprite = SPRITES[kind](np.random.default_rng(seed))
        self._start, self._end, self._lean_deg = _PLACES[kind]

    def draw(self, frame: BgrImage, landmarks_px: Points2, share: float) -> Mask:
        """Draw it into a frame.

        Args:
            frame: (H, W, 3) uint8 BGR, drawn into.
            landmarks_px: (478, 2) the face's points, which it is placed by.
            share: How far it is on its way, 0 to 1.

        Returns:
            (H, W) uint8, what it covers.
        """
        right, left = (landmarks_px[list(pair)].mean(0) for pair in topology.EYE_CORNERS)
        unit = float(np.linalg.norm(left - right))
        shift = (1 - share) * np.array(self._start) + share * np.array(self._end)
        x, y = (right + left) / 2 + shift * unit
        turn = np.asarray(cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), self._lean_deg, unit / UNIT), np.float64)
        frame_from_sprite = turn + np.array([[0, 0, x - _MIDDLE], [0, 0, y - _MIDDLE]])
        size_wh = frame.shape[1], frame.shape[0]
        picture, cover = (
            np.asarray(cv2.warpAffine(plane, frame_from_sprite, size_wh, flags=cv2.INTER_LINEAR), np.uint8)
            for plane in (self._sprite.picture, self._sprite.cover)
        )
        share_of = (cover.astype(np.float32) / 255)[..., None]
        under = frame.astype(np.float32)
        frame[:] = np.rint(under + (picture - under) * share_of).astype(np.uint8)
        return cover
