"""The source's end of the loop: frames are read until it ends, or somebody ends it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from realtime.errors import ThespisError
from realtime.frame import Span
from realtime.hand_overs import HandOver
from realtime.limits import Limits
from realtime.source.base import Source

SOURCE_GRACE_S = 1.0
"""How long a source may take to come back from `read` before it is closed under its reader."""


class Reading:
    """Reads a source in one thread, and ends that from others.

    Args:
        source: Opened by somebody else before the first frame, and closed here.
        limits: Where it ends by itself.
        clock: Monotonic seconds; the clock of `Frame.captured_s`.

    Attributes:
        stopping: Whether no more frames are wanted.
        closed: Whether the source was closed.
    """

    def __init__(self, source: Source, limits: Limits, clock: Callable[[], float]) -> None:
        self._source, self._limits, self._clock = source, limits, clock
        self._begun_s = self._last_s = math.inf
        self.stopping = self.closed = False

    def read(self, hand_over: HandOver) -> None:
        """Hand over every frame, until the source ends, a limit is reached, or `stop`.

        Raises:
            SourceError: It broke, and not because it was closed here.
        """
        taken = 0
        while not self.stopping:
            start_s = self._clock()
            if not taken:
                self._begun_s = self._last_s = start_s
            try:
                frame = self._source.read()
            except Exception:
                if self.closed:
                    break  # closed under this reader because the run is over
                raise
            if frame is None or self._limits.reached(taken, frame.media_s):
                break
            taken += 1
            if self._source.live:
                start_s = frame.captured_s  # the wait for the next picture is no work, its way here is
            self._last_s = end_s = self._clock()
            if taken == 1:
                self._begun_s = end_s
            if not hand_over(frame.after(Span("capture", start_s, end_s))):
                return
        hand_over(None)

    def stop(self) -> None:
        """End as if the source had. Takes no lock; a `read` that waits for a device goes on waiting until `release`."""
        self.stopping = True

    def silent_to_the_end(self, rest_after_s: float) -> bool:
        """Whether the source, a live one, gives nothing any more, and as much time has passed as the run was to last.

        Args:
            rest_after_s: So long after its last frame it has fallen silent.
        """
        if self._limits.seconds is None:
            return False
        now = self._clock()
        return now - self._last_s > rest_after_s and now - self._begun_s >= self._limits.seconds

    def release(self, reader: threading.Thread | None) -> None:
        """Close the source, giving its reader time to come back by itself first.

        Args:
            reader: The thread that reads; None where there is none yet.

        Raises:
            ThespisError: It was closed before, and its reader still waits.
        """
        try:
            if reader is not None and reader.ident is not None:
                reader.join(SOURCE_GRACE_S)
        finally:
            first, self.closed = not self.closed, True
            if first:
                self._source.close()
        if not first and reader is not None and reader.is_alive():
            raise ThespisError(f"{self._source.name}: did not stop, though it was closed")
