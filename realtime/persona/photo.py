"""One photo as a persona: its face, laid on the performer's own mesh. No network and no training.

The performer's points carry pose and expression. The persona's points, in the expression that is read from them, take
their place, fading out towards the outline, where the face has to meet the performer's own head. What the performer's
points do beyond what an expression names (a raised brow, a wrinkled nose) is kept in part. Light comes from the
performer's face, eyes and the inside of the mouth are the performer's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import (
    CROP_SIDE,
    align,
    invert,
    scale_crop,
    transform,
)
from realtime.fit import Fit
from realtime.frame import BgrImage, Face, Frame, Mask, Matrix2x3, Points3, Swap
from realtime.persona.atlas import Atlas
from realtime.persona.crop import cut_crop
from realtime.persona.package import Persona
from realtime.persona.portrait import decode_portrait, portrait_points
from realtime.persona.shape import PersonaShape
from realtime.source.deform import Vectors
from realtime.source.head import HeadModel
from realtime.source.rasterise import FAR, rasterise

_SETTLE_S = 0.2
"""Time constant of the light, in seconds of media time."""
_FORGET_S = 2.0
_INWARDS = 0.15
"""How far inside its outline, in distances between the eyes, a face has all of the persona's shape."""
_LIGHT_SIDE, _LIGHT_REACH = 32, 3.5
_GAINS = (0.4, 2.4)
_UNIT = 100
_BEHIND = 1e4
"""Depth, in pixels, by which the performer's own points lie behind the worn ones."""
_RINGS = (topology.RIGHT_EYE, topology.LEFT_EYE, topology.LIPS_INNER)

CropPoints: TypeAlias = npt.NDArray[np.float32]
"""(N, 3) x, y in pixels of the crop, and depth, smaller is nearer."""


@dataclass
class _Light:
    """How the skin of one performer is brightened and tinted, and when that was."""

    media_s: float
    gains: npt.NDArray[np.float32]


