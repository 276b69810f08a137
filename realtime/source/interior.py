"""What lies behind the openings of a portrait: eyeballs, and a mouth with teeth and a tongue.

A photo with closed lips shows none of it, and one that smiles shows too much; so it is drawn, the same for every
portrait but for the colours of its eyes. All of it is painted once into a strip of texture and hung into the
head's own space, upper teeth to the skull, lower teeth and tongue to the jaw.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.frame import BgrImage, Points3
from realtime.source.deform import Vectors
from realtime.source.expression import Expression
from realtime.source.head import HeadModel, PosedHead

_TILE = 96
_CAVITY, _UPPER_TEETH, _LOWER_TEETH, _TONGUE, _RIGHT_EYE, _RIGHT_IRIS, _LEFT_EYE, _LEFT_IRIS = range(8)
STRIP_HEIGHT = _TILE
STRIP_WIDTH = 8 * _TILE

_SIDES = 20
_COLUMNS = 12
_LASHES, _LASHES_AHEAD = 0.026, 0.03
"""How thick lashes are at the middle of a lid, and how far they stand before it, in distances between the eyes."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One drawn part: where it goes is computed for each expression, the rest is fixed."""

    texels: npt.NDArray[np.float64]
    triangles: npt.NDArray[np.int32]


class Interior:
    """The inside of one head.

    Args:
        head: The head it belongs to.
        photo: (H, W, 3) uint8 BGR, for the colours of the eyes.
        landmarks_px: (478, 3) face points in the photo.
    """

    def __init__(self, head: HeadModel, photo: BgrImage, landmarks_px: Points3) -> None:
        self._head = head
        self.strip = _paint_strip(photo, landmarks_px)
        parts = [_disc(_CAVITY, len(topology.LIPS_INNER))]
        parts += [_disc(_TONGUE, _SIDES), _band(_LOWER_TEETH), _band(_UPPER_TEETH)]
        for ball, iris in ((_RIGHT_EYE, _RIGHT_IRIS), (_LEFT_EYE, _LEFT_IRIS)):
            parts += [_disc(ball, _SIDES), _disc(iris, _SIDES)]
        starts = np.cumsum([0] + [len(part.texels) for part in parts])
        self.texels = np.vstack([part.texels for part in parts])
        self.triangles = np.vstack([part.triangles + start for part, start in zip(parts, starts, strict=False)]).astype(
            np.int32
        )

    def points(self, posed: PosedHead, expression: Expression) -> Vectors:
        """(N, 3) points of all parts in the photo's pixels, to be drawn in order before the skin."""
        mouth = self._head.mouth
        ring = mouth.inner_ring(expression)
        middle = ring.mean(0)
        cavity = np.vstack([middle, middle + (ring - middle) * 1.04])
        low = mouth.line_y + posed.jaw
        deep = mouth.line_z
        shift = 0.4 * expression.mouth_shift
        tongue = _ellipse((shift, low - 0.02 - 0.08 * posed.jaw, deep), (0.27, 0.10 + 0.12 * posed.jaw))
        lower = _teeth(0.34, low - 0.085, low + 0.10, deep + 0.05, shift)
        upper = _teeth(0.42, mouth.line_y - 0.16, mouth.line_y + 0.055, deep, 0.0)
        flesh = [cavity, tongue, lower, upper]
        for eye in self._head.eyes:
            flesh.append(_ellipse(tuple(eye.centre), (0.62 * eye.width, 0.5 * eye.width)))
            gaze = (eye.centre[0] + expression.gaze_x, eye.centre[1] + expression.gaze_y, eye.centre[2])
            flesh.append(_ellipse(gaze, (eye.iris_radius, eye.iris_radius)))
        return self._head.place(np.vstack(flesh), posed)


def tint_eyes(strip: BgrImage, iris: Vectors, white: Vectors) -> None:
    """Give the eyes of a painted strip other colours, in place: (3,) gains of their irises and whites."""
    for tiles, gains in (((_RIGHT_IRIS, _LEFT_IRIS), iris), ((_RIGHT_EYE, _LEFT_EYE), white)):
        for tile in tiles:
            painted = strip[:, tile * _TILE : (tile + 1) * _TILE]
            painted[:] = np.clip(painted * gains, 0, 255)


