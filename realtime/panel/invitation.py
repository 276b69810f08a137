"""An address of the panel that opens once, and soon: what may be seen by others on the same computer.

Other users of a computer can read with what words a program was started. So the browser is started with one of these,
which leads to the panel's own address and is worth nothing afterwards.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from realtime.timing import now_s

PREFIX = b"once-"
LASTS_S = 30.0


class Invitations:
    """Makes such addresses, and takes each back once. Any thread may call anything here.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = now_s) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._open: dict[bytes, float] = {}

    def make(self) -> str:
        """The first part of a path that opens once."""
        word = PREFIX + secrets.token_urlsafe(32).encode()
        with self._lock:
            self._open = {one: end_s for one, end_s in self._open.items() if end_s > self._clock()}
            self._open[word] = self._clock() + LASTS_S
        return word.decode()

    def take(self, word: bytes) -> bool:
        """Whether it may come in; it is worth nothing from here on."""
        if not word.startswith(PREFIX):
            return False
        with self._lock:
            end_s = self._open.pop(word, None)
        return end_s is not None and self._clock() < end_s
