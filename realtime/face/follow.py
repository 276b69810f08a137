"""Face points carried from one picture to the next by what is seen to move, where no detector looked.

Lucas and Kanade's optical flow, with pyramids (Bouguet, 2000), at points where faces have edges: brows, lids, irises,
nose, lips and jaw. What they do together is the head's motion; what each does beyond that is its expression, and is
shared with the points around it. A face whose points do not agree is not followed: something came between, or the
picture jumped, and a detector has to look.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import transform, umeyama
from realtime.frame import BgrImage, Mask, Matrix2x3, Points2, Points3

_WIDTH_PX = 128
"""A face is looked at by so many pixels across: enough for a lip's motion, and few enough to be quick."""
_MARGIN = 0.3
"""How far beyond a face's bounds is looked, in its widths: further than one moves from picture to picture."""
_WINDOW, _LEVELS = (9, 9), 2
_ROUNDS = 3
_STRAY = 0.03
"""A point that is further from where the others' motion takes it, in widths of the face, does not move with them."""
_MOST_OWN = 0.09
"""What moves further on its own is no lip and no lid, but a point that was lost."""
_LEAST_AGREED = 0.6
"""So large a share of the points must move together."""
_REACH = 0.06
"""How far a point's own motion spreads, in widths of the face."""

_RIGID = np.array(
    sorted(
        {
            *topology.RIGHT_BROW,
            *topology.LEFT_BROW,
            *topology.NOSE,
            *(index for pair in topology.EYE_CORNERS for index in pair),
            *topology.OVAL[::3],
        }
    ),
    np.intp,
)
_SOFT = np.array(
    sorted(
        {*topology.RIGHT_EYE, *topology.LEFT_EYE, *topology.LIPS_OUTER, *topology.LIPS_INNER} - set(_RIGID.tolist())
    ),
    np.intp,
)
_TRACKED = np.concatenate([_RIGID, _SOFT])
_IS_RIGID = np.arange(len(_TRACKED)) < len(_RIGID)

Shares: TypeAlias = npt.NDArray[np.float32]
"""(478, T) how much each point takes of what the tracked ones do on their own."""


class _Box(NamedTuple):
    """A part of a frame, in its pixels, and how many times smaller it is looked at."""

    left: int
    top: int
    right: int
    bottom: int
    shrink: int


class _Seen(NamedTuple):
    """One face in the picture before.

    Attributes:
        points: (478, 3) in frame pixels.
        patch: (h, w) uint8, the face and what is around it, small.
        box: Where that is in the frame.
    """

    points: Points3
    patch: Mask
    box: _Box


class Follower:
    """Follows faces from picture to picture. One thread at a time."""

    def __init__(self) -> None:
        self._seen: list[_Seen] | None = None
        self._shares: Shares | None = None

    def keep(self, picture: BgrImage, faces: list[Points3]) -> None:
        """Remember a picture and where its faces are.

        Args:
            picture: (H, W, 3) uint8 BGR; no reference to it is kept.
            faces: (478, 3) points of each.
        """
        self._seen = [_look(picture, points) for points in faces]
        if self._shares is None and faces:
            self._shares = _shares_of(faces[0])

    def forget(self) -> None:
        """Remember nothing: the next picture is not to be held against the one before."""
        self._seen = None

    def __call__(self, picture: BgrImage) -> list[Points3] | None:
        """Where the faces of the picture before are in this one, which is remembered in its place.

        Returns:
            (478, 3) points of each; None where that cannot be said for all of them, or none was there.
        """
        before, self._seen = self._seen, None
        if not before or self._shares is None:
            return None
        moved = [_move(seen, picture, self._shares) for seen in before]
        now = [seen for seen in moved if seen is not None]
        if len(now) < len(before):
            return None
        self._seen = now
        return [seen.points for seen in now]


