"""The newest picture, put up for however many look at it over the network."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Picture(NamedTuple):
    """An encoded picture, and how many there were before it."""

    number: int
    jpeg: bytes


class NoPlaceError(Exception):
    """As many look as may."""


class Board:
    """One thread puts pictures up, any number of coroutines of one event loop look at them; the newest wins.

    Who is slow misses pictures, and nobody waits for them.

    Args:
        resting: Shown to those for whom there is no picture.
        places: How many may look at a time.

    Attributes:
        newest: What was put up last.
        finished: No picture will come any more.
    """

    def __init__(self, resting: bytes, places: int) -> None:
        self.newest = Picture(0, resting)
        self.finished = False
        self._resting, self._places = resting, places
        self._looking = 0
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._posting = threading.Lock()

    @property
    def watched(self) -> bool:
        """Whether anybody looks: else nothing need be encoded."""
        return self._looking > 0

    def post(self, jpeg: bytes) -> None:
        """Put a picture up."""
        with self._posting:
            self._put(jpeg)

    def finish(self) -> None:
        """Put up the one for those who have no picture, as the last."""
        with self._posting:
            self.finished = True
            self._put(self._resting)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Take a place.

        Raises:
            NoPlaceError: There is none.
        """
        if self._looking >= self._places:
            raise NoPlaceError
        self._loop = asyncio.get_running_loop()
        self._looking += 1
        try:
            yield
        finally:
            self._looking -= 1

    async def first(self, within_s: float) -> Picture:
        """A picture that was put up from now on, or the resting one where none is within that time."""
        seen = self.newest
        try:
            async with asyncio.timeout(within_s):
                return await self.after(seen)
        except TimeoutError:
            return Picture(seen.number, self._resting)

    async def after(self, seen: Picture) -> Picture:
        """The newest picture once there is one after `seen`."""
        while self.newest.number <= seen.number and not self.finished:
            await self._changed.wait()
        return self.newest

    def _put(self, jpeg: bytes) -> None:
        self.newest = Picture(self.newest.number + 1, jpeg)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended, and nobody looks
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
