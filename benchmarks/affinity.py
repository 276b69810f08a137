"""Which cores a measurement may use."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager


def cores_here() -> list[int]:
    """The numbers of the cores that this process may use; all there are where the system lets nobody choose."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def only(cores: Collection[int]) -> Iterator[None]:
    """Let this thread, and every process that it begins meanwhile, use no other cores. Linux only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
