"""Who saw the performer's own face: source and output compared, frame by frame, from their pixels."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from realtime.frame import Frame
from realtime.timing import now_s

Glimpse = npt.NDArray[np.uint8]
"""(H / 4, W / 4) uint8: every fourth pixel's green."""

STEP_PX = 4
KEPT = 128
SAME_LEVELS = 3.0
"""Mean absolute difference, in levels of 255, under which a face counts as the source's own. A watermark and
a codec stay below it; a worn or pixelated face is far above."""


class Witness:
    """Counts the output frames whose face region is still the source's.

    `remember` is tapped in at the source, `judge` at the sink.

    A thinned copy of each source picture is kept until its frame arrives in the sink, and the middle of the
    face is compared there. That finds the performer's face left as it was. It does not find a face that is
    covered in part, nor an older picture of the performer, nor a face that no stage has ever found and that
    was not drawn by us.

    Attributes:
        judged: Frames in which a face region was known and compared.
        leaks: Frames of these that showed the source's own face.
        first_worn_s: When the first frame with every face worn had arrived; NaN before that.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = now_s) -> None:
        self._clock = clock
        self._glimpses: OrderedDict[int, Glimpse] = OrderedDict()
        self._lock = threading.Lock()
        self._box: tuple[slice, slice] | None = None
        self.judged = self.leaks = 0
        self.first_worn_s = math.nan

    def remember(self, frame: Frame) -> Frame:
        """Keep a thinned copy of a source picture; the frame goes on as it is."""
        glimpse = frame.image[::STEP_PX, ::STEP_PX, 1].copy()
        with self._lock:
            self._glimpses[frame.index] = glimpse
            if len(self._glimpses) > KEPT:
                self._glimpses.popitem(last=False)
        return frame

    def judge(self, frame: Frame) -> None:
        """Compare a finished frame with what the source gave under the same index."""
        if frame.worn and math.isnan(self.first_worn_s):
            self.first_worn_s = self._clock()
        with self._lock:
            before = self._glimpses.pop(frame.index, None)
        self._box = _face_box(frame) or self._box
        if before is None or self._box is None:
            return
        after = frame.image[::STEP_PX, ::STEP_PX, 1]
        difference = np.abs(before[self._box].astype(np.int16) - after[self._box])
        if difference.size:
            self.judged += 1
            self.leaks += bool(difference.mean() < SAME_LEVELS)


def _face_box(frame: Frame) -> tuple[slice, slice] | None:
    """Rows and columns, in a glimpse, of the middle of the face, as it was drawn or else found."""
    if frame.truth is not None:
        points = frame.truth.landmarks_px
    elif frame.faces:
        points = frame.faces[0].landmarks_px[:, :2]
    else:
        return None
    (left, top), (right, bottom) = points.min(0) / STEP_PX, points.max(0) / STEP_PX
    inset_x, inset_y = 0.2 * (right - left), 0.2 * (bottom - top)
    rows = slice(max(0, int(top + inset_y)), max(0, math.ceil(bottom - inset_y)))
    return rows, slice(max(0, int(left + inset_x)), max(0, math.ceil(right - inset_x)))
