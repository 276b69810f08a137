"""Where a target puts the file that it has a reader read: in memory where the system has such a place."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")


@cache
def folder(name: str) -> Path:
    """An empty folder of this process, gone with it."""
    keeper = tempfile.TemporaryDirectory(
        prefix=f"thespis-fuzz-{name}-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None
    )
    _KEPT.append(keeper)
    return Path(keeper.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