class Lashes:
    """The dark line of the upper lids. A photo may hardly show it, and a shut eye is then no more than a crease."""

    def __init__(self) -> None:
        lid = np.arange(8)
        triangles = np.vstack([np.stack([lid, lid + 1, lid + 9], 1), np.stack([lid + 1, lid + 10, lid + 9], 1)])
        self.triangles = np.vstack([triangles, triangles + 18]).astype(np.int32)
        self.texels = np.full((36, 2), 0.5) * (_TILE - 1.0)  # the darkest of the mouth's cavity
        self._thickness = (_LASHES * np.sin(np.pi * np.arange(9) / 8) ** 0.7)[:, None]

    def points(self, posed: PosedHead) -> Vectors:
        """(36, 3) their points in the photo's pixels, to be drawn after the skin."""
        up, ahead = (posed.rotation[:, axis] * -posed.scale for axis in (1, 2))
        rows = []
        for ring in (topology.RIGHT_EYE, topology.LEFT_EYE):
            lid = posed.points[list(ring[:9])] + _LASHES_AHEAD * ahead
            rows += [lid, lid + self._thickness * up]
        return np.vstack(rows)


def _disc(tile: int, sides: int) -> _Part:
    """A fan whose texture is a whole tile."""
    angles = 2 * np.pi * np.arange(sides) / sides
    rim = 0.5 + 0.48 * np.stack([-np.cos(angles), -np.sin(angles)], axis=1)
    texels = np.vstack([[0.5, 0.5], rim]) * (_TILE - 1.0) + np.array([tile * _TILE, 0.0])
    around = np.arange(sides)
    triangles = np.stack([np.zeros(sides, int), 1 + around, 1 + (around + 1) % sides], axis=1)
    return _Part(texels, triangles.astype(np.int32))


def _band(tile: int) -> _Part:
    """A strip of two rows of points, the upper row first."""
    across = np.linspace(0.01, 0.99, _COLUMNS + 1)
    rows = [np.stack([across, np.full_like(across, y)], axis=1) for y in (0.01, 0.99)]
    texels = np.vstack(rows) * (_TILE - 1.0) + np.array([tile * _TILE, 0.0])
    left = np.arange(_COLUMNS)
    below = left + _COLUMNS + 1
    triangles = np.vstack([np.stack([left, left + 1, below], 1), np.stack([left + 1, below + 1, below], 1)])
    return _Part(texels, triangles.astype(np.int32))


def _ellipse(centre: tuple[float, ...], radii: tuple[float, float]) -> Vectors:
    angles = 2 * np.pi * np.arange(_SIDES) / _SIDES
    rim = np.zeros((_SIDES + 1, 3)) + centre
    rim[1:, 0] -= radii[0] * np.cos(angles)
    rim[1:, 1] -= radii[1] * np.sin(angles)
    return rim


def _teeth(half_width: float, top: float, bottom: float, depth: float, shift: float) -> Vectors:
    """Two rows of points on the arc of a jaw: further back towards its ends."""
    across = np.linspace(-1, 1, _COLUMNS + 1)
    row = np.stack([half_width * across + shift, np.zeros_like(across), depth + 0.45 * half_width * across**2], 1)
    return np.vstack([row + np.array([0, top, 0]), row + np.array([0, bottom, 0])])


def _paint_strip(photo: BgrImage, landmarks_px: Points3) -> BgrImage:
    strip = np.zeros((STRIP_HEIGHT, STRIP_WIDTH, 3), np.uint8)
    tiles = [_cavity(), _tooth_row(gum_above=True), _tooth_row(gum_above=False), _tongue()]
    for ring, iris in (
        (topology.RIGHT_EYE, topology.RIGHT_IRIS),
        (topology.LEFT_EYE, topology.LEFT_IRIS),
    ):
        sclera, colour = _eye_colours(photo, landmarks_px, ring, iris)
        tiles += [_eyeball(sclera), _iris(colour, sclera)]
    for place, tile in enumerate(tiles):
        strip[:, place * _TILE : (place + 1) * _TILE] = np.clip(tile, 0, 255)
    return strip


def _grid() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    axis = np.linspace(-1, 1, _TILE)
    x, y = np.meshgrid(axis, axis)
    return x, y


def _cavity() -> Vectors:
    x, y = _grid()
    near_lips = np.clip((x**2 + y**2) ** 0.5, 0, 1)[..., None]
    tile: Vectors = np.array([18.0, 14.0, 34.0]) + near_lips**3 * np.array([28.0, 24.0, 62.0])
    return tile


