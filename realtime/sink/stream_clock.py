"""When each picture of a live stream is to be shown: by media time, and never in a burst."""

from __future__ import annotations

_MOST_BEHIND_S = 0.1
"""A picture that comes later than this is shown when it comes, not when it should have."""
_EASES_S = 0.0001
"""So much for each picture, the least delay that is known may be forgotten: a loop can get slower for good."""
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
        self._interval_s = 1 / fps
        self._delay_s: float | None = None
        self._first_s: float | None = None
        self._last_s = 0.0

    def frame(self, media_s: float, now_s: float) -> float | None:
        """When a frame is to be shown.

        Args:
            media_s: The frame's own time.
            now_s: Monotonic seconds.

        Returns:
            Seconds since the stream's first picture; None where the frame is to be passed over.
        """
        delay_s = now_s - media_s
        least_s = delay_s if self._delay_s is None else self._delay_s + _EASES_S
        self._delay_s = min(delay_s, max(least_s, delay_s - _MOST_BEHIND_S))
        shown_s = media_s + self._delay_s
        if self._first_s is not None and shown_s - self._last_s < _LEAST_STEP * self._interval_s:
            return None
        return self._note(shown_s)

    def slates(self, count: int, now_s: float) -> list[float]:
        """When so many slates are to be shown, the last of them now or as soon after as may be."""
        times = (now_s - back * self._interval_s for back in reversed(range(count)))
        return [
            self._note(one if self._first_s is None else max(one, self._last_s + self._interval_s)) for one in times
        ]

    def _note(self, shown_s: float) -> float:
        if self._first_s is None:
            self._first_s = shown_s
        self._last_s = shown_s
        return shown_s - self._first_s
