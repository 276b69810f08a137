"""Fail closed: what is shown while there is no good swap."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np

from realtime.composite.slate import Slate
from realtime.face.extent import extent_of
from realtime.frame import BgrImage, Face, Frame, Mask, Swap
from realtime.scene import SceneWatch

BLOCKS_ACROSS_FACE = 6
"""Nobody is known by so few blocks; faces are told apart from about 16 up (Harmon and Julesz, 1973)."""
BLOCKS_ACROSS_FRAME = 8
"""Along the shorter side, where no face is known: even a face that fills the frame has no more."""

ANYBODY = -1
"""An id that no face has: who is missing from a frame of which nobody knows who is in it."""

_MARGIN = 0.5
_DRIFT_PER_S = 10.0
"""Who walks out of the picture sideways, and turns their head that way so that it is lost, goes nine faces a second."""
_RIM = 0.1


@dataclass(frozen=True, slots=True)
class _Region:
    """Where a face was, in frame pixels, how large it was, and when."""

    left: float
    top: float
    right: float
    bottom: float
    seen_s: float

    @property
    def side(self) -> float:
        return max(self.right - self.left, self.bottom - self.top, 1.0)


class _Good(NamedTuple):
    """The last good picture, and when it was captured."""

    image: BgrImage
    captured_s: float


class Conceal:
    """Lets no frame through that shows the performer's own face.

    A worn frame passes and is remembered. Any other is replaced by the last good picture for up to `hold_s`
    of media time; after that the last known region of each face that is not covered is pixelated, enlarged by half a
    face on every side and by ten more for each second that it has not been seen, until the whole frame is
    covered: a performer who is not found may be anywhere. So it is at once after a cut. Faces that are worn are laid
    over the pixels. Before the first good swap it is a slate. Runs after the composite stage, in place. The
    remembered picture is the frame's own, no copy of it: it is as finished as the stages after this one made it, and
    shown again as that.

    Args:
        when_lost: `hold` as above; `blur` pixelates at once; `slate` shows the slate; `show` lets every frame
            pass, which is the user's own word.
        hold_s: The longest time the last good picture stays, in seconds.
        began: Whether there was a good swap before the first frame, as in a later piece of a film.

    Raises:
        ValueError: `when_lost` is none of these, or `hold_s` is negative.
    """

    def __init__(self, when_lost: str = "hold", hold_s: float = 0.2, *, began: bool = False) -> None:
        if when_lost not in _WHEN_LOST:
            raise ValueError(f"when_lost must be one of {', '.join(_WHEN_LOST)}, got {when_lost!r}")
        if hold_s < 0:
            raise ValueError(f"hold_s must be 0 or more, got {hold_s}")
        self._lost = _WHEN_LOST[when_lost]
        self._remembers = when_lost == "hold" and hold_s > 0
        self._hold_s = hold_s
        self._good: _Good | None = None
        self._good_s: float | None = -math.inf if began else None
        self._regions: dict[int, _Region] = {}
        self._seen_size_wh = (0, 0)
        self._slate, self._cut = Slate(), SceneWatch()

    def __call__(self, frame: Frame) -> Frame:
        """Pass or conceal one frame, drawing into `frame.image`.

        Returns:
            The frame; `worn` also where it now shows the last good picture, and nobody `covered` where nothing of it
            is left.
        """
        if self._cut(frame):
            self._regions = {}
        if frame.faces:
            missing = {id_: self._regions[id_] for id_ in frame.missing if id_ in self._regions}
            self._regions = missing | {face.id: _bounds(face, frame.media_s) for face in frame.faces}
            self._seen_size_wh = frame.size_wh
        if frame.worn:
            self._remember(frame)
            return frame
        return self._lost(self, frame)

    def forget_picture(self) -> None:
        """Do not show the last good picture again: what came after this stage did not finish it."""
        self._good = None

    def _remember(self, frame: Frame) -> None:
        self._good_s = frame.media_s
        if self._remembers:
            self._good = _Good(frame.image, frame.captured_s)

    def _show(self, frame: Frame) -> Frame:
        return frame

    def _show_slate(self, frame: Frame) -> Frame:
        self._slate(frame.image)
        return replace(frame, covered=frozenset(), painted=frozenset())

    def _hold(self, frame: Frame) -> Frame:
        good, since = self._good, frame.media_s - (self._good_s or 0.0)
        if self._good_s is None or good is None or good.image.shape != frame.image.shape:
            return self._blur(frame)
        if not 0 <= since <= self._hold_s:
            return self._blur(frame)
        # What is seen is an earlier frame's: nothing that was made for this one is.
        return replace(
            frame,
            image=good.image,
            held_s=good.captured_s,
            worn=True,
            swaps=(),
            covered=frozenset(),
            painted=frozenset(),
        )

    def _blur(self, frame: Frame) -> Frame:
        if self._good_s is None:
            return self._show_slate(frame)
        bare = [region for id_, region in self._regions.items() if id_ not in frame.covered]
        backwards = any(frame.media_s < region.seen_s for region in bare)
        nowhere = not bare or not self._regions.keys() >= set(frame.missing)
        # Another size, or time that jumped back: what was known no longer says where the face is.
        if nowhere or backwards or frame.size_wh != self._seen_size_wh:
            _pixelate(frame.image, (0, 0, *frame.size_wh), min(frame.size_wh) / BLOCKS_ACROSS_FRAME)
            return replace(frame, covered=frozenset(), painted=frozenset())
        worn = _Uncovered(frame)
        for region in bare:
            grow = region.side * (_MARGIN + _DRIFT_PER_S * (frame.media_s - region.seen_s))
            box = (region.left - grow, region.top - grow, region.right + grow, region.bottom + grow)
            block = min(region.right - region.left, region.bottom - region.top) / BLOCKS_ACROSS_FACE
            _pixelate(frame.image, box, block)
        worn.restore()
        return replace(frame, painted=frame.covered)


class _Uncovered:
    """The faces of a frame that carry their persona, kept to be laid over the pixels around somebody who does not.

    Only those of which nothing was left out: inside their outline is the persona, whoever else may be there.
    """

    def __init__(self, frame: Frame) -> None:
        self._image = frame.image
        self._kept: list[tuple[tuple[slice, slice], BgrImage, Mask]] = []
        for swap in frame.swaps:
            if swap.face.id not in frame.covered or _leaves_out(swap):
                continue
            points = np.rint(swap.face.landmarks_px[:, :2]).astype(np.int32)
            left, top = np.maximum(points.min(0), 0).tolist()
            right, bottom = (points.max(0) + 1).tolist()
            box = np.s_[top : max(top, bottom), left : max(left, right)]
            inside = np.zeros(frame.image[box].shape[:2], np.uint8)
            if inside.size:
                cv2.fillConvexPoly(inside, cv2.convexHull(points - (left, top)), (255,))
                # The rim is blended with whatever is there.
                rim = 2 * round(_RIM * (right - left)) + 1
                cv2.erode(inside, np.ones((rim, rim), np.uint8), dst=inside, borderValue=(0.0,))
                self._kept.append((box, frame.image[box].copy(), inside))

    def restore(self) -> None:
        """Lay them over what the picture has become."""
        for box, worn, inside in self._kept:
            cv2.copyTo(worn, inside, self._image[box])


def _leaves_out(swap: Swap) -> bool:
    """Whether what lies before the face, or shines through it, may be seen."""
    fit = swap.fit
    moved = fit.scale != 1 or fit.offset_x != 0 or fit.offset_y != 0
    return swap.has_seen or fit.opacity < 1 or fit.keep_eyes or fit.keep_mouth or moved


_WHEN_LOST: Mapping[str, Callable[[Conceal, Frame], Frame]] = MappingProxyType(
    {
        "hold": Conceal._hold,
        "blur": Conceal._blur,
        "slate": Conceal._show_slate,
        "show": Conceal._show,
    }
)


def _bounds(face: Face, seen_s: float) -> _Region:
    extent = extent_of(face.landmarks_px)
    return _Region(extent.left, extent.top, extent.right, extent.bottom, seen_s)


def _pixelate(image: BgrImage, box: tuple[float, float, float, float], block: float) -> None:
    """Average a box of the picture into square blocks, in place; parts outside the picture are left out."""
    height, width = image.shape[:2]
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right, bottom = min(width, int(box[2]) + 1), min(height, int(box[3]) + 1)
    if right <= left or bottom <= top:
        return
    region = image[top:bottom, left:right]
    columns, rows = (max(1, int(side / max(block, 4.0))) for side in (right - left, bottom - top))
    small = cv2.resize(region, (columns, rows), interpolation=cv2.INTER_AREA)
    cv2.resize(small, (right - left, bottom - top), dst=region, interpolation=cv2.INTER_NEAREST)
