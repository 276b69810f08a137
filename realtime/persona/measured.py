"""What was measured once, kept from one start to the next in a file for each question."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

from realtime.plain_file import read_bounded

_LARGEST = 16 * 1024
FAILED = -1.0
"""Stands for the time of what does not run."""


def recall(path: Path) -> Mapping[str, float]:
    """Milliseconds by name; none where nothing was kept, or what was kept cannot be read: it is measured again."""
    try:
        kept = json.loads(read_bounded(path, _LARGEST))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {
        name: float(value)
        for name, value in kept.items()
        if isinstance(value, int | float) and math.isfinite(value) and (value > 0 or value == FAILED)
    }


def keep(path: Path, measured: Mapping[str, float]) -> None:
    """Keep it, whole or not at all; where it cannot be kept, the next start measures again."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(json.dumps(dict(measured), indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
