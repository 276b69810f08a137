"""Stages that fail while the loop is live: one bad frame costs a moment of the persona, not the call."""

from __future__ import annotations

import threading

PATIENCE_S = 10.0
"""A stage that fails for so long without one good frame between will not recover by itself: the run ends."""
LEAST_FAILURES = 10
"""Fewer frames than these say nothing: while a camera is away none comes."""


class Faults:
    """Keeps count of stages that failed. Each stage is told of by its own thread; anybody may read.

    Args:
        patience_s: See `PATIENCE_S`.

    Attributes:
        counts: How often each stage failed, by its name.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._since_s: dict[str, tuple[float, int]] = {}
        self._said: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    @property
    def notice(self) -> str:
        """One line about the stages that fail now; empty where none does."""
        with self._lock:
            return "; ".join(f"{stage} fails, viewers see no face: {why}" for stage, why in self._said.items())

    def failed(self, stage: str, error: Exception, at_s: float) -> None:
        """A stage has failed on a frame.

        Args:
            stage: Its name.
            error: What it raised.
            at_s: Monotonic seconds.

        Raises:
            Exception: `error` itself, once it has failed for longer than anybody would wait.
        """
        with self._lock:
            self.counts[stage] = self.counts.get(stage, 0) + 1
            since_s, in_a_row = self._since_s.get(stage, (at_s, 0))
            self._since_s[stage] = since_s, in_a_row + 1
            self._said[stage] = str(error) or type(error).__name__
        if at_s - since_s > self._patience_s and in_a_row >= LEAST_FAILURES:
            raise error

    def passed(self, stage: str) -> None:
        """A stage has done its work on a frame."""
        # Without the lock, since it is for every frame: only this thread writes this name.
        if stage in self._since_s:
            with self._lock:
                del self._since_s[stage], self._said[stage]
