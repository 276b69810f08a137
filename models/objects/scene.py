"""A fruit on a table: pose, light and camera; one picture, and a smooth way through many."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from models.objects.body import REACH, Floats, see
from models.objects.fruit import Fruit
from realtime.frame import BgrImage, Mask

_FINE = 2
"""Objects are drawn so many times as large as they are shown, and averaged down."""
_SHARE = 0.21
"""Radius of an object as a share of the frame's height."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How an object lies and is lit. Angles in degrees; the field order is the order of the table below.

    Attributes:
        nod: How far its top leans towards the viewer.
        turn: How far it is turned to the side; positive: its top moves to the right.
        roll: Clockwise in the picture.
        shift_x: Of its middle, to the right, in shares of the frame's height.
        shift_y: The same, downwards.
        zoom: Size.
        light_x: Where the light comes from, -1 left to 1 right.
        light_y: The same, 1 from above.
        light: How much of it comes from there, the rest from everywhere.
        warmth: Of the light, -1 blue to 1 yellow.
        exposure: How bright.
    """

    nod: float = 45.0
    turn: float = 0.0
    roll: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0
    light_x: float = -0.4
    light_y: float = 0.6
    light: float = 0.6
    warmth: float = 0.0
    exposure: float = 1.0


_BOUNDS = {
    "nod": (22, 68), "turn": (-34, 34), "roll": (-24, 24), "shift_x": (-0.34, 0.34), "shift_y": (-0.14, 0.14),
    "zoom": (0.8, 1.2), "light_x": (-0.9, 0.9), "light_y": (0.15, 0.9), "light": (0.4, 0.75), "warmth": (-0.7, 0.7),
    "exposure": (0.8, 1.15),
}  # fmt: skip


class MomentPath:
    """A smooth, never repeating way of an object that is turned in a hand; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._low, self._high = np.array([_BOUNDS[field.name] for field in fields(Moment)], np.float64).T
        self._periods_s = random.uniform(2.0, 8.0, (3, len(self._low)))
        self._phases = random.uniform(0, math.tau, (3, len(self._low)))

    def at(self, time_s: float) -> Moment:
        """The moment at a time, in seconds from the path's start."""
        waves = np.sin(math.tau * time_s / self._periods_s + self._phases)
        swing = np.clip(1.3 * np.array([0.5, 0.3, 0.2]) @ waves, -1, 1)
        values = 0.5 * (self._low + self._high) + 0.5 * swing * (self._high - self._low)
        return Moment(*values.tolist())


