"""How long pairs have been in the making, kept until the first checkpoint says it: a run's time is all of its time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from models.checkpoint import write_whole
from realtime.plain_file import read_bounded

_FILE = "preparing.json"
_EVERY_S = 5.0
_LONGEST_S = 1e9


def read_seconds(run: Path) -> float:
    """Seconds that earlier sessions of a run without a checkpoint have spent; 0 where none did."""
    try:
        seconds = float(json.loads(read_bounded(run / _FILE, 1024))["seconds"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0.0
    return seconds if 0 <= seconds < _LONGEST_S else 0.0


def noting_seconds(
    run: Path, tell: Callable[[int, int], None], spent_s: Callable[[], float]
) -> Callable[[int, int], None]:
    """The same listener, which also notes every few seconds how long it has taken.

    Args:
        run: The run's folder.
        tell: Told how many pairs of how many are made.
        spent_s: Seconds so far, those of earlier sessions too.
    """
    noted = spent_s()

    def told(done: int, of: int) -> None:
        nonlocal noted
        now = spent_s()
        if now - noted >= _EVERY_S:
            noted = now
            write_whole(run / _FILE, json.dumps({"seconds": round(now, 1)}).encode() + b"\n")
        tell(done, of)

    return told
