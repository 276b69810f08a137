"""Sinks that do not open, break, hang or cannot finish: who goes on, what is closed when, what is raised."""

from __future__ import annotations

import threading

import pytest
from loop_parts import THREADS, FakeSink, FakeSource, closed_once, raising, until_seen, wait_for

from realtime import pipeline as pipeline_module
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.pipeline import Pipeline

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("main_thread", [False, True])
def test_live_a_sink_that_breaks_is_let_go_and_told_at_the_end(main_thread: bool) -> None:
    error = SinkError("film.mp4: disk full")

    def full(frame: Frame) -> None:
        if frame.index >= 3:
            raise error

    good, bad = FakeSink("good"), FakeSink("full", before=full, main_thread=main_thread)
    source = FakeSource(12, live=True, gate=lambda index: until_seen(good, index))
    pipeline = Pipeline(source, THREADS, [good, bad])
    with pytest.raises(SinkError, match="disk full") as caught:
        pipeline.run()
    assert caught.value is error
    assert good.indices == list(range(12))
    assert bad.indices == [0, 1, 2]
    assert bad.calls[:2] == ["open", "close"]
    assert pipeline.notice == "film.mp4: disk full; the other outputs go on"


def test_live_the_last_sink_that_breaks_ends_the_run() -> None:
    def full(frame: Frame) -> None:
        raise SinkError("disk full")

    source, sinks = FakeSource(None, live=True), [FakeSink("a", before=full), FakeSink("b", before=full)]
    with pytest.raises(SinkError, match="disk full"):
        Pipeline(source, THREADS, sinks).run()
    assert all("close" in sink.calls for sink in sinks)


@pytest.mark.parametrize("main_thread", [False, True])
def test_a_sink_that_breaks_fails_the_run_of_a_file_and_the_others_are_finished(main_thread: bool) -> None:
    error = SinkError("film.mp4: disk full")

    def full(frame: Frame) -> None:
        raise error

    source = FakeSource(None)
    sinks = [FakeSink("good"), FakeSink("full", before=full, main_thread=main_thread), FakeSink("good too")]
    with pytest.raises(SinkError, match="disk full") as caught:
        Pipeline(source, THREADS, sinks).run()
    assert caught.value is error
    assert closed_once(source, *sinks)


def test_a_sink_that_does_not_open_closes_everything() -> None:
    source, sinks = FakeSource(), [FakeSink("a"), FakeSink("b", fail_open=True), FakeSink("c")]
    with pytest.raises(SinkError, match="b: no driver"):
        Pipeline(source, THREADS, sinks).run()
    assert [sink.calls for sink in sinks] == [["open", "close"], ["open", "close"], ["close"]]
    assert source.calls == ["open", "close"]
    assert source.given == 0


def test_a_sink_that_cannot_finish_fails_a_good_run_and_the_others_are_closed() -> None:
    sinks = [FakeSink("a", fail_close=True), FakeSink("b")]
    source = FakeSource(5)
    with pytest.raises(SinkError, match="a: could not be finished"):
        Pipeline(source, THREADS, sinks).run()
    assert closed_once(source, *sinks)
    assert sinks[1].indices == list(range(5))


def test_the_first_failure_counts_and_later_ones_are_noted() -> None:
    sinks = [FakeSink("a", fail_close=True), FakeSink("b", fail_close=True)]
    threads = [[raising("swap", 2, ValueError("first"))]]
    with pytest.raises(ValueError, match="first") as caught:
        Pipeline(FakeSource(), threads, sinks).run()
    assert caught.value.__notes__ == [
        "then: SinkError: a: could not be finished",
        "then: SinkError: b: could not be finished",
    ]


def test_a_sink_that_hangs_is_closed_last_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "JOIN_S", 0.01)
    stuck_now, let_go = threading.Event(), threading.Event()
    order: list[str] = []

    class Ordered(FakeSink):
        def close(self) -> None:
            super().close()
            order.append(self.name)

    def hang(frame: Frame) -> None:
        stuck_now.set()
        wait_for(let_go)

    def fail(frame: Frame) -> None:
        wait_for(stuck_now)
        raise SinkError("good: broke")

    stuck, good = Ordered("stuck", before=hang), Ordered("good", before=fail)

    with pytest.raises(SinkError, match="good: broke") as caught:
        Pipeline(FakeSource(None), THREADS, [stuck, good]).run()
    assert order == ["good", "stuck"]
    assert any("stuck: did not end" in note for note in caught.value.__notes__)
    let_go.set()


def test_what_takes_long_to_close_is_closed_last() -> None:
    """Viewers of a camera are not to see a frozen face while a recording is signed."""
    order = list[str]()
    sinks = [FakeSink("recording"), FakeSink("camera")]
    sinks[0].closes_late = True
    for sink in sinks:
        sink.close = lambda name=sink.name: order.append(name)  # type: ignore[method-assign]
    Pipeline(FakeSource(2), THREADS, sinks).run()
    assert order == ["camera", "recording"]
