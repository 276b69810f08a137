"""How long everything took: percentiles for each stage, age, jitter, freezes, drops.

Times come in as arguments, so that nothing here waits and no test sleeps. Memory is bounded: each figure
keeps its last `capacity` numbers, counts run for ever.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from realtime.frame import Frame, Span

Numbers = npt.NDArray[np.float64]
"""(N,) float64."""

now_s: Callable[[], float] = time.monotonic
"""The clock of `Frame.captured_s` and of every span: seconds, monotonic."""

FREEZE_S = 0.15
"""A viewer sees a pause between two pictures as a freeze from about here on."""


class Ring:
    """The last numbers of a long series, in one array made once."""

    def __init__(self, capacity: int) -> None:
        self._numbers: Numbers = np.empty(capacity, np.float64)
        self._count = 0

    def add(self, number: float) -> None:
        """Take one number, in the place of the oldest where the ring is full."""
        self._numbers[self._count % self._numbers.size] = number
        self._count += 1

    def values(self) -> Numbers:
        """A copy of what is kept, (N,) float64, oldest first."""
        if self._count <= self._numbers.size:
            return self._numbers[: self._count].copy()
        return np.roll(self._numbers, -(self._count % self._numbers.size))


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of a series of durations, in milliseconds; NaN where nothing was measured."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of_seconds(cls, values_s: Numbers) -> Spread:
        """The spread of durations given in seconds, (N,)."""
        if values_s.size == 0:
            return cls(math.nan, math.nan, math.nan, math.nan)
        p50, p95, p99 = (float(p) for p in np.percentile(values_s, (50, 95, 99)) * 1e3)
        return cls(p50, p95, p99, float(values_s.max()) * 1e3)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one sink saw.

    Attributes:
        frames: Pictures that arrived.
        fps: Their mean rate, from the first to the last.
        duration_s: From the first to the last arrival.
        age_ms: From capture to arrival.
        jitter_ms: Mean absolute change of age from one frame to the next (D in RFC 3550, 6.4.1).
        freezes: Pauses of over 150 ms between two arrivals.
    """

    frames: int
    fps: float
    duration_s: float
    age_ms: Spread
    jitter_ms: float
    freezes: int

    @classmethod
    def of(cls, captured_s: Numbers, seen_s: Numbers) -> Arrivals:
        """Figures of a whole series, (N,) seconds each: when a picture was captured, when it arrived."""
        ages_s, pauses_s = seen_s - captured_s, np.diff(seen_s)
        duration_s = float(pauses_s.sum())
        return cls(
            frames=int(seen_s.size),
            fps=pauses_s.size / duration_s if duration_s > 0 else math.nan,
            duration_s=duration_s,
            age_ms=Spread.of_seconds(ages_s),
            jitter_ms=float(np.abs(np.diff(ages_s)).mean()) * 1e3 if ages_s.size > 1 else math.nan,
            freezes=int(np.count_nonzero(pauses_s > FREEZE_S)),
        )


