"""Turns on a graphics card: while one network is captured, nobody else may use the card from this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_S = 60.0
"""A first run may choose algorithms, or load libraries."""


class Turns:
    """Many run at once, or one captures.

    ONNX Runtime captures in CUDA's global mode: a copy or an allocation by any other thread of the process then fails,
    and spoils what is being captured. A persona that is put on is captured beside the one that is worn.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running, self._capturing = 0, False

    @contextmanager
    def run(self) -> Iterator[None]:
        """Hold off captures until this block ends.

        Raises:
            RuntimeError: A capture does not end.
        """
        with self._changed:
            self._wait(exclusive=False)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def capture(self) -> Iterator[None]:
        """Hold off everybody else until this block ends.

        Raises:
            RuntimeError: The others do not end.
        """
        with self._changed:
            self._wait(exclusive=True)
            self._capturing = True
        try:
            yield
        finally:
            with self._changed:
                self._capturing = False
                self._changed.notify_all()

    def _wait(self, *, exclusive: bool) -> None:
        def is_free() -> bool:
            return not self._capturing and not (exclusive and self._running)

        if not self._changed.wait_for(is_free, _LONGEST_S):
            raise RuntimeError(f"the card was busy for {_LONGEST_S:g} seconds")
