"""Other people's looks: skin, brows, beards, lips, hair and glasses painted over a portrait, no two alike.

A network that was shown two faces only takes everybody else's for something that covers a face. Of a head's shape,
`models.disguise` makes another; here its picture becomes another, from a freckle to a full beard. It is painted on the
texture before the head is drawn, so that it turns and talks with the head; glasses are drawn over the finished crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.frame import BgrImage, Points2
from realtime.source.interior import tint_eyes
from realtime.source.renderer import PortraitRenderer

Plane: TypeAlias = npt.NDArray[np.float32]
"""(H, W) or (H, W, 1), mostly 0 to 1."""
Picture: TypeAlias = npt.NDArray[np.float32]
"""(H, W, 3) BGR, 0 to 1."""

_REACH = 2.7
"""What is painted over, to each side of the face's middle, in distances between the eyes: a crop, turned."""
_MIDDLE_Y = 0.55
# Points of the mesh around each eye where glasses have their rims, from the outer corner over the upper lid.
# fmt: off
_RIGHT_ORBIT = (226, 247, 30, 29, 27, 28, 56, 190, 244, 128, 121, 120, 119, 118, 117, 111)
_LEFT_ORBIT = (446, 467, 260, 259, 257, 258, 286, 414, 464, 357, 350, 349, 348, 347, 346, 340)
# fmt: on
_INNER, _LENS_SIDES = 8, 32
_TEMPLES = (127, 356)


