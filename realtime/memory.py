"""glibc's allocator, told to keep no more memory than is used.

A network that is loaded beside another and lets it go leaves holes in the heaps of several threads. glibc by default
keeps those: with a persona put on every six seconds, 10 MB a minute. With what stands here memory stays flat.
"""

from __future__ import annotations

import ctypes
import sys
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


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