def _tooth_row(*, gum_above: bool) -> Vectors:
    """Eight teeth and their gum; narrower and darker towards the corners, as an arc seen from the front."""
    x, y = _grid()
    along = np.arcsin(np.clip(x, -1, 1)) / (np.pi / 2) * 4.6
    gap = np.abs(along - np.rint(along)) if gum_above else np.abs((along * 1.3) % 1 - 0.5)
    seam = 1 - 0.22 * np.exp(-((gap / 0.07) ** 2))
    fade = (1 - 0.5 * np.abs(x) ** 1.8) * seam
    enamel = np.array([212.0, 226.0, 234.0])
    gum = np.array([88.0, 84.0, 150.0])
    share = 1 / (1 + np.exp(((y + 0.42) if gum_above else (0.55 - y)) * 14))
    tile: Vectors = (enamel * (1 - share[..., None]) + gum * share[..., None]) * fade[..., None]
    return tile


def _tongue() -> Vectors:
    x, y = _grid()
    shade = (0.62 + 0.38 * np.clip(1 - x**2, 0, 1)) * (0.75 + 0.25 * y) * (1 - 0.12 * np.exp(-((x / 0.08) ** 2)))
    tile: Vectors = np.array([98.0, 92.0, 176.0]) * shade[..., None]
    return tile


def _eyeball(sclera: Vectors) -> Vectors:
    x, y = _grid()
    shade = (1 - 0.35 * np.abs(x) ** 2.5) * (0.93 + 0.12 * y - 0.25 * np.clip(-y - 0.1, 0, 1))
    tile: Vectors = sclera * shade[..., None]
    return tile


def _iris(colour: Vectors, sclera: Vectors) -> Vectors:
    x, y = _grid()
    radius = np.sqrt(x**2 + y**2) / 0.96
    angle = np.arctan2(y, x)
    spokes = 1 + 0.10 * np.sin(angle * 23) * np.sin(angle * 7 + 1)
    tile: Vectors = colour * (spokes * (1.15 - 0.3 * radius + 0.2 * y))[..., None]
    limbus = np.clip((radius - 0.80) / 0.14, 0, 1)[..., None]
    tile = tile * (1 - limbus) + 0.45 * colour * limbus
    edge = np.clip((radius - 0.95) / 0.05, 0, 1)[..., None]
    tile = tile * (1 - edge) + 0.7 * sclera * edge
    pupil = np.clip((0.44 - radius) / 0.06, 0, 1)[..., None]
    tile = tile * (1 - pupil) + np.array([14.0, 12.0, 12.0]) * pupil
    glint = np.exp(-(((x - 0.22) ** 2 + (y + 0.28) ** 2) / 0.018))[..., None]
    lit: Vectors = tile * (1 - glint) + 235.0 * glint
    return lit


def _eye_colours(
    photo: BgrImage, landmarks_px: Points3, ring: tuple[int, ...], iris: tuple[int, ...]
) -> tuple[Vectors, Vectors]:
    """The white and the iris of one eye as the photo has them, never darker or more coloured than an eye is."""
    opening = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(opening, [np.rint(landmarks_px[list(ring), :2]).astype(np.int32)], (255,))
    height, width = opening.shape
    y, x = np.mgrid[:height, :width]
    centre = landmarks_px[iris[0], :2]
    radius = float(np.linalg.norm(landmarks_px[list(iris[1:]), :2] - centre, axis=1).mean())
    distance = np.hypot(x - centre[0], y - centre[1]) / max(radius, 1e-6)
    inside = opening > 0
    white = photo[inside & (distance > 1.15)].astype(np.float64)
    colour = photo[inside & (distance > 0.5) & (distance < 0.9)].astype(np.float64)
    sclera = np.percentile(white, 70, axis=0) if len(white) >= 4 else np.array([185.0, 190.0, 200.0])
    sclera = 0.25 * sclera + 0.75 * sclera.mean()
    sclera = sclera * max(1.0, 185.0 / max(sclera.mean(), 1.0))
    shade = np.median(colour, axis=0) if len(colour) >= 4 else np.array([60.0, 75.0, 95.0])
    return np.minimum(sclera, 225.0), np.clip(shade, 25.0, 150.0)