class Scene:
    """Draws one fruit on one table.

    Args:
        fruit: What lies there.
        size_wh: Of the frames.
        seed: Which table.
    """

    def __init__(self, fruit: Fruit, size_wh: tuple[int, int] = (640, 360), seed: int = 0) -> None:
        self.fruit, self.size_wh = fruit, size_wh
        self._table = _draw_table(size_wh, seed)

    def draw(self, moment: Moment) -> tuple[BgrImage, Mask]:
        """One frame, (H, W, 3) uint8 BGR, and what of it is the fruit, (H, W) uint8."""
        light, tint = _light(moment), _tint(moment)
        picture = self._table * (tint * (0.45 + 0.55 * light[2]) * moment.exposure)
        colours, cover = self._draw_fruit(moment, light, tint)
        centre, side = self._place(moment)
        self._cast_shadow(picture, centre, side, moment)
        frame_from_square = np.array([[1.0, 0, centre[0] - side / 2], [0, 1.0, centre[1] - side / 2]])
        layer = np.dstack([colours, cover])
        placed = cv2.warpAffine(layer, frame_from_square, self.size_wh, flags=cv2.INTER_LINEAR)
        share = placed[..., 3:]
        picture = placed[..., :3] + picture * (1 - share)
        return (
            np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8),
            np.rint(share[..., 0] * 255).astype(np.uint8),
        )

    def _place(self, moment: Moment) -> tuple[tuple[float, float], int]:
        """Middle of the fruit and side of the square it is drawn in, in pixels of the frame."""
        width, height = self.size_wh
        side = round(2 * REACH * _SHARE * height * moment.zoom)
        return (width / 2 + moment.shift_x * height, height * (0.5 + moment.shift_y)), side

    def _draw_fruit(self, moment: Moment, light: Floats, tint: Floats) -> tuple[Floats, Floats]:
        """(N, N, 3) lit colours, times their coverage, and (N, N) that coverage; both float32."""
        _, side = self._place(moment)
        hits = see(self.fruit.shape, _rotation(moment), _FINE * side)
        colours = self.fruit.paint(hits.points, hits.part)
        lit = _shade(colours, hits.normals, light, moment, self.fruit) * tint * moment.exposure
        there = (hits.part > 0).astype(np.float32)[..., None]
        small = cv2.resize(np.dstack([lit * there, there]), (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(small[..., :3], np.float32), np.asarray(small[..., 3], np.float32)

    def _cast_shadow(self, picture: Floats, centre: tuple[float, float], side: int, moment: Moment) -> None:
        radius = side / (2 * REACH)
        shadow = np.zeros(picture.shape[:2], np.float32)
        middle = (centre[0] - 0.5 * moment.light_x * radius, centre[1] + 0.72 * radius)
        cv2.ellipse(shadow, (middle, (2.3 * radius, 0.9 * radius), 0), (1.0,), -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(shadow, (0, 0), 0.22 * radius)
        picture *= 1 - 0.55 * moment.light * soft[..., None]


def _rotation(moment: Moment) -> npt.NDArray[np.float64]:
    nod, turn, roll = (math.radians(angle) for angle in (moment.nod, moment.turn, -moment.roll))
    about_x = np.array([[1, 0, 0], [0, math.cos(nod), -math.sin(nod)], [0, math.sin(nod), math.cos(nod)]])
    about_y = np.array([[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, np.float64)


def _light(moment: Moment) -> Floats:
    direction = np.array([moment.light_x, moment.light_y, 0.75], np.float32)
    return direction / np.float32(np.linalg.norm(direction))


def _tint(moment: Moment) -> Floats:
    return np.array([1 - 0.12 * moment.warmth, 1.0, 1 + 0.08 * moment.warmth], np.float32)


def _shade(colours: Floats, normals: Floats, light: Floats, moment: Moment, fruit: Fruit) -> Floats:
    """Soft light from one side, the rest from everywhere, a highlight (Blinn, 1977), a bright rim of fuzz."""
    facing = np.clip(normals @ light * 0.85 + 0.15, 0, 1)[..., None]
    around = 0.75 + 0.25 * normals[..., 1:2]
    strength = moment.light * 1.45 * facing + (1 - moment.light) * 1.1 * around
    halfway = light + np.array([0, 0, 1], np.float32)
    mirrored = np.clip(normals @ (halfway / np.linalg.norm(halfway)), 0, 1)[..., None] ** 40
    edge = (1 - np.clip(normals[..., 2:], 0, 1)) ** 3
    return np.asarray(colours * strength * (1 + fruit.fuzz * edge) + fruit.gloss * moment.light * mirrored, np.float32)


def _draw_table(size_wh: tuple[int, int], seed: int) -> Floats:
    """Cool slate or linen with slow unevenness, (H, W, 3) float32."""
    random = np.random.default_rng((seed, 7))
    base = np.array([(0.56, 0.50, 0.44), (0.66, 0.63, 0.60), (0.50, 0.44, 0.42)][seed % 3], np.float32)
    slow = cv2.resize(random.normal(0, 1, (5, 8)).astype(np.float32), size_wh, interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(
        random.normal(0, 1, (size_wh[1] // 3, size_wh[0] // 12)).astype(np.float32),
        size_wh,
        interpolation=cv2.INTER_LINEAR,
    )
    return np.asarray(base * (1 + 0.05 * slow + 0.02 * fine)[..., None], np.float32)


def moment_table(moments: list[Moment]) -> npt.NDArray[np.float64]:
    """(N, 11) of moments, one row each, in the order of the fields."""
    return np.array([astuple(moment) for moment in moments], np.float64)
