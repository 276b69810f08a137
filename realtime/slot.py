"""The hand-over between two threads: the newest frame wins, or every frame waits its turn."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from realtime.bell import Bell

Item = TypeVar("Item")


class NudgedError(TimeoutError):
    """A wait for an item was ended by `Slot.nudge`."""


class Slot(ABC, Generic[Item]):
    """One writer puts, one reader gets, and closing wakes both.

    Attributes:
        closed: No item will come any more; what is inside may still be read.
    """

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._lock = threading.Lock()
        self._filled, self._emptied = Bell(self._lock), Bell(self._lock)
        self.closed = self._nudged = False

    @abstractmethod
    def put(self, item: Item) -> bool:
        """Hand over one item.

        Returns:
            False where the slot is closed: nobody will read the item, and the writer may end.
        """

    def get(self, timeout_s: float | None = None) -> Item | None:
        """Wait for the next item.

        Args:
            timeout_s: Longest time to wait, in seconds; None waits for as long as it takes.

        Returns:
            The item, or None once the slot is closed and empty.

        Raises:
            TimeoutError: Nothing came within `timeout_s`.
            NudgedError: Nothing was there, and somebody called `nudge`.
        """
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        with self._lock:
            while not (self._items or self.closed):
                if self._nudged:
                    self._nudged = False
                    raise NudgedError
                left_s = None if end_s is None else end_s - time.monotonic()
                if left_s is not None and left_s <= 0:
                    raise TimeoutError
                self._filled.wait(left_s)
            self._nudged = False
            if not self._items:
                return None
            self._emptied.ring()
            return self._items.popleft()

    def nudge(self) -> None:
        """Let whoever waits, or is the next to wait, come back at once, as if its time had run out."""
        with self._lock:
            self._nudged = True
            self._filled.ring()

    def close(self, *, drain: bool = True) -> None:
        """Let nothing more in and wake everyone. May be called again, also to stop a drain.

        Args:
            drain: At the end of a stream what is inside is still read; after a failure (False) it is
                thrown away.
        """
        with self._lock:
            self.closed = True
            if not drain:
                self._items.clear()
            self._filled.ring()
            self._emptied.ring()


class LatestSlot(Slot[Item]):
    """One place: a new item displaces the one that was not read in time.

    Args:
        on_drop: Called once for each displaced item, in the writer's thread.
    """

    def __init__(self, on_drop: Callable[[], None]) -> None:
        super().__init__()
        self._on_drop = on_drop

    def put(self, item: Item) -> bool:
        """Hand over one item at once, in the place of an unread one."""
        with self._lock:
            if self.closed:
                return False
            displaced = bool(self._items)
            self._items.clear()
            self._items.append(item)
            self._filled.ring()
        if displaced:
            self._on_drop()
        return True


class OrderedSlot(Slot[Item]):
    """A short queue: the writer waits where it is full, and nothing is lost.

    Args:
        depth: Most items that wait inside. Two hide the unevenness of two stages; more only adds age.
    """

    def __init__(self, depth: int = 2) -> None:
        super().__init__()
        if depth < 1:
            raise ValueError(f"depth: wanted at least 1, got {depth}")
        self._depth = depth

    def put(self, item: Item) -> bool:
        """Hand over one item, waiting for a free place."""
        with self._lock:
            while len(self._items) >= self._depth and not self.closed:
                self._emptied.wait()
            if self.closed:
                return False
            self._items.append(item)
            self._filled.ring()
            return True
