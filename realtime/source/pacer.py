"""Giving frames out when they are due."""

from __future__ import annotations

from collections.abc import Callable


class Pacer:
    """Makes a source that could give frames at any speed keep to its own rate.

    Args:
        wait: Waits the given seconds; returns False where something ended the wait early.
        clock: Monotonic seconds.
    """

    def __init__(self, wait: Callable[[float], bool], clock: Callable[[], float]) -> None:
        self._wait = wait
        self._clock = clock
        self._start_s: float | None = None

    def wait_until(self, media_s: float) -> bool:
        """Wait until a frame is due, counted from the first frame asked for.

        Returns:
            True once it is due; False where the wait was ended early, and the frame is not to be given.
        """
        now_s = self._clock()
        if self._start_s is None:
            self._start_s = now_s - media_s
        return self._wait(self._start_s + media_s - now_s)