class PhotoSwapper:
    """Makes a swap for each face of a frame from one photo. One thread at a time.

    Args:
        persona: Of kind `photo`.
        shape: How much of the persona's shape is worn, 0 to 1.

    Attributes:
        said, provider, precision, persona_name: As of every swapper.

    Raises:
        PersonaError: Its portrait is no picture, or its points are none of a face in it.
    """

    provider, precision = "cpu", "uint8"
    said = "no network: the photo itself, on the processor"

    def __init__(self, persona: Persona, shape: float = 1.0) -> None:
        photo = decode_portrait(persona)
        landmarks_px = portrait_points(persona, photo)
        self.persona_name = persona.name
        self._size = size = persona.manifest.crop_size
        self._head = HeadModel(landmarks_px)
        self._triangles = _wound(self._head.triangles, self._head.rest)
        unit_px = 1.1 * size / CROP_SIDE
        self._atlas = Atlas(photo, landmarks_px, self._head.rest, self._triangles, unit_px)
        self._shape = PersonaShape(self._head)
        self._share = np.asarray(shape * _inwards(self._head.rest)[:, None], np.float32)
        self._ones = np.ones(topology.SKIN_POINTS, np.float32)
        self._depth = np.zeros((size, size), np.float32)
        self._hole_triangles, self._hole_rows = _fans()
        self._lights: dict[int, _Light] = {}

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008 - frozen
        """The same frame with a swap for each of its faces; its picture is not changed.

        The fit is the composite's to follow: a photo has neither masks of its own nor a morph.
        """
        self._lights = {id_: one for id_, one in self._lights.items() if 0 <= frame.media_s - one.media_s <= _FORGET_S}
        return replace(frame, swaps=tuple(self._swap(frame, face) for face in frame.faces))

    def _swap(self, frame: Frame, face: Face) -> Swap:
        crop_from_frame = scale_crop(face.crop_from_frame, self._size)
        own = _placed(face.landmarks_px, face.landmarks_px, crop_from_frame)
        worn = _placed(
            self._moved(face.landmarks_px, self._shape(face, frame.media_s)), face.landmarks_px, crop_from_frame
        )
        crop = cut_crop(frame.image, crop_from_frame, self._size)
        image = crop.copy()
        mask = self._draw_skin(own, worn, image)
        self._light(image, _small(crop), mask, face.id, frame.media_s)
        holes = self._fill_holes(own, worn, crop, image)
        cv2.bitwise_or(mask, holes, dst=mask)
        return Swap(face, image, mask, crop_from_frame, seen=crop, own=holes)

    def _moved(self, landmarks_px: Points3, whole: Points3) -> Points3:
        """(478, 3) the performer's points in the persona's shape, in frame pixels.

        The persona's features lie in the crop where its own alignment has them, as everything that is worn in it does.
        """
        fitted = transform(transform(whole, align(whole)), invert(align(landmarks_px)))
        worn = landmarks_px.copy()
        worn[:, :2] += self._share * (fitted - landmarks_px[:, :2])
        worn[:, 2:] += self._share * (whole[:, 2:] - landmarks_px[:, 2:])
        return worn

    def _draw_skin(self, own: CropPoints, worn: CropPoints, image: BgrImage) -> Mask:
        """The worn face; behind it the same skin on the performer's own points, since no own nose may stand out."""
        self._depth.fill(FAR)
        for points, behind in ((own, _BEHIND), (worn, 0.0)):
            skin = points[: topology.SKIN_POINTS] + np.array([0, 0, behind], np.float32)
            triangles = self._triangles[_clockwise(skin, self._triangles)]
            rasterise(skin, self._atlas.texels, self._ones, triangles, self._atlas.texture, image, self._depth)
        return np.asarray((self._depth < FAR).view(np.uint8) * np.uint8(255), np.uint8)

    def _light(self, image: BgrImage, own: BgrImage, mask: Mask, face_id: int, media_s: float) -> None:
        """Brighten and tint the skin, in place, until its broad light is that of the performer's own face."""
        weight = _small(mask).astype(np.float32)[..., None] / 255
        gains = _broad(own * weight) / np.maximum(_broad(_small(image) * weight), 1.0)
        gains = np.clip(gains, *_GAINS)
        before = self._lights.get(face_id)
        if before is not None:
            step = 1 - math.exp(-(media_s - before.media_s) / _SETTLE_S)
            gains = before.gains + np.float32(step) * (gains - before.gains)
        self._lights[face_id] = _Light(media_s, gains)
        factors = np.rint(gains * _UNIT).astype(np.uint8)
        whole = cv2.resize(factors, (self._size, self._size), interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(cv2.multiply(image, whole, scale=1 / _UNIT), mask, image)

    def _fill_holes(self, own: CropPoints, worn: CropPoints, crop: BgrImage, image: BgrImage) -> Mask:
        """The performer's own eyes and the inside of the mouth, moved to where the worn face has them; and where."""
        here, there = (
            np.vstack([points[self._hole_rows], *(points[list(ring)].mean(0) for ring in _RINGS)])
            for points in (own, worn)
        )
        there[:, 2] = 0.5 * FAR  # behind all skin
        triangles = self._hole_triangles[_clockwise(there, self._hole_triangles)]
        ones = np.ones(len(there), np.float32)
        skin = self._depth < FAR
        rasterise(there, np.ascontiguousarray(here[:, :2]), ones, triangles, crop, image, self._depth)
        return np.asarray(((self._depth < FAR) & ~skin).view(np.uint8) * np.uint8(255), np.uint8)


def _placed(points_px: Points3, landmarks_px: Points3, crop_from_frame: Matrix2x3) -> CropPoints:
    """Points of a frame in pixels of the crop; depths, in frame pixels, count from the face's own middle."""
    placed = np.empty((topology.POINTS, 3), np.float32)
    placed[:, :2] = transform(points_px, crop_from_frame)
    placed[:, 2] = points_px[:, 2] - landmarks_px[:, 2].mean()
    return placed


def _clockwise(points: CropPoints, triangles: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """(T,) which triangles run clockwise in the picture: those that look towards the camera."""
    a, b, c = (points[triangles[:, corner], :2] for corner in range(3))
    turn: CropPoints = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return np.asarray(turn > 0)


def _wound(triangles: npt.NDArray[np.int32], rest: Vectors) -> npt.NDArray[np.int32]:
    """The same triangles, all wound alike and most of them clockwise as seen from the front.

    Neighbours are wound alike where they run along their common edge in opposite ways; so the way is handed on from
    one triangle to the next. (Some, under the nose, look away when the face looks ahead.)
    """
    wound: list[tuple[int, ...]] = [tuple(corners) for corners in triangles.tolist()]
    by_edge: dict[frozenset[int], list[int]] = {}
    for number, corners in enumerate(wound):
        for edge in _edges(corners):
            by_edge.setdefault(frozenset(edge), []).append(number)
    done, ways = {0}, [0]
    while ways:
        number = ways.pop()
        for edge in _edges(wound[number]):
            for other in by_edge[frozenset(edge)]:
                if other not in done:
                    if edge in _edges(wound[other]):
                        wound[other] = wound[other][::-1]
                    done.add(other)
                    ways.append(other)
    alike = np.array(wound, np.int32)
    return alike if _clockwise(rest.astype(np.float32), alike).mean() > 0.5 else np.ascontiguousarray(alike[:, ::-1])


def _edges(corners: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    a, b, c = corners
    return (a, b), (b, c), (c, a)


def _inwards(rest: Vectors) -> Vectors:
    """(478,) 0 on the face's outline to 1 well inside."""
    outline = rest[list(topology.OVAL), :2].astype(np.float32)
    depths = [cv2.pointPolygonTest(outline, (float(x), float(y)), True) for x, y in rest[:, :2]]
    share = np.clip(np.array(depths) / _INWARDS, 0, 1)
    return share * share * (3 - 2 * share)


def _fans() -> tuple[npt.NDArray[np.int32], list[int]]:
    """Triangles of the openings, each around its own middle, and the points of their rings."""
    rows = [index for ring in _RINGS for index in ring]
    fans, start = [], 0
    for number, ring in enumerate(_RINGS):
        around = np.arange(len(ring))
        middle = np.full(len(ring), len(rows) + number)
        fans.append(np.stack([middle, start + around, start + (around + 1) % len(ring)], 1))
        start += len(ring)
    return np.vstack(fans).astype(np.int32), rows


def _small(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (_LIGHT_SIDE, _LIGHT_SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _broad(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), _LIGHT_REACH), np.float32)
