"""Memory that does not grow, and whose upkeep keeps no frame waiting.

A network that is loaded beside another and lets it go leaves holes in the heaps of several threads. glibc by default
keeps those: with a persona put on every six seconds, 10 MB a minute. With what stands here memory stays flat.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of mallopt(3)
_MOST_HEAPS = 4
_LARGE = 4 * 1024 * 1024
"""Bytes from which on a block is given back as soon as it is free; the loop makes none so large for a frame."""


def keep_heaps_small() -> None:
    """Let large blocks lie outside the heaps, of which there are to be few; does nothing without glibc."""
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_ARENA_MAX, _MOST_HEAPS)
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)


def return_free_memory() -> None:
    """Hand back what is free inside the heaps, in 1 to 4 ms; does nothing without glibc."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@contextmanager
def unsearched_for_garbage() -> Iterator[None]:
    """Leave what is there by now out of Python's searches for cycles, until the block ends.

    With all modules loaded there are some 200,000 objects, and to search them stops every thread for 0.1 to 0.3
    seconds: a freeze that viewers see. What the loop makes for a frame is few, and gone with the frame.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
