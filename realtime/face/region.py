"""Shapes drawn from face points: the landmark map that a network sees, and the face's outline as a mask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import CROP_CENTRE, CROP_SIDE, head_rotation, scale_of
from realtime.frame import BgrImage, Mask, Matrix2x3, Points2, Points3
from realtime.kernels import compiled, first_call

MAP_CHANNELS = ("map_oval", "map_eyes", "map_mouth")
"""What the three channels of a landmark map show."""

_SHIFT = 4  # OpenCV draws at sixteenths of a pixel: at 128 pixels a lid moves by less than one
_LIMIT = 2**26
"""Far outliers are held where OpenCV's integers still hold them."""
_HALF, _FULL = 128, 255
# The compass, in distances between the eyes: a ball on a stick that points where the head does. At 128 pixels it moves
# by three quarters of a pixel for each degree.
_COMPASS_CENTRE, _COMPASS_REACH, _COMPASS_RADIUS = (0.0, 0.45), 1.2, 0.12

# All rings of a map one after the other, so that their points are fetched and placed in one go; and which are whose.
_DRAWN = (
    *(topology.OVAL, topology.RIGHT_BROW, topology.LEFT_BROW, topology.NOSE, topology.RIGHT_EYE, topology.LEFT_EYE),
    *(topology.RIGHT_IRIS[1:], topology.LEFT_IRIS[1:], topology.LIPS_OUTER, topology.LIPS_INNER),
)
_DRAWN_POINTS = np.concatenate(_DRAWN)
_DRAWN_RINGS = [slice(end - len(ring), end) for ring, end in zip(_DRAWN, np.cumsum([*map(len, _DRAWN)]), strict=True)]

Polygon: TypeAlias = npt.NDArray[np.int32]


class FaceMap:
    """Draws a face's points as filled shapes: what an expression is, without whose it is.

    Channel 0: the oval (half), brows, nose, and a compass ball (full). Channel 1: the eyes' openings (half), irises
    (full). Channel 2: the lips (half), the mouth's opening (full). The compass ball shows the head's turn whatever
    the face's shape: a long nose and a bowed head look alike in outlines, and the ball tells them apart.
    Buffers are made once; one thread at a time.

    Args:
        size: Side of the map in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._planes = [np.zeros((size, size), np.uint8) for _ in MAP_CHANNELS]
        self._iris = np.zeros((size, size), np.uint8)
        self._map = np.zeros((size, size, len(MAP_CHANNELS)), np.uint8)

    def __call__(self, landmarks_px: Points3, map_from_frame: Matrix2x3) -> BgrImage:
        """Draw one face.

        Args:
            landmarks_px: (478, 3) points in frame pixels, z in pixels too.
            map_from_frame: (2, 3) from frame pixels to pixels of the map.

        Returns:
            (size, size, 3) uint8, channels as above; valid until the next call.
        """
        cv2.merge(self.planes(landmarks_px, map_from_frame), self._map)
        return self._map

    def planes(self, landmarks_px: Points3, map_from_frame: Matrix2x3) -> Sequence[Mask]:
        """The same, each channel for itself: (size, size) uint8, valid until the next call."""
        placed = _placed(landmarks_px[_DRAWN_POINTS], map_from_frame)
        face, right_brow, left_brow, nose, right_eye, left_eye, right_iris, left_iris, lips, opening = (
            placed[ring] for ring in _DRAWN_RINGS
        )
        oval, eyes, mouth = self._planes
        for plane in self._planes:
            plane.fill(0)
        _fill(oval, (face,), _HALF)
        _fill(oval, (right_brow, left_brow, nose), _FULL)
        self._draw_compass(oval, landmarks_px, map_from_frame)
        _fill(eyes, (right_eye, left_eye), _HALF)
        self._iris.fill(0)
        _fill(self._iris, (right_iris, left_iris), _FULL)
        # Twice the opening's value, saturated, is the opening itself: an iris never shows through a closed lid.
        cv2.bitwise_and(self._iris, cv2.add(eyes, eyes), dst=self._iris)
        cv2.max(eyes, self._iris, dst=eyes)
        _fill(mouth, (lips,), _HALF)
        _fill(mouth, (opening,), _FULL)
        return self._planes

    def _draw_compass(self, plane: Mask, landmarks_px: Points3, map_from_frame: Matrix2x3) -> None:
        right, down = (-_COMPASS_REACH * head_rotation(landmarks_px)[:2, 2]).tolist()
        (a, b, _), (c, d, _) = (map_from_frame / scale_of(map_from_frame)).tolist()
        ahead = (a * right + b * down, c * right + d * down)
        x, y = (
            round((((way + centre - origin) / CROP_SIDE + 0.5) * self.size - 0.5) * (1 << _SHIFT))
            for way, centre, origin in zip(ahead, _COMPASS_CENTRE, CROP_CENTRE, strict=True)
        )
        radius = round(_COMPASS_RADIUS / CROP_SIDE * self.size * (1 << _SHIFT))
        cv2.circle(plane, (x, y), radius, (_FULL,), cv2.FILLED, cv2.LINE_AA, _SHIFT)


def hull(landmarks_px: Points3 | Points2, mask_from_frame: Matrix2x3, size: int) -> Mask:
    """The convex hull of all face points as a filled mask, (size, size) uint8, 0 or 255 with a soft rim."""
    return fill_outline(outline(landmarks_px, mask_from_frame), size)


def outline(landmarks_px: Points3 | Points2, mask_from_frame: Matrix2x3) -> Polygon:
    """The convex hull of all face points, (N, 1, 2) int32 in sixteenths of a mask's pixels."""
    return np.asarray(cv2.convexHull(_placed(landmarks_px[: topology.SKIN_POINTS], mask_from_frame)), np.int32)


