"""A thread for calls that must all come from the same one."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable

_Task = tuple[Callable[[], None], threading.Event, list[BaseException]]


class OwnThread:
    """Does what it is given, one thing after the other, in a thread that ends when nobody holds this object any more.

    It keeps no program from ending: what hangs in a driver cannot be waited for.

    Args:
        name: Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(self._tasks,), name=name, daemon=True).start()
        weakref.finalize(self, self._tasks.put, None).atexit = False

    def __call__(self, work: Callable[[], None]) -> None:
        """Wait until it is done; what it raises is raised here."""
        done, failed = threading.Event(), list[BaseException]()
        self._tasks.put((work, done, failed))
        done.wait()
        if failed:
            raise failed[0]


def _serve(tasks: queue.SimpleQueue[_Task | None]) -> None:
    while (task := tasks.get()) is not None:
        work, done, failed = task
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failed.append(error)
        # Nothing may be held while the next task is waited for: it may be what holds this thread's owner.
        del task, work, failed
        done.set()
        del done
