"""What finds the faces of footage: the live loop's own finder, and for photos a search for small ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from realtime.face.align import align
from realtime.face.finder import FaceFinder
from realtime.face.landmarks import FaceMesh
from realtime.frame import Face, Frame, Points3

MOST_FACES = 4
_PARTS = (2, 3)
"""MediaPipe's detector misses faces under an eighth of the picture: these parts of a photo are searched one by one."""
_SAME_FACE = 0.5


class Finder(Protocol):
    """Fills in `Frame.faces`; may remember the frames before, until it is closed."""

    def __call__(self, frame: Frame) -> Frame:
        """Find what is to be cut out of one frame."""

    def close(self) -> None:
        """Let go of what it holds."""


def film_finder() -> Finder:
    """For the frames of a film in their order: the same faces, points and alignment as live."""
    return FaceFinder(MOST_FACES)


class PhotoFinder:
    """For one photo. Looked at twice, as live: the second look starts from the first one's points, and is finer."""

    def __call__(self, frame: Frame) -> Frame:
        """Find the faces of a photo; where there seem to be none, part by part."""
        found = _look_twice(frame)
        if found:
            return replace(frame, faces=tuple(found))
        faces: list[Face] = []
        detector = FaceMesh(1, still=True)
        try:
            for parts in _PARTS:
                for left, top, part in _cuts(frame, parts):
                    if detector(part.image):
                        faces += [
                            moved for face in _look_twice(part) if _is_new(moved := _moved(face, left, top), faces)
                        ]
                if faces:
                    break
        finally:
            detector.close()
        return replace(frame, faces=tuple(replace(face, id=place) for place, face in enumerate(faces)))

    def close(self) -> None:
        """Nothing is held between photos."""


def _look_twice(frame: Frame) -> list[Face]:
    finder = FaceFinder(MOST_FACES)
    try:
        finder(frame)
        # A second later in its own time, so that the points of the first look are not smoothed into it.
        return list(finder(replace(frame, media_s=frame.media_s + 1)).faces)
    finally:
        finder.close()


def _cuts(frame: Frame, parts: int) -> Iterator[tuple[int, int, Frame]]:
    """Overlapping cuts of a photo, each a `parts`th of its width and height, by steps of half a cut."""
    height, width = frame.image.shape[0] // parts, frame.image.shape[1] // parts
    for row in range(2 * parts - 1):
        for column in range(2 * parts - 1):
            top, left = row * height // 2, column * width // 2
            image = np.ascontiguousarray(frame.image[top : top + height, left : left + width])
            yield left, top, replace(frame, image=image)


def _moved(face: Face, left: int, top: int) -> Face:
    points = face.landmarks_px + np.array([left, top, 0], np.float32)
    return Face(face.id, points, align(points))


def _is_new(face: Face, others: list[Face]) -> bool:
    return all(_apart(face.landmarks_px, other.landmarks_px) for other in others)


def _apart(a: Points3, b: Points3) -> bool:
    between = float(np.linalg.norm(a[:, :2].mean(0) - b[:, :2].mean(0)))
    return between > _SAME_FACE * max(float(np.ptp(a[:, 0])), float(np.ptp(b[:, 0])))