class Painter:
    """Paints other people over one portrait.

    Args:
        own: Draws the portrait.
        other: Draws another portrait, whose skin is mixed in; the same one where there is no other.
    """

    def __init__(self, own: PortraitRenderer, other: PortraitRenderer) -> None:
        self._own = own
        scale, height, width = own.head.scale_px, *own.canvas.shape[:2]
        points = own.head.photo_px[: topology.SKIN_POINTS, :2]
        right, left = (points[list(pair)].mean(0) for pair in topology.EYE_CORNERS)
        origin, along = (right + left) / 2, (left - right) / np.linalg.norm(left - right)
        down = np.array([-along[1], along[0]])
        x0, y0 = np.maximum(np.rint(origin + scale * np.array([-_REACH, _MIDDLE_Y - _REACH])).astype(int), 0).tolist()
        x1, y1 = np.rint(origin + scale * np.array([_REACH, _MIDDLE_Y + _REACH])).astype(int).tolist()
        self._rows, self._columns = slice(y0, min(y1, height)), slice(x0, min(x1, width))
        self._others, self._base = self._cut(own.texture_of(other)), self._cut(own.texture)
        self._points: Points2 = (points - (x0, y0)).astype(np.float32)
        rows, columns = np.indices(self._base.shape[:2], np.float32)
        # Where a pixel lies on an upright face, in distances between the eyes from their middle.
        self._x, self._y = (
            np.asarray(((columns + x0 - origin[0]) * axis[0] + (rows + y0 - origin[1]) * axis[1]) / scale, np.float32)
            for axis in (along, down)
        )
        self._scale = scale
        self._face = self._area(topology.OVAL, 0.10)
        self._lips = self._area(topology.LIPS_OUTER, 0.02)
        self._mean = _mean(self._base, self._face)
        self._nose_y, self._lip_y, self._chin_y = (
            float((points[index] - origin) @ down / scale) for index in (2, 0, 152)
        )

    def __call__(self, random: np.random.Generator) -> BgrImage:
        """A texture for the portrait's renderer that shows somebody else."""
        picture = self._skin(random)
        hair = _hair_colour(random)
        picture = self._lines(picture, random)
        picture = self._brows(picture, hair, random)
        picture = self._mouth(picture, random)
        picture = self._beard(picture, hair, random)
        picture = self._around(picture, hair, random)
        texture = self._own.texture.copy()
        texture[self._rows, self._columns] = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        tint_eyes(texture[len(self._own.canvas) :], random.uniform(0.4, 1.9, 3), random.uniform(0.75, 1.05, 3))
        return texture

    def _skin(self, random: np.random.Generator) -> Picture:
        """Another's skin mixed in, in another tone, smoother or rougher."""
        picture = self._base
        if random.random() < 0.7:
            share = np.clip(0.5 + 1.5 * self._noise(random, random.uniform(0.3, 1.5)), 0, 1)
            picture = _over(picture, self._others, share * random.uniform(0.3, 1.0))
        if random.random() < 0.4:
            soft = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.02, 0.08) * self._scale)
            picture = _over(picture, np.asarray(soft, np.float32), self._face * random.uniform(0.3, 1.0))
        tone = random.uniform(0.12, 0.95)
        colour = tone * np.array([random.uniform(0.4, 0.85), random.uniform(0.6, 0.88), 1.0])
        ratio = np.maximum(picture / self._mean, 0.02)
        toned = (colour * ratio ** np.float32(random.uniform(0.6, 1.5))).astype(np.float32)
        picture = _over(picture, toned, self._face * random.uniform(0.5, 1.0))
        rough = self._noise(random, 0.03) * random.uniform(0, 0.08) + self._noise(random, 0.3) * random.uniform(0, 0.08)
        return picture * (1 + rough)[..., None]

    def _lines(self, picture: Picture, random: np.random.Generator) -> Picture:
        """Freckles or marks, folds, shadows round the eyes."""
        if random.random() < 0.25:
            spots = np.clip(4 * (self._noise(random, random.uniform(0.03, 0.15)) - 0.8), 0, 1) * self._face
            picture = _over(picture, _flat(random.uniform(0, 1, 3) * self._mean), spots * random.uniform(0.2, 0.9))
        if random.random() < 0.4:
            waves = np.sin(self._y * random.uniform(18, 45) + 3 * self._noise(random, 1.0) + random.uniform(0, 6))
            place = self._blob(0.0, random.choice([-0.7, 0.2]), 0.8, 0.3)
            picture = picture * (1 - random.uniform(0, 0.2) * place * np.clip(waves, 0, 1))[..., None]
        low = random.uniform(-0.05, 0.15)
        shade = self._blob(0.5, low, 0.3, 0.2) + self._blob(-0.5, low, 0.3, 0.2)
        tint = _flat(self._mean * random.uniform(0.1, 1.0, 3))
        return _over(picture, tint, shade * random.uniform(0, 0.6) * (random.random() < 0.5))

    def _brows(self, picture: Picture, hair: npt.NDArray[np.float64], random: np.random.Generator) -> Picture:
        if random.random() < 0.6:
            skin = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.25 * self._scale), np.float32)
            own = np.maximum(self._area(topology.RIGHT_BROW, 0.06), self._area(topology.LEFT_BROW, 0.06))
            picture = _over(picture, skin, own)
        wide, high = random.uniform(0.8, 1.25), random.uniform(0.5, 2.2)
        lift = random.uniform(-0.12, 0.04)
        grain = self._strands(random, flat=True)
        brows = [self._area(one, 0.03, (wide, high), (0.0, lift)) for one in (topology.RIGHT_BROW, topology.LEFT_BROW)]
        return _over(picture, _flat(hair) * grain, np.maximum(*brows) * random.uniform(0, 1))

    def _mouth(self, picture: Picture, random: np.random.Generator) -> Picture:
        colour = random.uniform((0.05, 0.05, 0.3), (0.6, 0.5, 0.95))
        painted = _flat(colour) * (picture.mean(2, keepdims=True) / max(0.05, float(self._mean.mean())))
        return _over(picture, painted, self._lips * random.uniform(0, 0.9) * (random.random() < 0.7))

    def _beard(self, picture: Picture, hair: npt.NDArray[np.float64], random: np.random.Generator) -> Picture:
        """A moustache, a beard, stubble, or none."""
        if random.random() < 0.4:
            return picture
        start = random.uniform(self._nose_y, self._chin_y - 0.25)
        climb = random.uniform(0.2, 1.2)
        edge = start - climb * np.maximum(np.abs(self._x) - random.uniform(0.1, 0.5), 0)
        beard = np.clip((self._y - edge) / 0.12, 0, 1) * (random.random() < 0.75)
        middle = (self._nose_y + self._lip_y) / 2 + random.uniform(0, 0.05)
        lip = self._blob(0.0, middle, random.uniform(0.25, 0.5), random.uniform(0.06, 0.12))
        moustache = np.clip(2.5 * lip, 0, 1) * (random.random() < 0.6)
        density = random.choice([random.uniform(0.15, 0.5), random.uniform(0.5, 1.0)])
        ragged = np.clip(0.8 + 0.5 * self._noise(random, 0.08), 0, 1)
        share = np.maximum(beard * self._face, moustache) * (1 - self._lips) * ragged * density
        return _over(picture, _flat(hair) * self._strands(random, flat=False), share.astype(np.float32))

    def _around(self, picture: Picture, hair: npt.NDArray[np.float64], random: np.random.Generator) -> Picture:
        """Hair and surroundings in other colours, or others altogether."""
        outside = 1 - self._face
        gained = picture * random.uniform(0.3, 1.6, 3).astype(np.float32)
        plain = _flat(hair if random.random() < 0.5 else random.uniform(0, 1, 3)) * self._strands(random, flat=False)
        other = _over(gained, plain, np.full_like(self._x, random.uniform(0, 1) * (random.random() < 0.6)))
        return _over(picture, other, outside * random.uniform(0.3, 1.0))

    def _area(
        self,
        ring: Sequence[int],
        soft: float,
        stretch: tuple[float, float] = (1.0, 1.0),
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> Plane:
        """What a ring of points encloses, its rim so soft, (H, W) 0 to 1; lengths in distances between the eyes."""
        outline = self._points[list(ring)]
        outline = (outline - outline.mean(0)) * stretch + outline.mean(0) + np.array(shift) * self._scale
        mask = np.zeros(self._base.shape[:2], np.float32)
        cv2.fillPoly(mask, [np.rint(outline * 16).astype(np.int32)], (1.0,), cv2.LINE_AA, 4)
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft * self._scale), np.float32)

    def _blob(self, x: float, y: float, wide: float, high: float) -> Plane:
        away = ((self._x - x) / wide) ** 2 + ((self._y - y) / high) ** 2
        return np.asarray(np.exp(-away), np.float32)

    def _noise(self, random: np.random.Generator, grain: float, squeeze: float = 1.0) -> Plane:
        """Smooth noise about 0 with grains of a size in distances between the eyes."""
        height, width = self._base.shape[:2]
        across = max(2, round(width / (grain * self._scale)))
        down = max(2, round(squeeze * height / (grain * self._scale)))
        cells = random.standard_normal((min(down, height), min(across, width)), np.float32)
        return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    def _strands(self, random: np.random.Generator, *, flat: bool) -> Plane:
        """(H, W, 1) how light strands of hair are beside their mean; flat ones lie, others hang."""
        noise = self._noise(random, 0.03, 0.15) if not flat else self._noise(random, 0.12, 4.0)
        return np.clip(1 + random.uniform(0.1, 0.45) * noise, 0.2, 2.0)[..., None].astype(np.float32)

    def _cut(self, texture: BgrImage) -> Picture:
        return texture[self._rows, self._columns].astype(np.float32) / 255


