"""What was measured once, kept from one start to the next in a file for each question."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from realtime.errors import printable
from realtime.plain_file import read_bounded

_LARGEST = 16 * 1024
_LONGEST_WHY = 200
_BELIEVED_S = 3600.0
"""A failure may pass: another program had the card's memory, a driver was being changed."""


class Failure(NamedTuple):
    """That something did not run.

    Attributes:
        why: In a few words.
        at_s: When, in seconds since 1970: it is compared with other runs of this program.
    """

    why: str
    at_s: float


@dataclass(slots=True)
class Measured:
    """What is known of candidates, by their names.

    Attributes:
        ms: Milliseconds of each that runs.
        failed: Those that do not.
    """

    ms: dict[str, float] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)

    def runs(self, name: str, took_ms: float) -> None:
        """Note that it runs."""
        self.failed.pop(name, None)
        self.ms[name] = took_ms

    def fails(self, name: str, failure: Failure) -> None:
        """Note that it does not."""
        self.ms.pop(name, None)
        self.failed[name] = failure

    def knows(self, names: Iterable[str]) -> bool:
        """Whether any of them was tried."""
        return any(name in self.ms or name in self.failed for name in names)

    def is_due(self, name: str, now_s: float) -> bool:
        """Whether it failed so long ago that it is to be tried again."""
        failure = self.failed.get(name)
        return failure is not None and not 0 <= now_s - failure.at_s < _BELIEVED_S


def recall(path: Path, names: Collection[str]) -> Measured:
    """What was kept of these; nothing where that cannot be read: it is measured again."""
    try:
        kept = json.loads(read_bounded(path, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return Measured()
    measured = Measured()
    known = {name: kept[name] for name in names if name in kept} if isinstance(kept, dict) else {}
    for name, value in known.items():
        if isinstance(value, dict):
            why, at_s = value.get("failed"), _number(value.get("at_s"))
            if isinstance(why, str) and at_s is not None:
                measured.failed[name] = Failure(printable(why)[:_LONGEST_WHY], at_s)
        elif (took_ms := _number(value)) is not None and took_ms > 0:
            measured.ms[name] = took_ms
    return measured


def keep(path: Path, measured: Measured) -> None:
    """Keep it, whole or not at all; where it cannot be kept, the next start measures again."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    failed = {name: {"failed": one.why[:_LONGEST_WHY], "at_s": one.at_s} for name, one in measured.failed.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(json.dumps(measured.ms | failed, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:  # JSON's whole numbers may be of any length
        return None
    return number if math.isfinite(number) else None
