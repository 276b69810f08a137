"""A head made from one photo's face points: moved by an expression, projected to a picture.

The points are turned to face the front and measured in distances between the eyes. An expression says where a
few *handles* go (lips, lids, brows, jaw); every other point follows by biharmonic interpolation over the mesh
(Botsch and Kobbelt, "An intuitive framework for real-time freeform modeling", 2004): smooth in between, apart
across the openings of mouth and eyes. Rings around the face carry hair, ears and neck, less and less moved until
the outermost stands still. What lies behind the openings - cavity, teeth, tongue, eyeballs - is drawn from
`realtime.source.interior`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import eye_distance, head_rotation
from realtime.frame import Points3
from realtime.source.deform import RING_COUNT, Vectors, biharmonic, ring_triangles, rings
from realtime.source.expression import Expression
from realtime.source.features import UPPER_SHARE, Eye, Mouth

_PIVOT = np.array([0.0, 0.9, 1.1])
"""Where the head turns: the top of the neck."""

# fmt: off
_JAW = {152: 1.0, 175: 1.0, 199: 1.0, 200: 1.0, 148: 1.0, 377: 1.0, 176: 0.97, 400: 0.97, 149: 0.9, 378: 0.9,
        150: 0.76, 379: 0.76, 136: 0.6, 365: 0.6, 172: 0.42, 397: 0.42, 58: 0.24, 288: 0.24, 132: 0.1, 361: 0.1}
_STILL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 93, 234, 127, 162, 21, 54, 103, 67, 109,
          168, 6, 197, 195, 5, 4, 1, 19, 2, 98, 327, 64, 294, 129, 358, 48, 278, 9, 151, 122, 351)
_CHEEKS = {205: 0.6, 425: 0.6, 50: 0.45, 280: 0.45, 117: 0.2, 346: 0.2, 23: 0.1, 253: 0.1}
# fmt: on


@dataclass(frozen=True, slots=True)
class PosedHead:
    """A head in one expression, in the photo's pixels.

    Attributes:
        skin: (468 + rings, 3) x, y, depth.
        gains: (468 + rings,) brightness of each point.
        points: (478, 3) all face points, irises too.
        rotation: (3, 3) how the head is turned; with `offset` and `scale` what puts further parts into the same pose.
        offset: (3,) where the eyes' middle lies.
        scale: Pixels for the distance between the eyes.
        jaw: How far the jaw has dropped, in distances between the eyes.
    """

    skin: npt.NDArray[np.float64]
    gains: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    rotation: Vectors
    offset: Vectors
    scale: float
    jaw: float


class HeadModel:
    """The movable head of one photo.

    Args:
        landmarks_px: (478, 3) face points in the photo.
    """

    def __init__(self, landmarks_px: Points3) -> None:
        points = np.asarray(landmarks_px, np.float64)
        self.scale_px = eye_distance(landmarks_px)
        self._photo_rotation = head_rotation(landmarks_px)
        corners = [index for pair in topology.EYE_CORNERS for index in pair]
        self._origin_px = points[corners].mean(0)
        self.rest = (points - self._origin_px) @ self._photo_rotation / self.scale_px
        self.triangles = topology.triangles()
        self.mouth = Mouth(self.rest)
        self.eyes = tuple(
            Eye(self.rest, ring, iris)
            for ring, iris in (
                (topology.RIGHT_EYE, topology.RIGHT_IRIS),
                (topology.LEFT_EYE, topology.LEFT_IRIS),
            )
        )
        self._handles = self._name_handles()
        self._follow = biharmonic(self.rest[: topology.SKIN_POINTS], self.triangles, self._handles)
        self._rest_normals = self._normals(self.rest[: topology.SKIN_POINTS])
        self.ring_rest, self._ring_share, self._ring_jaw = rings(self.rest, _JAW)
        self.all_triangles = np.vstack([self.triangles, ring_triangles()])
        self.photo_px = self._photo_px(np.vstack([self.rest[: topology.SKIN_POINTS], self.ring_rest]))

    def pose(self, expression: Expression, shape: Vectors | None = None) -> PosedHead:
        """Move the head.

        Args:
            expression: What it does.
            shape: (468, 3) offsets that make it another person's head, in distances between the eyes.

        Returns:
            The head in the photo's pixels.
        """
        skin, irises = self._deform(expression)
        if shape is not None:
            irises = irises + _iris_offsets(shape)
            skin = skin + shape
        rotation = rotation_of(expression)
        scale = self.scale_px * expression.zoom
        drop = (1 - UPPER_SHARE) * expression.mouth_open
        offset = self._origin_px + self.scale_px * np.array([expression.shift_x, expression.shift_y, 0.0])
        base = (rotation, offset, scale)
        placed = _place(skin, *base)
        rings = self.ring_rest.copy()
        rings[:, 1] += self._ring_jaw * (drop - self.mouth.rest_drop)
        moved = _place(rings, *base)
        share = self._ring_share[:, None]
        ring_px = share * moved + (1 - share) * self._photo_px(self.ring_rest)
        gains = self._light(skin @ rotation.T, expression, rotation)
        around = share[:, 0] * np.tile(gains[list(topology.OVAL)], RING_COUNT) + 1 - share[:, 0]
        return PosedHead(
            skin=np.vstack([placed, ring_px]),
            gains=np.concatenate([gains, around]),
            points=np.vstack([placed, _place(irises, *base)]),
            rotation=rotation,
            offset=offset,
            scale=scale,
            jaw=drop,
        )

    def shape_in(self, expression: Expression) -> Vectors:
        """(478, 3) its points in an expression, facing ahead, in distances between the eyes from their middle."""
        return np.vstack(self._deform(expression))

    def place(self, part: Vectors, posed: PosedHead) -> Vectors:
        """A further part of the head, (N, 3) in its own front-facing units, into the photo's pixels."""
        return _place(part, posed.rotation, posed.offset, posed.scale)

    def _photo_px(self, points: Vectors) -> Vectors:
        placed: Vectors = points @ self._photo_rotation.T * self.scale_px + self._origin_px
        return placed

    def _name_handles(self) -> list[int]:
        named = [*topology.LIPS_INNER, *topology.LIPS_OUTER, *topology.RIGHT_EYE, *topology.LEFT_EYE]
        named += [*topology.RIGHT_BROW, *topology.LEFT_BROW, *_JAW, *_CHEEKS, *_STILL]
        return list(dict.fromkeys(named))

    def _deform(self, expression: Expression) -> tuple[Vectors, Vectors]:
        """Skin (468, 3) and irises (10, 3), front-facing, in distances between the eyes."""
        moves = np.zeros((topology.POINTS, 3))
        jaw = (1 - UPPER_SHARE) * expression.mouth_open - self.mouth.rest_drop
        for index, share in _JAW.items():
            moves[index, 1] += share * jaw
            moves[index, 2] += 0.15 * share * jaw
        for index, share in _CHEEKS.items():
            moves[index, 1] -= share * expression.smile
        for brow, lift in (
            (topology.RIGHT_BROW, expression.right_brow),
            (topology.LEFT_BROW, expression.left_brow),
        ):
            moves[list(brow), 1] -= lift
        self.mouth.move(moves, expression)
        irises = []
        for eye, opening in zip(self.eyes, (expression.right_eye, expression.left_eye), strict=True):
            irises.append(eye.move(moves, opening, expression.gaze_x, expression.gaze_y))
        skin = self.rest[: topology.SKIN_POINTS] + self._follow @ moves[self._handles]
        return skin, np.vstack(irises)

    def _normals(self, skin: Vectors) -> Vectors:
        a, b, c = (skin[self.triangles[:, corner]] for corner in range(3))
        facets = np.cross(b - a, c - a)
        facets *= -np.sign(facets[:, 2:] + 1e-12)  # clique order is arbitrary; a face looks towards the camera
        normals = np.stack(
            [
                np.bincount(self.triangles.ravel(), np.repeat(facets[:, axis], 3), topology.SKIN_POINTS)
                for axis in range(3)
            ],
            axis=1,
        )
        unit: Vectors = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        return unit

    def _light(self, turned: Vectors, expression: Expression, rotation: Vectors) -> Vectors:
        """Lambert's law around the photo's own shading: a point turned to the light gains, one turned off loses."""
        normals = self._rest_normals @ rotation.T
        towards = np.array([expression.light_x, expression.light_y, -1.0])
        towards /= np.linalg.norm(towards)
        shade = normals @ towards + towards[2]
        gains: Vectors = np.clip(expression.exposure * (1 + 1.1 * expression.light * shade), 0.3, 1.8)
        return gains


def rotation_of(expression: Expression) -> Vectors:
    """(3, 3) rotation of a front-facing head: pitch, then yaw, then roll."""
    yaw, pitch, roll = (math.radians(angle) for angle in (expression.yaw, expression.pitch, expression.roll))
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    c, s = math.cos(pitch), math.sin(pitch)
    nod = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = math.cos(roll), math.sin(roll)
    tilt = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    rotation: Vectors = tilt @ turn @ nod
    return rotation


def _place(points: Vectors, rotation: Vectors, offset: Vectors, scale: float) -> Vectors:
    placed: Vectors = ((points - _PIVOT) @ rotation.T + _PIVOT) * scale + offset
    return placed


def _iris_offsets(shape: Vectors) -> Vectors:
    """An iris moves with its eye when the head takes another shape."""
    rings = (topology.RIGHT_EYE, topology.LEFT_EYE)
    return np.vstack([np.repeat(shape[list(ring)].mean(0)[None], 5, axis=0) for ring in rings])
