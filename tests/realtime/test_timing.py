from __future__ import annotations

import math

import numpy as np
import pytest

from realtime.frame import Frame, Span
from realtime.timing import Arrivals, Ring, Spread, Timing


def a_frame(index: int, captured_s: float, *spans: Span) -> Frame:
    return Frame(index, captured_s, captured_s, np.zeros((2, 2, 3), np.uint8), spans=spans)


def play(timing: Timing, arrivals_s: list[tuple[float, float]], sink: str = "null") -> None:
    for index, (captured_s, seen_s) in enumerate(arrivals_s):
        frame = a_frame(index, captured_s, Span("detect", captured_s, captured_s + 0.010))
        timing.finished(frame)
        timing.arrived(sink, frame, Span("sink", seen_s - 0.002, seen_s))


def test_a_ring_keeps_the_last_numbers_in_order() -> None:
    ring = Ring(3)
    assert ring.values().size == 0
    for number in (1.0, 2.0, 3.0, 4.0, 5.0):
        ring.add(number)
    assert ring.values().tolist() == [3.0, 4.0, 5.0]


def test_percentiles_are_milliseconds() -> None:
    spread = Spread.of_seconds(np.arange(101) / 1000)
    assert (spread.p50, spread.p95, spread.p99, spread.max) == pytest.approx((50, 95, 99, 100))


def test_nothing_measured_is_no_number() -> None:
    figures = Timing().figures()
    assert figures.arrivals.frames == 0
    assert math.isnan(figures.arrivals.age_ms.p50)
    assert math.isnan(figures.arrivals.fps)
    assert math.isnan(Timing().recent(0.0).fps)


def test_age_rate_and_stages() -> None:
    timing = Timing()
    timing.expect(["null"], ["before swap"])
    play(timing, [(10 + n / 30, 10 + n / 30 + 0.040) for n in range(31)])
    figures = timing.figures()
    assert figures.arrivals.frames == 31
    assert figures.arrivals.fps == pytest.approx(30)
    assert figures.arrivals.duration_s == pytest.approx(1)
    assert figures.arrivals.age_ms.p95 == pytest.approx(40)
    assert figures.arrivals.jitter_ms == pytest.approx(0, abs=1e-6)
    assert figures.arrivals.freezes == 0
    assert figures.stages_ms["detect"].p50 == pytest.approx(10)
    assert figures.stages_ms["sink"].p50 == pytest.approx(2)
    assert figures.dropped == {"before swap": 0}


def test_a_pause_of_over_150_ms_is_a_freeze() -> None:
    arrivals = Arrivals.of(np.array([0.0, 0.1, 0.2, 0.6]), np.array([0.0, 0.1, 0.251, 0.7]))
    assert arrivals.freezes == 2
    assert arrivals.jitter_ms == pytest.approx((0 + 51 + 49) / 3)


def test_freezes_are_counted_beyond_the_ring() -> None:
    timing = Timing(capacity=4)
    play(timing, [(n * 1.0, n * 1.0) for n in range(20)])
    figures = timing.figures()
    assert figures.arrivals.freezes == 19
    assert figures.arrivals.frames == 20
    assert figures.arrivals.duration_s == pytest.approx(19)
    assert figures.arrivals.fps == pytest.approx(1)


def test_drops_are_counted_by_cause() -> None:
    timing = Timing()
    timing.expect(["null"], ["before detect", "before swap"])
    timing.dropped("before swap", 1.0)
    timing.dropped("before swap", 2.0)
    assert timing.figures().dropped == {"before detect": 0, "before swap": 2}


def test_nothing_counts_before_the_warm_up_is_over() -> None:
    timing = Timing(warm_up_s=2.0)
    timing.expect(["null"], ["before swap"])
    timing.dropped("before swap", 1.0)
    play(timing, [(n * 0.5, n * 0.5 + 0.1) for n in range(9)])  # the first arrives at 0.1
    timing.dropped("before swap", 3.0)
    figures = timing.figures()
    assert figures.arrivals.frames == 5
    assert figures.dropped == {"before swap": 1}


def test_the_first_sink_counts() -> None:
    timing = Timing()
    timing.expect(["camera", "film"], [])
    play(timing, [(0.0, 0.2)], "film")
    play(timing, [(0.0, 0.1)], "camera")
    figures = timing.figures()
    assert figures.arrivals.age_ms.p50 == pytest.approx(100)
    assert figures.sinks["film"].age_ms.p50 == pytest.approx(200)


def test_recent_looks_at_the_last_seconds_only() -> None:
    timing = Timing()
    play(
        timing,
        [(n * 1.0, n * 1.0 + 0.5) for n in range(5)] + [(4.1 + n / 10, 4.6 + n / 10) for n in range(11)],
    )
    recent = timing.recent(5.6, window_s=1.05)
    assert recent.fps == pytest.approx(10)
    assert recent.age_ms.p50 == pytest.approx(500)


def test_recent_stages_are_those_of_the_last_frames() -> None:
    timing = Timing()
    for index, took_s in enumerate([0.5] * 10 + [0.01] * 5):
        frame = a_frame(index, 0.0, Span("swap", 1.0, 1.0 + took_s))
        timing.finished(frame)
        timing.arrived("null", frame, Span("sink", 2.0, 2.0 + took_s))
    stages = timing.recent_stages(5)
    assert set(stages) == {"swap", "sink"}
    assert all(spread.max == pytest.approx(10) for spread in stages.values())
    assert timing.figures().stages_ms["swap"].max == pytest.approx(500)
