"""Shapes drawn from face points: the landmark map that a network sees, and the face's outline as a mask."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import transform
from realtime.frame import BgrImage, Mask, Matrix2x3, Points2, Points3

MAP_CHANNELS = ("map_oval", "map_eyes", "map_mouth")
"""What the three channels of a landmark map show."""

_SHIFT = 4  # OpenCV draws at sixteenths of a pixel: at 128 pixels a lid moves by less than one
_HALF, _FULL = 128, 255

Polygon: TypeAlias = npt.NDArray[np.int32]


class FaceMap:
    """Draws a face's points as filled shapes: what an expression is, without whose it is.

    Channel 0: the oval (half), brows and nose (full). Channel 1: the eyes' openings (half), irises (full).
    Channel 2: the lips (half), the mouth's opening (full). Buffers are made once; one thread at a time.

    Args:
        size: Side of the map in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._planes = [np.zeros((size, size), np.uint8) for _ in MAP_CHANNELS]
        self._iris = np.zeros((size, size), np.uint8)
        self._map = np.zeros((size, size, len(MAP_CHANNELS)), np.uint8)

    def __call__(self, landmarks_px: Points3 | Points2, map_from_frame: Matrix2x3) -> BgrImage:
        """Draw one face.

        Args:
            landmarks_px: (478, 2 or 3) points in frame pixels.
            map_from_frame: (2, 3) from frame pixels to pixels of the map.

        Returns:
            (size, size, 3) uint8, channels as above; valid until the next call.
        """
        points = _fixed(transform(landmarks_px, map_from_frame))
        oval, eyes, mouth = self._planes
        for plane in self._planes:
            plane.fill(0)
        _fill(oval, points, (topology.OVAL,), _HALF)
        _fill(oval, points, (topology.RIGHT_BROW, topology.LEFT_BROW, topology.NOSE), _FULL)
        _fill(eyes, points, (topology.RIGHT_EYE, topology.LEFT_EYE), _HALF)
        self._iris.fill(0)
        _fill(self._iris, points, (topology.RIGHT_IRIS[1:], topology.LEFT_IRIS[1:]), _FULL)
        # Twice the opening's value, saturated, is the opening itself: an iris never shows through a closed lid.
        cv2.bitwise_and(self._iris, cv2.add(eyes, eyes), dst=self._iris)
        cv2.max(eyes, self._iris, dst=eyes)
        _fill(mouth, points, (topology.LIPS_OUTER,), _HALF)
        _fill(mouth, points, (topology.LIPS_INNER,), _FULL)
        cv2.merge(self._planes, self._map)
        return self._map


def hull(landmarks_px: Points3 | Points2, mask_from_frame: Matrix2x3, size: int) -> Mask:
    """The convex hull of all face points as a filled mask, (size, size) uint8, 0 or 255 with a soft rim."""
    outline = cv2.convexHull(_fixed(transform(landmarks_px, mask_from_frame)[: topology.SKIN_POINTS]))
    mask = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(mask, outline, (_FULL,), lineType=cv2.LINE_AA, shift=_SHIFT)
    return mask


def _fixed(points: Points2) -> Polygon:
    """Points in OpenCV's fixed-point pixels; far outliers are held where its integers still hold them."""
    limit = float(2**26)
    return np.rint(np.clip(points * (1 << _SHIFT), -limit, limit)).astype(np.int32)


def _fill(plane: Mask, points: Polygon, shapes: tuple[tuple[int, ...], ...], value: int) -> None:
    for shape in shapes:
        cv2.fillPoly(plane, [points[list(shape)]], (value,), lineType=cv2.LINE_AA, shift=_SHIFT)
