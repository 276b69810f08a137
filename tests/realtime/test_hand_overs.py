"""Behind a file whoever is slow is waited for; live, whoever is slow misses frames, and nobody else does."""

from __future__ import annotations

import threading

import pytest
from loop_parts import LIMIT_S, THREADS, FakeSink, FakeSource, passing, wait_for

from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.stage import Stage
from realtime.timing import Timing

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_a_slow_sink_makes_a_file_wait() -> None:
    source = FakeSource(30)
    go_on = threading.Event()
    slow = FakeSink("slow", before=lambda frame: wait_for(go_on))
    fast = FakeSink("fast", before=lambda frame: go_on.set() if frame.index == 1 else None)
    Pipeline(source, THREADS, [slow, fast]).run()
    assert slow.indices == fast.indices == list(range(30))


def test_live_the_slow_sink_alone_drops() -> None:
    handled = threading.Semaphore(0)
    release = threading.Event()
    source = FakeSource(20, live=True, gate=lambda index: index == 0 or handled.acquire(timeout=LIMIT_S))
    fast = FakeSink("fast", before=lambda frame: handled.release())

    def hold(frame: Frame) -> None:
        if not slow.seen:
            wait_for(release)

    slow = FakeSink("slow", before=hold)
    last = FakeSink("last", before=lambda frame: release.set() if frame.index == 19 else None)
    timing = Timing()
    Pipeline(source, THREADS, [fast, slow, last], timing=timing).run()
    assert fast.indices == list(range(20))
    assert slow.indices[-1] == 19
    assert slow.indices == sorted(slow.indices)
    dropped = timing.figures().dropped
    assert dropped["before slow"] == 20 - len(slow.indices) > 0
    assert dropped["before fast"] == dropped["before swap"] == dropped["before detect"] == 0


def test_live_a_slow_stage_drops_before_itself_and_the_order_stays() -> None:
    held, release = threading.Event(), threading.Event()

    def hold(frame: Frame) -> Frame:
        if frame.index == 0:
            held.set()
            wait_for(release)
        return frame

    def read(index: int) -> None:
        if index == 1:
            wait_for(held)
        if index == 20:
            release.set()

    sink, timing = FakeSink(), Timing()
    threads = [[passing("detect")], [Stage("swap", hold)]]
    Pipeline(FakeSource(20, live=True, gate=read), threads, [sink], timing=timing).run()
    assert sink.indices == sorted(set(sink.indices))
    assert sink.indices[-1] == 19
    dropped = timing.figures().dropped
    assert sum(dropped.values()) == 20 - len(sink.indices) > 0
