"""How many processor cores this program may use."""

from __future__ import annotations

import os

import psutil


def free_cores() -> int:
    """Those that it is allowed to run on, which on a shared machine may be few of many."""
    if hasattr(psutil.Process, "cpu_affinity"):
        return len(psutil.Process().cpu_affinity()) or 1
    return os.cpu_count() or 1