def _look(picture: BgrImage, points: Points3) -> _Seen:
    """A face in a picture, with the box around it cut to whole multiples of what it is shrunk by."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    width = float(high[0] - low[0])
    shrink = max(1, round(width / _WIDTH_PX))
    limit = (picture.shape[1], picture.shape[0])
    left, top = np.clip(np.floor(low - _MARGIN * width), 0, limit).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high + _MARGIN * width), 0, limit).astype(int).tolist()
    columns, rows = max(0, right - left) // shrink, max(0, bottom - top) // shrink
    box = _Box(left, top, left + columns * shrink, top + rows * shrink, shrink)
    return _Seen(points, _patch(picture, box), box)


def _patch(picture: BgrImage, box: _Box) -> Mask:
    part = picture[box.top : box.bottom, box.left : box.right]
    if not part.size:
        return np.zeros((0, 0), np.uint8)
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    if box.shrink > 1:
        size = (part.shape[1] // box.shrink, part.shape[0] // box.shrink)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def _shares_of(points: Points3) -> Shares:
    """By a face's own shape, whoever's and however turned: it only says which points are neighbours."""
    width = max(float(np.ptp(points[:, 0])), 1.0)
    apart = np.linalg.norm(points[:, None, :2] - points[None, _TRACKED, :2], axis=2) / width
    near = np.exp(-0.5 * (apart / _REACH) ** 2).astype(np.float32)
    return np.asarray(near / np.maximum(near.sum(1, keepdims=True), 1.0), np.float32)


def _move(seen: _Seen, picture: BgrImage, shares: Shares) -> _Seen | None:
    """The same face in the next picture; None where it cannot be said where that is."""
    patch, box = _patch(picture, seen.box), seen.box
    if not patch.size or patch.shape != seen.patch.shape:
        return None
    width, from_ = float(np.ptp(seen.points[:, 0])), seen.points[_TRACKED, :2]
    corner = np.array((box.left, box.top), np.float32)
    start = np.asarray((from_ - corner + 0.5) / box.shrink - 0.5, np.float32)
    end, found, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]  # stubs want a place for the points
        seen.patch, patch, start, None, winSize=_WINDOW, maxLevel=_LEVELS
    )
    to = np.asarray((end + 0.5) * box.shrink - 0.5 + corner, np.float32)
    there = found[:, 0] > 0
    motion = _motion(from_, to, there, _STRAY * width)
    if motion is None:
        return None
    own = to - transform(from_, motion)
    own[~there | (np.linalg.norm(own, axis=1) > _MOST_OWN * width)] = 0
    moved = seen.points.copy()
    moved[:, :2] = transform(seen.points, motion) + shares @ own
    moved[:, 2] *= math.hypot(motion[0, 0], motion[1, 0])
    return _Seen(moved, patch, box) if _has_room(moved, box, picture) else _look(picture, moved)


def _has_room(points: Points3, box: _Box, picture: BgrImage) -> bool:
    """Whether a face may move once more within its box, or that ends where the picture does."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    height, width = picture.shape[:2]
    ends = box.left <= 0, box.top <= 0, box.right > width - box.shrink, box.bottom > height - box.shrink
    rooms = (*(low - box[:2]), *(box[2:4] - high))
    least = _MARGIN / 2 * (high[0] - low[0])
    return all(at_rim or room >= least for at_rim, room in zip(ends, rooms, strict=True))


def _motion(from_: Points2, to: Points2, there: npt.NDArray[np.bool_], stray: float) -> Matrix2x3 | None:
    """The head's own motion, by the points that move together; None where too few do."""
    agreed = there & _IS_RIGID
    for _ in range(_ROUNDS):
        if np.count_nonzero(agreed) < _LEAST_AGREED * len(_RIGID):
            return None
        motion = umeyama(from_[agreed], to[agreed])
        agreed = there & _IS_RIGID & (np.linalg.norm(to - transform(from_, motion), axis=1) < stray)
    return motion if np.count_nonzero(agreed) >= _LEAST_AGREED * len(_RIGID) else None
