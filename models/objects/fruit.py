"""An apple and a cut kiwi: two things of one structure. Both are round, lean, and show something at the top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from models.objects.body import Floats, Shape, profile_angles, profile_of

_SKIN_WH = (1024, 384)
_CUT = 0.66
"""How far from a kiwi's middle it is cut; its radius is 1."""
_CUT_PX = 512


@dataclass(frozen=True, slots=True)
class Fruit:
    """A shape and its paint.

    Attributes:
        name: What it is.
        colours: Words for `--region colour:…` that find it.
        shape: Its body.
        skin: (H, W, 3) float32 BGR 0..1, around the axis from left to right, top to bottom.
        cut: (S, S, 3) float32, the cut seen from the top, or None where it is whole.
        stem_bgr: Colour of the stem.
        gloss: How strongly light is mirrored.
        fuzz: How much brighter a surface gets that is seen edge on (fine hair).
    """

    name: str
    colours: str
    shape: Shape
    skin: Floats
    cut: Floats | None
    stem_bgr: tuple[float, float, float]
    gloss: float
    fuzz: float

    def paint(self, points: Floats, part: npt.NDArray[np.uint8]) -> Floats:
        """Colours of a surface, unlit.

        Args:
            points: (N, N, 3) in the body's own axes.
            part: (N, N), 2 where a point lies on the stem.

        Returns:
            (N, N, 3) float32 BGR, 0 to 1.
        """
        x, y, z = cv2.split(points)
        height, width = self.skin.shape[:2]
        across = (np.arctan2(x, z) / (2 * np.pi) + 0.5) * (width - 1)
        length = np.sqrt(x * x + y * y + z * z) + np.float32(1e-9)
        down = np.arccos(np.clip(y / length, -1, 1)) / np.pi * (height - 1)
        colours = _sample(self.skin, across, down)
        if self.cut is not None:
            half = _CUT_PX / 2
            inside = y > _CUT - 0.02
            colours[inside] = _sample(self.cut, x * half + half - 0.5, z * half + half - 0.5)[inside]
        colours[part == 2] = self.stem_bgr
        return colours


