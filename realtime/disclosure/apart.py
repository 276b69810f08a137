"""Calls of the C2PA library, out of reach of Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Outcome = TypeVar("_Outcome")


def apart(call: Callable[[], _Outcome], *, abandon: Callable[[], None] | None = None) -> _Outcome:
    """Run a call in a thread of its own, where no signal handler runs, and wait for it.

    Ctrl-C may raise in the main thread wherever that is. In a callback of the library it is lost, and with it the bytes
    that were to be read or written: it made a broken film of a whole one, and called it signed.

    Args:
        call: What to run.
        abandon: Makes the call fail soon; called where the waiting is broken off. Waited for it is all the same.

    Returns:
        What the call returns; what it raises is raised here.
    """
    with ThreadPoolExecutor(1, "c2pa") as thread:
        job = thread.submit(call)
        try:
            return job.result()
        except BaseException:
            if abandon is not None and not job.done():
                abandon()
            raise
