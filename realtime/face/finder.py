"""The detect stage: faces found, named, smoothed and aligned."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from realtime.face.align import align
from realtime.face.landmarks import FaceMesh
from realtime.face.signature import Signature, signature
from realtime.face.tracker import Tracker
from realtime.frame import BgrImage, Face, Frame, Points3

_LONGEST_SIDE = 1280
"""Larger frames are searched at this size: the mesh network sees 256 pixels of a face in any case."""


class FaceFinder:
    """Fills in `Frame.faces`. A frame without a face passes with none.

    Args:
        max_faces: How many faces are looked for.
        tell_apart: Whether people are known by their looks too, which takes a third of a millisecond each: they keep
            their ids when they cross, or leave and come back.
    """

    def __init__(self, max_faces: int = 1, *, tell_apart: bool = False) -> None:
        self._mesh = FaceMesh(max_faces)
        self._track, self._tell_apart = Tracker(), tell_apart
        self._small: BgrImage | None = None

    def __call__(self, frame: Frame) -> Frame:
        """Find the faces in one frame."""
        found = self._find(frame.image)
        looks = [_looks(frame.image, points) for points in found] if self._tell_apart else None
        named = self._track(found, frame.media_s, looks)
        faces = tuple(Face(id, points, align(points)) for id, points in named if _usable(points))
        return replace(frame, faces=faces)

    def _find(self, picture: BgrImage) -> list[Points3]:
        shrink = max(picture.shape[:2]) / _LONGEST_SIDE
        if shrink <= 1:
            return self._mesh(picture)
        height, width = (round(side / shrink) for side in picture.shape[:2])
        if self._small is None or self._small.shape[:2] != (height, width):
            self._small = np.empty((height, width, 3), np.uint8)
        cv2.resize(picture, (width, height), dst=self._small, interpolation=cv2.INTER_LINEAR)
        scale = np.array([picture.shape[1] / width, picture.shape[0] / height, picture.shape[1] / width], np.float32)
        faces = [points * scale for points in self._mesh(self._small)]
        for points in faces:
            points[:, :2] += 0.5 * scale[:2] - 0.5  # a resize maps pixel centres by (x + 0.5) * scale - 0.5
        return faces

    def close(self) -> None:
        """Let the detector's threads go. May be called twice."""
        self._mesh.close()


def _looks(picture: BgrImage, points: Points3) -> Signature | None:
    """What a face looks like; None where it is half out of the picture, or no face."""
    height, width = picture.shape[:2]
    middle = points[:, :2].mean(0)
    inside = 0 <= middle[0] < width and 0 <= middle[1] < height and _usable(points)
    return signature(picture, points) if inside else None


def _usable(points: Points3) -> bool:
    """Whether an alignment can be computed: points that are numbers and not all on one spot."""
    return bool(np.isfinite(points).all() and np.ptp(points[:, 0]) > 2 and np.ptp(points[:, 1]) > 2)