def fill_outline(corners: Polygon, size: int) -> Mask:
    """A convex polygon in sixteenths of a pixel as a filled mask, (size, size) uint8, 0 or 255 with a soft rim."""
    mask = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(mask, corners, (_FULL,), lineType=cv2.LINE_AA, shift=_SHIFT)
    return mask


def draw_filled(plane: Mask, points: Points2, shapes: tuple[tuple[int, ...], ...]) -> None:
    """Fill rings of face points, in place.

    Args:
        plane: (S, S) uint8.
        points: (478, 2) in pixels of the plane.
        shapes: Rings of point indices.
    """
    placed = _fixed(points)
    _fill(plane, [placed[list(shape)] for shape in shapes], _FULL)


@lru_cache(maxsize=64)
def disc(size: int, radius: float) -> Mask:
    """A round brush for masks of a side of `size` pixels; its radius is a share of that."""
    width = 2 * round(radius * size) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), np.uint8)


def _placed(points: Points3 | Points2, into_from_frame: Matrix2x3) -> Polygon:
    """(N, 2) points through a (2, 3) matrix, in OpenCV's fixed-point pixels."""
    placed = np.empty((len(points), 2), np.int32)
    matrix = np.ascontiguousarray(into_from_frame, np.float64)
    _place(np.ascontiguousarray(points, np.float32), matrix, placed)
    return placed


@compiled()
def _place(points: Points2, matrix: Matrix2x3, placed: Polygon) -> None:
    limit = float(_LIMIT)
    for i in range(len(points)):
        for axis in range(2):
            at = matrix[axis, 0] * points[i, 0] + matrix[axis, 1] * points[i, 1] + matrix[axis, 2]
            placed[i, axis] = np.int32(np.rint(min(max(at * 16, -limit), limit)))


def _fixed(points: Points2) -> Polygon:
    """Points in OpenCV's fixed-point pixels."""
    return _placed(points, np.eye(2, 3))


def _fill(plane: Mask, rings: Iterable[Polygon], value: int) -> None:
    for ring in rings:
        cv2.fillPoly(plane, [ring], (value,), lineType=cv2.LINE_AA, shift=_SHIFT)


@first_call
def _first_call() -> None:
    _placed(np.zeros((3, 3), np.float32), np.eye(2, 3))
    _placed(np.zeros((3, 2), np.float32), np.eye(2, 3))