class _SinkRecord:
    """One sink's arrivals: rings for percentiles, running counts for the rest."""

    def __init__(self, capacity: int) -> None:
        self.captured_s, self.seen_s, self.write_s = Ring(capacity), Ring(capacity), Ring(capacity)
        self.frames = self.freezes = 0
        self.first_s = self.last_s = math.nan

    def add(self, captured_s: float, span: Span) -> None:
        if self.frames and span.end_s - self.last_s > FREEZE_S:
            self.freezes += 1
        if not self.frames:
            self.first_s = span.end_s
        self.frames, self.last_s = self.frames + 1, span.end_s
        self.captured_s.add(captured_s)
        self.seen_s.add(span.end_s)
        self.write_s.add(span.end_s - span.start_s)

    def snapshot(self) -> _Snapshot:
        return _Snapshot(
            self.captured_s.values(),
            self.seen_s.values(),
            self.write_s.values(),
            self.frames,
            self.freezes,
            self.last_s - self.first_s if self.frames else 0.0,
        )


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A sink's record at one moment: kept series, and counts of the whole run."""

    captured_s: Numbers
    seen_s: Numbers
    write_s: Numbers
    frames: int
    freezes: int
    duration_s: float

    def arrivals(self) -> Arrivals:
        kept = Arrivals.of(self.captured_s, self.seen_s)
        fps = (self.frames - 1) / self.duration_s if self.duration_s > 0 else math.nan
        return Arrivals(self.frames, fps, self.duration_s, kept.age_ms, kept.jitter_ms, self.freezes)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was measured, at one moment.

    Attributes:
        arrivals: What the first sink saw.
        dropped: Frames lost, by the hand-over at which a newer one displaced them.
        stages_ms: How long each stage worked on a frame; `sink` is the first sink's `write`.
        sinks: What every sink saw, by its name.
    """

    arrivals: Arrivals
    dropped: dict[str, int]
    stages_ms: dict[str, Spread]
    sinks: dict[str, Arrivals]


class Timing:
    """Takes spans, arrivals and drops from the loop's threads and gives figures at any moment.

    Args:
        capacity: How many of the last frames the percentiles are taken over.
        warm_up_s: Seconds from the first arrival on in which nothing is counted (first runs of kernels).
    """

    def __init__(self, *, capacity: int = 18_000, warm_up_s: float = 0.0) -> None:
        self._capacity, self._warm_up_s = capacity, warm_up_s
        self._lock = threading.Lock()
        self._counted_from_s = -math.inf if warm_up_s <= 0 else math.inf
        self._stages: dict[str, Ring] = {}
        self._sinks: dict[str, _SinkRecord] = {}
        self._dropped: dict[str, int] = {}

    def expect(self, sinks: Sequence[str], causes: Sequence[str]) -> None:
        """Name the sinks (the one that counts first) and the causes of drops, so that none is missing."""
        with self._lock:
            self._sinks = {name: _SinkRecord(self._capacity) for name in sinks}
            self._dropped = dict.fromkeys(causes, 0)

    def finished(self, frame: Frame) -> None:
        """Take the spans of a frame that has passed its last stage."""
        with self._lock:
            for span in frame.spans:
                if span.end_s >= self._counted_from_s:
                    self._stages.setdefault(span.stage, Ring(self._capacity)).add(span.end_s - span.start_s)

    def arrived(self, sink: str, frame: Frame, span: Span) -> None:
        """A sink has taken a frame; `span` is how long its `write` took, and its end is the arrival."""
        with self._lock:
            if math.isinf(self._counted_from_s) and self._counted_from_s > 0:
                self._counted_from_s = span.end_s + self._warm_up_s
            if span.end_s >= self._counted_from_s:
                self._sinks.setdefault(sink, _SinkRecord(self._capacity)).add(frame.captured_s, span)

    def dropped(self, cause: str, at_s: float) -> None:
        """A newer frame has displaced one."""
        with self._lock:
            if at_s >= self._counted_from_s:
                self._dropped[cause] = self._dropped.get(cause, 0) + 1

    def counted_s(self) -> tuple[float, float]:
        """When the first sink's first and last counted frame arrived; NaN before there is one."""
        with self._lock:
            record = next(iter(self._sinks.values()), None)
            return (record.first_s, record.last_s) if record else (math.nan, math.nan)

    def recent(self, at_s: float, window_s: float = 2.0) -> Arrivals:
        """What the first sink saw in the last seconds before `at_s`: for a status line."""
        with self._lock:
            record = next(iter(self._sinks.values()), None)
            if record is None:
                return Arrivals.of(np.empty(0), np.empty(0))
            captured_s, seen_s = record.captured_s.values(), record.seen_s.values()
        fresh = seen_s > at_s - window_s
        return Arrivals.of(captured_s[fresh], seen_s[fresh])

    def recent_stages(self, frames: int = 60) -> dict[str, Spread]:
        """How long each stage worked on the last so many frames, the first sink's `write` as `sink`."""
        with self._lock:
            series = {name: ring.values() for name, ring in self._stages.items()}
            series["sink"] = next((record.write_s.values() for record in self._sinks.values()), np.empty(0))
        return {name: Spread.of_seconds(values_s[-frames:]) for name, values_s in series.items()}

    def counts(self) -> tuple[int, dict[str, int]]:
        """Frames that the first sink took, and drops by cause: cheap, for a status line."""
        with self._lock:
            record = next(iter(self._sinks.values()), None)
            return (record.frames if record else 0), dict(self._dropped)

    def figures(self) -> Figures:
        """Everything so far."""
        with self._lock:  # copies only: no thread of the loop is to wait for percentiles
            series = {name: ring.values() for name, ring in self._stages.items()}
            sinks = {name: record.snapshot() for name, record in self._sinks.items()}
            dropped = dict(self._dropped)
        series["sink"] = next((sink.write_s for sink in sinks.values()), np.empty(0))
        arrivals = {name: sink.arrivals() for name, sink in sinks.items()}
        return Figures(
            arrivals=next(iter(arrivals.values()), Arrivals.of(np.empty(0), np.empty(0))),
            dropped=dropped,
            stages_ms={name: Spread.of_seconds(values_s) for name, values_s in series.items()},
            sinks=arrivals,
        )
