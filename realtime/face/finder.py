"""The detect stage: faces found, named, smoothed and aligned."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from realtime.face.align import align
from realtime.face.extent import extent_of, mean_step
from realtime.face.follow import Follower
from realtime.face.glance import Glance, Glancing
from realtime.face.landmarks import FaceMesh
from realtime.face.plausible import Plausible
from realtime.face.signature import Signature, signature
from realtime.face.thin import thin, thinned_wh
from realtime.face.tracker import Tracker
from realtime.face.turn import yaw_deg
from realtime.frame import BgrImage, Face, Frame, Points3

_LONGEST_SIDE, _SEARCHED_SIDE = 2560, 1280
"""Frames beyond the first are searched at about the second. Up to it the mesh takes no longer for more pixels, since
its network sees 256 of a face in any case, and to shrink 1080p takes 2.6 ms."""

_MOST_FOLLOWED_DEG = 30.0
"""A head that is turned further is looked at in every picture: optical flow does not see it turn on, out of reach of
what may be worn."""
_MOST_LOOKS = 4
_SETTLED = 0.08
_FAST = 0.06
"""Points that moved further, in widths of the face, moved fast, or are not the face's."""
_EARLY = 0.8
"""A camera is not punctual: one of thirty frames a second is looked at thirty times a second, early ones too."""


class _Times(NamedTuple):
    """When a picture was captured, and when it is to be shown."""

    captured_s: float
    media_s: float


class FaceFinder:
    """Fills in `Frame.faces`. A frame without a face passes with none.

    The face mesh looks first where a face was last. After a cut, a jerk of the camera or a light that goes on it may
    take a part of what is there for the whole face, and lay its points there; so such a picture is looked at again,
    until the points stay where they are. Those that do not are no face.

    Args:
        max_faces: How many faces are looked for.
        tell_apart: Whether people are known by their looks too, which takes a third of a millisecond each: they keep
            their ids when they cross, or leave and come back.
        detect_hz: How often in a second the mesh looks, at most, by the clock and by the time in the picture; between,
            faces are followed by what moves (`realtime.face.follow`), for a twelfth of the time. It looks all the same
            where none is known, after a cut, and where one cannot be followed. Of a film, every picture is looked at.
    """

    def __init__(self, max_faces: int = 1, *, tell_apart: bool = False, detect_hz: float = math.inf) -> None:
        self._mesh = FaceMesh(max_faces)
        self._track, self._tell_apart = Tracker(), tell_apart
        self._thinned: npt.NDArray[np.uint8] | None = None
        self._last: list[Points3] = []
        self._plausible = Plausible()
        self._glance, self._scene = Glancing(), 0
        self._rest_s = _EARLY / detect_hz
        self._follow = Follower()
        self._looked: _Times | None = None
        self._taken = _Times(-math.inf, -math.inf)

    def __call__(self, frame: Frame) -> Frame:
        """Find the faces in one frame."""
        cut, smeared = glance = self._glance(frame.image)
        found, followed = self._sight(frame, glance)
        self._last = found
        found = self._plausible(found, frame.media_s, cut=cut and not smeared, smeared=smeared)
        looks = [_looks(frame.image, points) for points in found] if self._tell_apart else None
        named = self._track(found, frame.media_s, looks)
        faces = tuple(Face(id, points, align(points), followed) for id, points in named if extent_of(points).usable)
        self._scene += cut and not smeared
        return replace(frame, scene=self._scene, faces=faces)

    def _sight(self, frame: Frame, glance: Glance) -> tuple[list[Points3], bool]:
        """Where faces are, and whether they were followed there, where that will do, and not looked for."""
        before, self._taken = self._taken, _Times(frame.captured_s, frame.media_s)
        if self._rests(self._looked) and not any(glance) and (followed := self._follow(frame.image)) is not None:
            return followed, True
        found = self._find(frame.image)
        if glance.cut or not all(self._followed(face) for face in found):
            found = self._settle(frame.image, found)
        self._looked = self._taken
        # The next one may come as soon; but what is turned away is not to be lost sight of.
        usable = (face for face in found if extent_of(face).usable)
        if self._rests(before) and all(abs(yaw_deg(face)) < _MOST_FOLLOWED_DEG for face in usable):
            self._follow.keep(frame.image, found)
        else:
            self._follow.forget()
        return found, False

    def _rests(self, since: _Times | None) -> bool:
        """Whether so little time has passed, by the clock and in the picture, that nobody need look."""
        if since is None:
            return False
        captured_s, media_s = (now - then for now, then in zip(self._taken, since, strict=True))
        return captured_s >= 0 and media_s >= 0 and 0 < max(captured_s, media_s) < self._rest_s

    def _followed(self, face: Points3) -> bool:
        """Whether a face moved no further since the picture before than faces mostly do."""
        return any(_apart(face, before) < _FAST for before in self._last)

    def _settle(self, picture: BgrImage, found: list[Points3]) -> list[Points3]:
        """What is found again where it was found before."""
        for _ in range(_MOST_LOOKS - 1):
            if not found:
                return found
            again = self._find(picture)
            settled = [face for face in again if any(_apart(face, before) < _SETTLED for before in found)]
            if len(settled) == len(again):
                return again
            found = again
        return settled

    def _find(self, picture: BgrImage) -> list[Points3]:
        frame_wh = (picture.shape[1], picture.shape[0])
        step = round(max(frame_wh) / _SEARCHED_SIDE) if max(frame_wh) > _LONGEST_SIDE else 1
        if step == 1 or min(frame_wh) < 8 * step:
            return self._mesh(picture)
        width, height = thinned_wh(frame_wh, step)
        if self._thinned is None or self._thinned.shape[:2] != (height, width):
            self._thinned = np.empty((height, width, 3), np.uint8)
        thin(np.ascontiguousarray(picture), step, self._thinned)
        faces = [points * np.float32(step) for points in self._mesh.find(self._thinned)]
        for points in faces:
            points[:, :2] += step // 2
        return faces

    def close(self) -> None:
        """Let the detector's threads go. May be called twice."""
        self._mesh.close()


def _apart(face: Points3, before: Points3) -> float:
    """How far points lie from where others did, on average, in widths of the face."""
    return mean_step(face, before) / extent_of(face).width


def _looks(picture: BgrImage, points: Points3) -> Signature | None:
    """What a face looks like; None where it is half out of the picture, or no face."""
    (height, width), extent = picture.shape[:2], extent_of(points)
    inside = 0 <= extent.x < width and 0 <= extent.y < height and extent.usable
    return signature(picture, points) if inside else None
