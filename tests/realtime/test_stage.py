"""Stages that fail: the run ends, or goes on where it is live and the stage knows what to do otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from loop_parts import THREADS, FakeSink, FakeSource, closed_once, raising, until_seen

from realtime.faults import PATIENCE_S
from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.stage import Stage

pytestmark = pytest.mark.usefixtures("no_thread_is_left")

STAGES = ["detect", "swap", "colour", "composite", "disclose"]


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("stage", STAGES)
def test_the_first_failure_of_a_stage_reaches_the_caller(stage: str, live: bool) -> None:
    error = ValueError("broken")
    threads = [[raising(s.name, 0, error) if s.name == stage else s for s in group] for group in THREADS]
    source = FakeSource(None, live=live)
    sinks = [FakeSink("a"), FakeSink("b", main_thread=True)]
    with pytest.raises(ValueError, match="broken") as caught:
        Pipeline(source, threads, sinks).run()
    assert caught.value is error
    assert closed_once(source, *sinks)


def failing_between(first: int, last: int) -> Stage:
    """Raises on frames `first` to `last`, which then go on black."""

    def call(frame: Frame) -> Frame:
        if first <= frame.index <= last:
            raise ValueError(f"broken at {frame.index}")
        return replace(frame, worn=True)

    return Stage("swap", call, lambda frame: replace(frame, worn=False))


def test_live_a_stage_that_knows_what_to_do_otherwise_fails_and_the_run_goes_on() -> None:
    sink, said = FakeSink(), list[str]()
    source = FakeSource(12, live=True, gate=lambda index: until_seen(sink, index))
    pipeline = Pipeline(source, [[failing_between(3, 5)]], [sink])
    sink._before = lambda frame: said.append(pipeline.notice)
    pipeline.run()
    assert [frame.worn for frame in sink.seen] == [not 3 <= index <= 5 for index in range(12)]
    assert pipeline.faults.counts == {"swap": 3}
    assert said[4] == "swap fails, viewers see no face: broken at 4"
    assert said[7] == ""


def test_a_file_is_not_gone_on_with() -> None:
    with pytest.raises(ValueError, match="broken at 3"):
        Pipeline(FakeSource(12), [[failing_between(3, 5)]], [FakeSink()]).run()


def test_live_a_stage_that_goes_on_failing_ends_the_run() -> None:
    time_s = [0.0]

    def tick_clock(frame: Frame) -> Frame:
        time_s[0] += 1.0
        return frame

    source, sink = FakeSource(None, live=True), FakeSink()
    threads = [[Stage("detect", tick_clock), failing_between(2, 10_000_000)]]
    with pytest.raises(ValueError, match="broken"):
        Pipeline(source, threads, [sink], clock=lambda: time_s[0]).run()
    assert closed_once(source, sink)
    assert time_s[0] > PATIENCE_S
