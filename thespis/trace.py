"""What every frame of a benchmark went through, and what that says: waterfall, histogram, course, freezes."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from realtime.frame import Frame
from realtime.timing import FREEZE_S, Numbers, now_s

PASSED = ("capture", "detect", "swap", "colour", "composite", "disclose")
"""Stages in the order in which a frame passes them; what comes after them is the sink."""

_COLUMNS = 3 + 2 * len(PASSED)
_MOST_BINS = 60
_MOST_FREEZES = 50
_HISTOGRAM_REACH = 99.5
"""Percentile of the ages up to which bins are even; the last one holds what lies beyond."""


class Trace:
    """Notes frames as they arrive: about 120 bytes each. One thread at a time.

    Attributes:
        start_s: When the first frame arrived, on the loop's clock; NaN before.
    """

    def __init__(self) -> None:
        self._numbers = array("d")

    def note(self, frame: Frame) -> None:
        """Take a frame that a sink has just taken."""
        spans = {span.stage: (span.start_s, span.end_s) for span in frame.spans}
        self._numbers.extend((frame.index, frame.captured_s, now_s()))
        for stage in PASSED:
            self._numbers.extend(spans.get(stage, (np.nan, np.nan)))

    def facts(self, from_s: float, seconds: float) -> dict[str, Any]:
        """What the frames say that arrived within so many seconds after `from_s`, on the loop's clock.

        Returns:
            `waterfall_ms`: for each stage when it begins, after the capture, and that and how long it takes, by the
            median; for the sink from the last stage's end to the arrival, with the wait for it.
            `ages_ms`: `step`, and `counts` of ages from 0 on in bins of that size; the last one holds all beyond.
            `course`: `bin_s`, and in bins of that length `fps`, `p50` and `p95` of the age in milliseconds; None
            where nothing came.
            `freezes`: `at_s`, `pause_ms` and `cause` of each, the longest first.
        """
        rows = np.frombuffer(self._numbers, np.float64).reshape(-1, _COLUMNS)
        rows = rows[(rows[:, 2] >= from_s) & (rows[:, 2] <= from_s + seconds)]
        if len(rows) < 2:
            return {}
        seen_s = rows[:, 2] - from_s
        ages_ms = 1e3 * (rows[:, 2] - rows[:, 1])
        return {
            "waterfall_ms": _waterfall(rows),
            "ages_ms": _histogram(ages_ms),
            "course": _course(seen_s, ages_ms, seconds),
            "freezes": _freezes(rows, seen_s),
        }


def _waterfall(rows: Numbers) -> Mapping[str, list[float]]:
    stages = {
        stage: _bar(rows[:, 3 + 2 * column : 5 + 2 * column] - rows[:, 1:2])
        for column, stage in enumerate(PASSED)
        if not np.isnan(rows[:, 3 + 2 * column]).all()
    }
    end_ms = 1e3 * float(np.median(rows[:, 2] - rows[:, 1]))
    stages["sink"] = np.array([max((one[1] for one in stages.values()), default=0.0), end_ms])
    return {stage: [round(float(one), 2) for one in ends] for stage, ends in stages.items()}


def _bar(ends_s: Numbers) -> Numbers:
    """Begin and end in milliseconds, of (N, 2) seconds: as long as the stage takes by the median, which is another
    figure than from the median begin to the median end where waiting and work vary together."""
    begin_s = np.nanmedian(ends_s[:, 0])
    return 1e3 * np.array([begin_s, begin_s + np.nanmedian(ends_s[:, 1] - ends_s[:, 0])])


def _histogram(ages_ms: Numbers) -> Mapping[str, Any]:
    reach = max(1.0, float(np.percentile(ages_ms, _HISTOGRAM_REACH)))
    step = next(one for one in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, np.inf) if reach / one < _MOST_BINS)
    if np.isinf(step):
        step = float(np.ceil(reach / _MOST_BINS))
    bins = np.minimum((ages_ms / step).astype(int), int(reach / step) + 1)
    return {"step": step, "counts": np.bincount(bins).tolist()}


def _course(seen_s: Numbers, ages_ms: Numbers, seconds: float) -> Mapping[str, Any]:
    bin_s = max(1.0, float(np.ceil(seconds / (4 * _MOST_BINS))))
    at = (seen_s / bin_s).astype(int)
    parts: list[npt.NDArray[np.float64]] = [ages_ms[at == number] for number in range(int(seconds / bin_s))]
    return {
        "bin_s": bin_s,
        "fps": [round(len(part) / bin_s, 2) for part in parts],
        **{f"p{percentile}": [_percentile(part, percentile) for part in parts] for percentile in (50, 95)},
    }


def _percentile(values: Numbers, percentile: int) -> float | None:
    return round(float(np.percentile(values, percentile)), 2) if len(values) else None


def _freezes(rows: Numbers, seen_s: Numbers) -> list[dict[str, Any]]:
    pauses = np.diff(seen_s)
    found = sorted(np.flatnonzero(pauses > FREEZE_S) + 1, key=lambda number: -pauses[number - 1])
    return [
        {
            "at_s": round(float(seen_s[number]), 2),
            "pause_ms": round(1e3 * float(pauses[number - 1]), 1),
            "cause": _cause(rows[number - 1], rows[number], float(pauses[number - 1])),
        }
        for number in found[:_MOST_FREEZES]
    ]


def _cause(before: Numbers, after: Numbers, pause_s: float) -> str:
    """Why a frame came so late: a stage that took half of the pause or more, the source, or the machine."""
    took_s = dict(zip(PASSED, np.nan_to_num(after[4::2] - after[3::2]), strict=True))
    longest = max(took_s, key=lambda stage: took_s[stage])
    if took_s[longest] >= pause_s / 2:
        return longest
    if after[0] - before[0] <= 1 and after[1] - before[1] >= pause_s / 2:
        return "no picture from the source"
    return "waiting for a core or a sink"
