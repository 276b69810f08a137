"""Giving memory back to the system where its allocator would keep it."""

from __future__ import annotations

import ctypes
import sys
from functools import cache


def return_free_memory() -> None:
    """Hand back what is free inside the heap; does nothing where the C library has no such call.

    A network that is loaded beside another and lets it go leaves holes in the heaps of several threads. glibc keeps
    them: a dozen changes of persona left 80 MB more resident.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> ctypes._NamedFuncPointer | None:
    """`malloc_trim` of glibc; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
