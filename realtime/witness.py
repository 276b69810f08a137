"""Who saw the performer's own face: source and output compared, frame by frame, from their pixels."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Frame, Mask, Points2
from realtime.timing import now_s

Glimpse = npt.NDArray[np.uint8]
"""(H / 3, W / 3) uint8: every third pixel's green."""

STEP_PX = 3
KEPT = 64
"""So many source pictures are kept: two seconds, far more than the loop holds or `hold` may show."""
OWN_SHARE = 0.25
"""A leak is a frame in which so much of what can be told of a face is the performer's own. Faces that were worn had up
to 0.08, faces that passed as they are 0.95 and more."""

_BLOCKS = 8
_LEAST_BLOCK = 4
_TEXTURE = 3.0
_SAME_LEVELS = 4.0
_ALIKE = 0.8
_LEAST_BLOCKS = 6
_INSET = 0.85


class Verdict(NamedTuple):
    """What was seen of one face.

    Attributes:
        blocks: Parts of the face in which the performer's own picture shows anything.
        own: Those that are the performer's own in the output too.
    """

    blocks: int
    own: int

    @property
    def judged(self) -> bool:
        """Whether there was enough to see: not in the dark, nor where a face is out of the picture or hidden."""
        return self.blocks >= _LEAST_BLOCKS

    @property
    def leak(self) -> bool:
        """Whether it shows the performer."""
        return self.judged and self.own >= OWN_SHARE * self.blocks


class Witness:
    """Counts the output frames that show the performer's own face.

    `remember` is tapped in at the source, `judge` at the sink. A thinned copy of each source picture is kept. The face,
    where it was drawn or else found, is cut into eighths of its width; a part is the performer's own if its pixels
    are, but for what a watermark or a codec changes. The output is held against the source's picture of the same
    index, and against older ones: a stale picture of the performer is a leak as well.

    It does not find a face that no stage has ever found and that was not drawn by us.

    Attributes:
        judged: Frames in which a face was there to be seen, and compared.
        leaks: Frames of these that showed the performer's own.
        most_own: The largest share of a face that was the performer's own in any frame, 0 to 1.
        first_worn_s: When the first frame with every face worn had arrived; NaN before that.

    Args:
        clock: Monotonic seconds.
        older: With how many older pictures a frame is compared beside its own.
    """

    def __init__(self, clock: Callable[[], float] = now_s, *, older: int = 4) -> None:
        self._clock, self._older = clock, older
        self._glimpses: OrderedDict[int, Glimpse] = OrderedDict()
        self._lock = threading.Lock()
        self._faces: Sequence[Points2] = ()
        self._places: OrderedDict[int, tuple[Sequence[Points2], Glimpse | None]] = OrderedDict()
        self.judged = self.leaks = 0
        self.most_own = 0.0
        self.first_worn_s = math.nan

    def remember(self, frame: Frame) -> Frame:
        """Keep a thinned copy of a source picture; the frame goes on as it is."""
        glimpse = frame.image[::STEP_PX, ::STEP_PX, 1].copy()
        with self._lock:
            self._glimpses[frame.index] = glimpse
            if len(self._glimpses) > KEPT:
                self._glimpses.popitem(last=False)
        return frame

    def judge(self, frame: Frame, faces: Sequence[Points2] | None = None, hidden: Mask | None = None) -> bool:
        """Compare a finished frame with what the source gave.

        Args:
            frame: As viewers see it.
            faces: (N, 2) points of each face in the source's picture, in frame pixels, where somebody knows better than
                the frame itself.
            hidden: (H, W) uint8, over 127 where something else lies before the performer's face.

        Returns:
            Whether it is a leak.
        """
        if frame.worn and math.isnan(self.first_worn_s):
            self.first_worn_s = self._clock()
        self._faces = faces if faces is not None else _faces_of(frame) or self._faces
        self._places[frame.index] = self._faces, None if hidden is None else hidden[::STEP_PX, ::STEP_PX].copy()
        if len(self._places) > KEPT:
            self._places.popitem(last=False)
        shown = frame.image[::STEP_PX, ::STEP_PX, 1]
        verdicts = [
            (index, compare(glimpse, shown, face, before_it))
            for index, glimpse, places, before_it in self._before(frame)
            for face in places
            if glimpse.shape == shown.shape
        ]
        told = [verdict for _, verdict in verdicts if verdict.judged]
        leak = any(verdict.leak for verdict in told)
        self.judged += any(index == frame.index and verdict.judged for index, verdict in verdicts)
        self.leaks += leak
        self.most_own = max([self.most_own, *(verdict.own / verdict.blocks for verdict in told)])
        return leak

    def _before(self, frame: Frame) -> list[tuple[int, Glimpse, Sequence[Points2], Glimpse | None]]:
        """The source's picture of this frame, and older ones, each with its faces and what lies before them."""
        with self._lock:
            known = [index for index in self._places if index <= frame.index and index in self._glimpses]
            return [(index, self._glimpses[index], *self._places[index]) for index in known[-1 - self._older :]]


def compare(before: Glimpse, after: Glimpse, landmarks_px: Points2, hidden: Glimpse | None = None) -> Verdict:
    """Hold one face of an output against the source's.

    Args:
        before: Thinned source.
        after: Thinned output, of the same shape.
        landmarks_px: (N, 2) the face's points in frame pixels.
        hidden: Thinned cover, of the same shape.
    """
    outline = cv2.convexHull(np.asarray(landmarks_px, np.float32) / STEP_PX)[:, 0]
    middle = outline.mean(0)
    outline = middle + _INSET * (outline - middle)  # the rim is blended with the performer's own by design
    side = max(_LEAST_BLOCK, round(float(np.ptp(outline[:, 0])) / _BLOCKS))
    left, top = np.maximum(np.floor(outline.min(0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(outline.max(0)), (before.shape[1], before.shape[0])).astype(int).tolist()
    columns, rows = (right - left) // side, (bottom - top) // side
    if columns < 1 or rows < 1:
        return Verdict(0, 0)
    box = np.s_[top : top + rows * side, left : left + columns * side]
    inside = np.zeros((rows * side, columns * side), np.uint8)
    cv2.fillConvexPoly(inside, np.rint(outline - (left, top)).astype(np.int32), (1,))
    if hidden is not None:
        inside[hidden[box] > 127] = 0

    def means(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(values.reshape(rows, side, columns, side).mean((1, 3), dtype=np.float32))

    first, second = before[box].astype(np.float32), after[box].astype(np.float32)
    mean_first, mean_second = means(first), means(second)
    spread_first = np.sqrt(np.maximum(means(first * first) - mean_first**2, 0))
    spread_second = np.sqrt(np.maximum(means(second * second) - mean_second**2, 0))
    together = means(first * second) - mean_first * mean_second
    alike = together >= _ALIKE * spread_first * np.maximum(spread_second, _TEXTURE / 2)
    same = means(np.abs(first - second)) <= _SAME_LEVELS
    told = (spread_first >= _TEXTURE) & (means(inside.astype(np.float32)) > 0.75)
    return Verdict(int(np.count_nonzero(told)), int(np.count_nonzero(told & alike & same)))


def _faces_of(frame: Frame) -> list[Points2]:
    """Face points, as they were drawn or else found."""
    if frame.truth is not None:
        return [frame.truth.landmarks_px]
    return [np.asarray(face.landmarks_px[:, :2], np.float32) for face in frame.faces]
