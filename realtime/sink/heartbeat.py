"""Something done again and again for as long as nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Callable

from realtime.timing import now_s


class Heartbeat:
    """Calls `beat` in a thread of its own when nothing has happened for a while, and then at every interval.

    Args:
        beat: Raises nothing.
        after_s: How long nothing must have happened before the first beat.
        every_s: From one beat to the next.
    """

    def __init__(self, beat: Callable[[], None], *, after_s: float, every_s: float) -> None:
        self._beat, self._after_s, self._every_s = beat, after_s, every_s
        self._changed = threading.Condition()
        self._due_s = now_s() + after_s
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def happened(self) -> None:
        """Something has happened just now."""
        self._due_s = now_s() + self._after_s  # read before the next wait ends: nobody need be woken for it

    def stop(self, within_s: float) -> None:
        """No beat begins from now on; wait for one that is under way, but no longer than so."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def _run(self) -> None:
        while self._wait_until_due():
            self._due_s = now_s() + self._every_s
            self._beat()

    def _wait_until_due(self) -> bool:
        """Whether there is to be a beat; comes back when it is due."""
        with self._changed:
            while not self._stopped and (left_s := self._due_s - now_s()) > 0:
                self._changed.wait(left_s)
            return not self._stopped
