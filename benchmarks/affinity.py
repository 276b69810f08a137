"""Which cores a measurement may use."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from realtime.cores import cores as usable_cores


def cores_here() -> list[int]:
    """The numbers of the cores that this process may use, no more of them than it may keep busy.

    Where a container has a share of time only, its first ones; where the system lets nobody choose, the machine's.
    """
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return list(allowed)[: usable_cores()]


@contextmanager
def only(cores: Collection[int]) -> Iterator[None]:
    """Let this thread, and every process that it begins meanwhile, use no other cores. Linux only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
