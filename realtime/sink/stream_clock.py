"""When each picture of a live stream is to be shown: by media time, and never in a burst."""

from __future__ import annotations

import math

_MOST_BEHIND_S = 0.1
"""A picture that comes later than this is shown when it comes, not when it should have."""
_EASES_S = 0.0001
"""So much for each picture, the least delay that is known may be forgotten: a loop can get slower for good."""
_MOMENT_S = 1 / 45_000
_LEAST_STEP = 0.4
"""Of the time between two frames: what follows closer is a burst, and is passed over."""


class StreamClock:
    """Times for a stream that players show at the pace of its time stamps.

    They follow the media time, which has none of the loop's unevenness, but stay within a tenth of a second of
    the clock on the wall. A player that is given frames faster than it shows them stays behind for good; so what
    the loop held up and then lets go at once is passed over, but for its last tenth of a second.

    Args:
        fps: The rate that was announced.
    """

    def __init__(self, fps: float) -> None:
        self._least_step_s = _LEAST_STEP / fps
        self._delay_s: float | None = None
        self._first_s: float | None = None
        self._last_s = 0.0
        self._last_frame_s = -math.inf

    def frame(self, media_s: float, now_s: float) -> float | None:
        """When a frame is to be shown.

        Args:
            media_s: The frame's own time.
            now_s: Monotonic seconds.

        Returns:
            Seconds since the stream's first picture, more than any before; None where the frame is to be passed over.
        """
        delay_s = now_s - media_s
        least_s = delay_s if self._delay_s is None else self._delay_s + _EASES_S
        self._delay_s = min(delay_s, max(least_s, delay_s - _MOST_BEHIND_S))
        shown_s = media_s + self._delay_s
        if shown_s - self._last_frame_s < self._least_step_s:
            return None
        self._last_frame_s = shown_s
        return self._note(shown_s)

    def again(self, now_s: float) -> float:
        """When a picture is to be shown that has no time of its own: at once."""
        return self._note(now_s)

    def _note(self, shown_s: float) -> float:
        if self._first_s is None:
            self._first_s = self._last_s = shown_s
        else:
            self._last_s = max(shown_s, self._last_s + _MOMENT_S)
        return self._last_s - self._first_s
