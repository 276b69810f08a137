"""How often a watermark is seen where there is none, and how high a picture without one scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.marked_material import unmarked_windows
from realtime.disclosure.watermark_reader import Verdict, WindowReader

REAL, NOISE = "real", "noise"


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What windows without a mark gave.

    Attributes:
        windows: How many.
        found: In how many a mark was found: false alarms.
        scores: (windows,) float64.
    """

    windows: int
    found: int
    scores: npt.NDArray[np.float64]


def measure_false_alarms(clips: Path, windows: int, seed: int = 0) -> FalseAlarms:
    """Read so many windows without a mark."""
    verdicts = [_read(window) for window in unmarked_windows(clips, windows, seed)]
    scores = np.array([verdict.score for verdict in verdicts], np.float64)
    return FalseAlarms(len(verdicts), sum(verdict.found for verdict in verdicts), scores)


def _read(window: list[npt.NDArray[np.uint8]]) -> Verdict:
    reader = WindowReader()
    for luma in window:
        reader.add_luma(luma)
    return reader.verdict()