def draw_glasses(picture: BgrImage, landmarks_px: Points2, random: np.random.Generator) -> None:
    """Glasses on a face, drawn into (H, W, 3) uint8 BGR: round or square, clear, tinted or dark."""
    strength = random.choice([0.0, 0.0, random.uniform(0, 0.5), random.uniform(0.5, 1)])
    tint, rim = _colour(random.integers(0, 200, 3)), _colour(random.integers(0, 230, 3) * random.choice([0.1, 1.0]))
    grow, power = random.uniform((1.0, 0.9), (1.3, 1.6)), random.uniform(0.4, 1.0)
    lenses = [_lens(landmarks_px[list(orbit)], grow, power) for orbit in (_RIGHT_ORBIT, _LEFT_ORBIT)]
    if strength:
        shaded = picture.copy()
        cv2.fillPoly(shaded, lenses, tint, cv2.LINE_AA, 4)
        cv2.addWeighted(shaded, strength, picture, 1 - strength, 0, dst=picture)
    bridge = np.array([lens[0] for lens in lenses])  # a lens begins at the nose
    temples = [
        np.vstack([lens[_LENS_SIDES // 2], _sixteenths(landmarks_px[[ear]])])
        for lens, ear in zip(lenses, _TEMPLES, strict=True)
    ]
    unit = float(np.linalg.norm(landmarks_px[33] - landmarks_px[263])) / 1.6
    thickness = max(1, round(random.uniform(0.015, 0.09) * unit))
    cv2.polylines(picture, lenses, True, rim, thickness, cv2.LINE_AA, 4)
    cv2.polylines(picture, [bridge, *temples], False, rim, thickness, cv2.LINE_AA, 4)


def _lens(orbit: Points2, grow: npt.NDArray[np.float64], power: float) -> npt.NDArray[np.int32]:
    """A superellipse over (N, 2) points around an eye; it begins beside the nose."""
    along = orbit[_INNER] - orbit[0]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    axes = np.array([along, (-along[1], along[0])])
    spread = (orbit - orbit.mean(0)) @ axes.T
    half = np.ptp(spread, axis=0) / 2 * grow
    angles = 2 * np.pi * np.arange(_LENS_SIDES) / _LENS_SIDES
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    rim = np.sign(circle) * np.abs(circle) ** power * half
    return _sixteenths((rim @ axes + orbit.mean(0)).astype(np.float32))


def _colour(colour: npt.NDArray[np.generic]) -> tuple[int, ...]:
    return tuple(int(one) for one in colour)


def _sixteenths(points: Points2) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(points * 16), np.int32)


def _hair_colour(random: np.random.Generator) -> npt.NDArray[np.float64]:
    """BGR, 0 to 1: black to blond, red, grey or white, and now and then a dyed one."""
    if random.random() < 0.1:
        return np.asarray(random.uniform(0, 0.9, 3))
    light = random.uniform(0.03, 0.8) ** 1.5 + 0.02
    warm = random.uniform(0.35, 1.0, 2)
    return np.asarray(light * np.array([warm.min(), warm.max(), 1.0]))


def _flat(colour: npt.NDArray[np.float64]) -> Picture:
    return np.asarray(colour, np.float32)[None, None]


def _over(below: Picture, above: Picture, share: Plane) -> Picture:
    return np.asarray(below + (above - below) * share[..., None], np.float32)


def _mean(picture: Picture, mask: Plane) -> Picture:
    weight = mask[..., None] / max(float(mask.sum()), 1.0)
    mean: Picture = (picture * weight).sum((0, 1))
    return np.asarray(np.maximum(mean, 0.05), np.float32)
