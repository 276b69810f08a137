"""Threads that share one fate: the first failure in any of them is kept, and frees all the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from realtime.timing import now_s


class Workers:
    """Runs each piece of work in a thread of its own; the caller's thread adds, starts, waits and joins.

    Args:
        on_failure: Called at every failure, in the thread where it happened, to free whoever waits for another.

    Attributes:
        error: The first failure, which later ones are noted on; None where all is well.
    """

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._working = 0
        self.error: BaseException | None = None

    def add(self, name: str, body: Callable[[], None]) -> threading.Thread:
        """The thread that will do it after `start`."""
        thread = threading.Thread(target=self._guard, args=(body,), name=name, daemon=True)
        self._threads.append(thread)
        return thread

    def start(self) -> None:
        """Start all that were added, in that order."""
        self._working = len(self._threads)
        for thread in self._threads:
            thread.start()

    def wait(self, wait_s: float) -> bool:
        """Whether within that time all have ended, or something has failed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._working == 0 or self.error is not None, wait_s)

    def fail(self, error: BaseException) -> None:
        """Keep the first failure and free everyone; later ones are noted on it."""
        with self._changed:
            if self.error is None:
                self.error = error
            elif error is not self.error:
                self.error.add_note(f"then: {type(error).__name__}: {error}")
            self._changed.notify_all()
        self._on_failure()

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step of the end; what it raises is a failure, and does not keep the next step from being taken."""
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - what is left must still be closed; the pipeline raises it
            self.fail(error)

    def join(self, limit_s: float) -> list[str]:
        """Wait until all that were started have ended; the names of those that have not within that time, sorted."""
        deadline_s = now_s() + limit_s
        for thread in self._threads:
            if thread.ident is not None:
                self.attempt(partial(thread.join, max(0.0, deadline_s - now_s())))
        return sorted(thread.name for thread in self._threads if thread.is_alive())

    def _guard(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - a thread has no caller: the pipeline raises it for this one
            self.fail(error)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()
