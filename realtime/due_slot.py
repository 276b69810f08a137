"""The hand-over that holds every frame back until it has a certain age."""

from __future__ import annotations

import math
from collections.abc import Callable

from realtime.frame import Frame
from realtime.slot import NudgedError, Slot

MOST_DELAY_S = 1.0
"""More than any microphone or second camera needs, and at 30 fps and 720p 90 MB of pictures that wait."""
_FASTER, _SPARE = 1.25, 4
"""Room for a source that gives more than it announced, and for frames that come in bursts."""


class DueSlot(Slot[Frame]):
    """Gives each frame out at `captured_s + delay_s`, in order; one that comes later than that, at once.

    The writer never waits. A frame is lost, and counted, only where the reader is too slow, which is when another is
    due as well and the first is late by over half a frame's time; or where the source gives far more frames than it
    announced, whose newest then find no place.

    Args:
        delay_s: The age at which frames leave, 0 to 1 second.
        fps: Frames a second that come, as well as one knows.
        clock: Monotonic seconds, the clock of `Frame.captured_s`.
        on_drop: Called once for each lost frame, with the slot locked.

    Attributes:
        places: Most frames that wait inside.

    Raises:
        ValueError: `delay_s` is outside its range.
    """

    def __init__(self, delay_s: float, *, fps: float, clock: Callable[[], float], on_drop: Callable[[], None]) -> None:
        super().__init__()
        if not 0 <= delay_s <= MOST_DELAY_S:
            raise ValueError(f"delay_s: wanted 0 to {MOST_DELAY_S:g}, got {delay_s}")
        self._delay_s, self._late_s = delay_s, 0.5 / fps
        self.places = math.ceil(delay_s * fps * _FASTER) + _SPARE
        self._clock, self._on_drop = clock, on_drop

    def put(self, item: Frame) -> bool:
        """Hand over one frame at once."""
        with self._lock:
            if self.closed:
                return False
            if len(self._items) < self.places or self._drop_late(self._clock()):
                self._items.append(item)
                self._filled.ring()
            else:
                self._on_drop()  # not the oldest: then none would ever wait until it is due
            return True

    def get(self, timeout_s: float | None = None) -> Frame | None:
        """Wait for the next frame that is due. After `close` those inside still come when they are due.

        Args:
            timeout_s: Longest time to wait, in seconds, also where frames are inside that are not yet due.

        Returns:
            The frame, or None once the slot is closed and empty.

        Raises:
            TimeoutError: None was due within `timeout_s`.
            NudgedError: None was due, and somebody called `nudge`.
        """
        end_s = math.inf if timeout_s is None else self._clock() + timeout_s
        with self._lock:
            while True:
                nudged, self._nudged = self._nudged, False
                at_s = self._clock()
                if self._items and self._due_s(0) <= at_s:
                    self._drop_late(at_s)
                    return self._items.popleft()
                if self.closed and not self._items:
                    return None
                if nudged:
                    raise NudgedError
                if at_s >= end_s:
                    raise TimeoutError
                wait_s = min(self._due_s(0) if self._items else math.inf, end_s) - at_s
                self._filled.wait(None if math.isinf(wait_s) else wait_s)

    def _drop_late(self, at_s: float) -> bool:
        """Let go of frames that are late while a newer one is due; True where there were any."""
        dropped = False
        while len(self._items) > 1 and at_s - self._due_s(0) > self._late_s and self._due_s(1) <= at_s:
            self._items.popleft()
            self._on_drop()
            dropped = True
        return dropped

    def _due_s(self, place: int) -> float:
        return self._items[place].captured_s + self._delay_s