def _sample(texture: Floats, x: Floats, y: Floats) -> Floats:
    across, down = np.asarray(x, np.float32), np.asarray(y, np.float32)
    return np.asarray(cv2.remap(texture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def make_apple() -> Fruit:
    """A red apple with golden streaks, pale around its stem."""
    angle = profile_angles()
    radius = 1 / np.hypot(np.sin(angle), np.cos(angle) / 0.93)
    radius *= 1 + 0.03 * np.cos(angle) - 0.40 * np.exp(-((angle / 0.36) ** 2))
    radius *= 1 - 0.12 * np.exp(-(((np.pi - angle) / 0.28) ** 2))
    stem = np.array([0, 0.5, 0, 0.10, 0.92, 0.04, 0.05], np.float32)
    return Fruit(
        "apple", "red", Shape(profile_of(radius), stem), _apple_skin(), None, (0.10, 0.19, 0.28), gloss=0.45, fuzz=0.0
    )


def make_kiwi() -> Fruit:
    """A kiwi, its top cut off: brown fuzzy skin, green flesh, a ring of seeds around a pale core."""
    angle = profile_angles()
    with np.errstate(divide="ignore"):
        cut = np.where(np.cos(angle) > 0.05, _CUT / np.maximum(np.cos(angle), 0.05), np.inf)
    radius = np.minimum(1 / np.hypot(np.sin(angle), np.cos(angle) / 1.06), cut)
    shape = Shape(profile_of(radius), np.zeros(7, np.float32))
    return Fruit("kiwi", "brown+green", shape, _kiwi_skin(), _kiwi_cut(), (0, 0, 0), gloss=0.10, fuzz=0.35)


FRUITS: Mapping[str, Callable[[], Fruit]] = MappingProxyType({"apple": make_apple, "kiwi": make_kiwi})


def _noise(random: np.random.Generator, cells_wh: tuple[int, int], size_wh: tuple[int, int]) -> Floats:
    """Smooth noise, (H, W, 1), mean 0; its left and right ends meet."""
    cells = random.normal(0, 1, (cells_wh[1], cells_wh[0])).astype(np.float32)
    cells[:, -1] = cells[:, 0]
    return np.asarray(cv2.resize(cells, size_wh, interpolation=cv2.INTER_CUBIC), np.float32)[..., None]


def _mix(one: Floats, other: Floats, share: Floats) -> Floats:
    share = np.clip(share, 0, 1)
    return np.asarray(one * (1 - share) + other * share, np.float32)


def _bgr(red: int, green: int, blue: int) -> Floats:
    return np.array([blue, green, red], np.float32) / 255


def _apple_skin() -> Floats:
    random = np.random.default_rng(1)
    angle = np.linspace(0, np.pi, _SKIN_WH[1], dtype=np.float32)[:, None, None]
    streaks = 0.55 * _noise(random, (160, 5), _SKIN_WH) + 0.6 * _noise(random, (9, 4), _SKIN_WH)
    skin = _mix(_bgr(172, 14, 26), _bgr(226, 120, 44), 0.12 + 0.24 * streaks)
    pale = np.exp(-((angle / 0.52) ** 2)) * (1 + 0.35 * _noise(random, (64, 3), _SKIN_WH))
    skin = _mix(skin, _bgr(196, 190, 84), 1.15 * pale)
    skin = _mix(skin, _bgr(150, 110, 50), 0.8 * np.exp(-(((np.pi - angle) / 0.25) ** 2)))
    for _ in range(420):  # lenticels, evenly over the ball
        gamma = float(np.arccos(random.uniform(-1, 0.8)))
        place = (int(random.uniform(0, _SKIN_WH[0])), int(gamma / np.pi * _SKIN_WH[1]))
        tall = random.uniform(0.9, 2.0)
        wide = tall / max(0.15, np.sin(gamma)) * _SKIN_WH[0] / 2 / _SKIN_WH[1]
        cv2.ellipse(skin, (place, (2 * wide, 2 * tall), 0), (0.48, 0.62, 0.86), -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(skin, (0, 0), 0.7), np.float32)


def _kiwi_skin() -> Floats:
    random = np.random.default_rng(2)
    fuzz = 0.6 * _noise(random, (300, 60), _SKIN_WH) + 0.7 * _noise(random, (24, 10), _SKIN_WH)
    return _mix(_bgr(104, 72, 38), _bgr(168, 126, 74), 0.42 + 0.2 * fuzz)


def _kiwi_cut() -> Floats:
    random = np.random.default_rng(3)
    axis = (np.arange(_CUT_PX, dtype=np.float32) + 0.5) / (_CUT_PX / 2) - 1
    x, y = np.meshgrid(axis, axis)
    rim = float(np.sqrt(1 - (_CUT / 1.06) ** 2))
    radius, turn = (np.hypot(x, y) / rim)[..., None], np.arctan2(y, x)[..., None]
    rays = 0.5 + 0.5 * np.cos(turn * 30 + 0.6 * np.sin(3 * turn))
    flesh = _mix(_bgr(150, 196, 62), _bgr(92, 150, 28), 1.7 * (radius - 0.38))
    flesh = _mix(flesh, _bgr(196, 222, 122), 0.5 * rays * np.clip(1 - np.abs(radius - 0.52) / 0.42, 0, 1))
    for number in range(34):
        around = (number + random.uniform(-0.25, 0.25)) / 34 * 2 * np.pi
        far = rim * random.uniform(0.38, 0.56)
        centre = ((1 + far * np.cos(around)) * _CUT_PX / 2, (1 + far * np.sin(around)) * _CUT_PX / 2)
        cv2.ellipse(flesh, (centre, (22, 10), np.degrees(around)), (0.08, 0.10, 0.11), -1, cv2.LINE_AA)
    flesh = _mix(flesh, _bgr(236, 236, 196), 6 * (0.30 + 0.03 * np.cos(5 * turn) - radius))
    flesh = _mix(flesh, _bgr(120, 88, 46), 30 * (radius - 0.955))
    return np.asarray(cv2.GaussianBlur(flesh, (0, 0), 1.0), np.float32)
