"""What reaches the sinks, in which threads, and what the caller is told meanwhile."""

from __future__ import annotations

import threading

import pytest
from loop_parts import THREADS, FakeSink, FakeSource, closed_once, wait_for

from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.timing import Timing

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("main_thread", [False, True])
def test_a_file_reaches_every_sink_whole_and_in_order(main_thread: bool) -> None:
    source = FakeSource(50)
    sinks = [FakeSink("a", main_thread=main_thread), FakeSink("b"), FakeSink("c", main_thread=main_thread)]
    timing = Timing()
    Pipeline(source, THREADS, sinks, timing=timing).run()
    for sink in sinks:
        assert sink.indices == list(range(50))
    assert closed_once(source, *sinks)
    assert sum(timing.figures().dropped.values()) == 0
    assert {name: arrivals.frames for name, arrivals in timing.figures().sinks.items()} == {
        "a": 50,
        "b": 50,
        "c": 50,
    }


def test_frames_carry_the_spans_of_every_stage() -> None:
    times = iter(range(10_000))
    sink = FakeSink()
    timing = Timing()
    Pipeline(FakeSource(3), THREADS, [sink], timing=timing, clock=lambda: float(next(times))).run()
    names = ["capture", "detect", "swap", "colour", "composite", "disclose"]
    for frame in sink.seen:
        assert [span.stage for span in frame.spans] == names
        assert all(span.end_s > span.start_s for span in frame.spans)
    assert set(timing.figures().stages_ms) == {*names, "sink"}


def test_age_is_read_after_the_sink_has_written() -> None:
    time_s = [100.0]

    def write(frame: Frame) -> None:
        time_s[0] = 100.5

    timing = Timing()
    Pipeline(FakeSource(1), [], [FakeSink(before=write)], timing=timing, clock=lambda: time_s[0]).run()
    assert timing.figures().arrivals.age_ms.p50 == pytest.approx(500)
    assert timing.figures().stages_ms["sink"].p50 == pytest.approx(500)


def test_a_loop_without_stages_copies() -> None:
    sink = FakeSink()
    Pipeline(FakeSource(5), [], [sink]).run()
    assert sink.indices == list(range(5))


@pytest.mark.parametrize("main_thread", [False, True])
def test_on_open_comes_before_the_first_frame_and_ticks_come_in_the_callers_thread(main_thread: bool) -> None:
    said: list[str] = []
    ticked = threading.Event()
    source = FakeSource(3, gate=lambda index: wait_for(ticked))

    def tick() -> None:
        said.append(f"tick in {threading.current_thread().name}")
        ticked.set()

    pipeline = Pipeline(
        source,
        THREADS,
        [FakeSink(main_thread=main_thread)],
        on_open=lambda: said.append(f"open, {source.given} given"),
        on_tick=tick,
        tick_s=0.01,
    )
    pipeline.run()
    assert said[0] == "open, 0 given"
    assert f"tick in {threading.current_thread().name}" in said


def test_each_sink_has_its_thread_and_the_main_thread_its_own() -> None:
    sinks = [FakeSink("a"), FakeSink("window", main_thread=True), FakeSink("b")]
    Pipeline(FakeSource(5), THREADS, sinks).run()
    assert sinks[1].threads == {threading.current_thread()}
    assert len(sinks[0].threads | sinks[2].threads) == 2


def test_sinks_of_one_name_are_told_apart() -> None:
    timing = Timing()
    Pipeline(FakeSource(3), THREADS, [FakeSink("null"), FakeSink("null")], timing=timing).run()
    assert set(timing.figures().sinks) == {"null", "null #2"}


def test_a_pipeline_runs_once() -> None:
    pipeline = Pipeline(FakeSource(1), THREADS, [FakeSink()])
    pipeline.run()
    with pytest.raises(RuntimeError, match="once"):
        pipeline.run()


def test_live_a_stall_is_shown_and_told() -> None:
    rested, sink = threading.Event(), FakeSink()
    sink.rest = rested.set  # type: ignore[method-assign]

    def wait(index: int) -> None:
        if index:
            wait_for(rested)
            assert pipeline.notice == "no frames come"

    pipeline = Pipeline(FakeSource(2, live=True, gate=wait), THREADS, [sink], rest_s=0.01)
    pipeline.run()
    assert sink.indices == [0, 1]
    assert pipeline.notice == ""
