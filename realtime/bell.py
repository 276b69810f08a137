"""Wakes the one thread that waits for something."""

from __future__ import annotations

import threading


class Bell:
    """What `threading.Condition` is, for one waiter: half of its time in Python, which is paid at every hand-over.

    Everything is called with the owner's lock held. As with a condition, one may wake though nothing rang: look again.

    Args:
        lock: The owner's; let go while one waits.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock, self._silence, self._awaited = lock, threading.Lock(), False
        self._silence.acquire()

    def ring(self) -> None:
        """Wake who waits; what nobody waits for is not kept."""
        if self._awaited:
            self._awaited = False
            if self._silence.locked():  # else it is broken already, and who waits is about to come back
                self._silence.release()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until it rings, or so many seconds; for as long as it takes by default."""
        self._awaited = True
        self._lock.release()
        try:
            self._silence.acquire(timeout=-1 if timeout_s is None else max(0.0, timeout_s))
        finally:
            self._lock.acquire()
            self._awaited = False
