"""Closing a device while another thread is reading from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ReadGuard:
    """Lets `close` come from any thread while `read` is busy in another.

    OpenCV and FFmpeg crash when a device is released under a call that uses it, and neither lets that call be
    interrupted. So closing first ends every `wait`, then releases the device once nobody reads. A reader that
    hangs in a dead driver for longer than `grace_s` releases it on its own way out.

    A fresh guard counts as closed until `arm` is called.

    Args:
        release: Lets the device go; must bear being called again.
        grace_s: How long `close` waits for a reader before it leaves the release to that reader.
    """

    def __init__(self, release: Callable[[], None], *, grace_s: float = 2.0) -> None:
        self._release = release
        self._grace_s = grace_s
        self._busy = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()

    @property
    def closed(self) -> bool:
        """Whether reading is over."""
        return self._closed.is_set()

    def arm(self) -> None:
        """Allow reading, again or for the first time."""
        self._closed.clear()

    def wait(self, seconds: float) -> bool:
        """Wait, but not past `close`. Returns True where the time went by, False where it was closed."""
        return not self._closed.wait(max(seconds, 0.0))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the device for the length of one read."""
        with self._busy:
            try:
                yield
            finally:
                if self._closed.is_set():
                    self._release()

    def close(self) -> None:
        """End every wait, and release the device as soon as no read uses it."""
        self._closed.set()
        if self._busy.acquire(timeout=self._grace_s):
            try:
                self._release()
            finally:
                self._busy.release()
