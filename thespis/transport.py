"""Play, stop and quit, as the keys of a tape deck: what was asked for, and what is on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from realtime.panel.directing import Status

_WAIT_S = 0.5


class Transport:
    """One thread plays whenever it is called; any other may say what it is to do.

    Attributes:
        changing: Held, by whoever changes this, for every change. Hold it to change something of yours with it.
        wanted: Whether a performance is to begin, once the one that is on has ended.
        quitting: Whether it is all over.
    """

    def __init__(self) -> None:
        self.changing = threading.Condition()
        self.wanted = self.quitting = False
        self._busy = self._stopping = False
        self._stop: Callable[[], None] | None = None

    def status(self, frames: int) -> Status:
        """Whether it plays.

        Args:
            frames: Of the performance that is on, that have gone out.
        """
        if not self._busy:
            return "starting" if self.wanted else "stopped"
        if self._stopping:
            return "starting" if self.wanted else "stopping"
        return "playing" if self._stop is not None and frames else "starting"

    @property
    def ended_by_hand(self) -> bool:
        """Whether somebody ended what is on, or was on last."""
        return self._stopping or self.quitting

    def start(self) -> None:
        """Begin a performance, unless one is on already."""
        with self.changing:
            self.wanted = self.wanted or not self._busy or self._stopping
            self.changing.notify_all()

    def stop(self) -> None:
        """End what plays."""
        with self.changing:
            self.wanted = False
            self._end()

    def begin_anew(self) -> None:
        """End what plays, and begin another performance; nothing where none is on."""
        with self.changing:
            if self._busy:
                self.wanted = True
                self._end()

    def quit(self) -> None:
        """Let nothing more be played. Takes no lock: it may be called in a signal handler."""
        self.quitting, stop = True, self._stop
        if stop is not None:
            stop()

    def called(self) -> bool:
        """Wait for a start, in the thread that plays; False where it is all over."""
        with self.changing:
            while not self.changing.wait_for(lambda: self.wanted or self.quitting, _WAIT_S):
                pass  # a signal comes through between two waits
            self.wanted, self._stopping = False, False
            self._busy = not self.quitting
            return self._busy

    @contextmanager
    def playing(self, stop: Callable[[], None], *, anew: Callable[[], bool]) -> Iterator[None]:
        """While it plays: what ends it is known. It is ended at once where that was asked for in the meantime.

        Args:
            stop: Ends it.
            anew: Asked once, with `changing` held, whether another performance is wanted instead.
        """
        with self.changing:
            self._stop = stop
            self.wanted = self.wanted or (anew() and not self._stopping)
            over = self.ended_by_hand or self.wanted
        if over:
            stop()
        try:
            yield
        finally:
            self._stop = None

    def ended(self) -> None:
        """Say, in the thread that plays, that the performance is over."""
        with self.changing:
            self._busy = False

    def _end(self) -> None:
        self._stopping, stop = self._busy, self._stop
        if stop is not None:
            stop()
