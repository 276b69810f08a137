"""The source's end of the loop: where it ends by itself, falls silent, breaks, or does not come back."""

from __future__ import annotations

import threading

import pytest
from loop_parts import FPS, LIMIT_S, THREADS, FakeSink, FakeSource, closed_once, passing, wait_for

from realtime import pipeline as pipeline_module
from realtime import reading
from realtime.errors import SourceError, ThespisError
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.pipeline import Pipeline

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_a_live_capture_span_leaves_out_the_wait() -> None:
    times = iter([90.0, 103.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0])
    sink = FakeSink()
    Pipeline(FakeSource(1, live=True), [], [sink], clock=lambda: next(times)).run()
    span = sink.seen[0].spans[0]
    assert (span.start_s, span.end_s) == (100.0, 103.0)


def test_a_source_that_breaks_fails_the_run() -> None:
    source, sink = FakeSource(None, fail_at=3), FakeSink()
    with pytest.raises(SourceError, match="pulled out"):
        Pipeline(source, THREADS, [sink]).run()
    assert closed_once(source, sink)
    assert sink.indices == list(range(len(sink.indices)))


def test_a_source_that_does_not_open_is_closed_and_no_sink_opened() -> None:
    source, sink = FakeSource(fail_open=True), FakeSink()
    with pytest.raises(SourceError):
        Pipeline(source, THREADS, [sink]).run()
    assert source.calls == ["open", "close"]
    assert sink.calls == ["close"]


@pytest.mark.parametrize(
    ("limits", "frames"),
    [(Limits(frames=7), 7), (Limits(seconds=1.0), 30), (Limits(seconds=10.0, frames=4), 4), (Limits(), 40)],
)
def test_a_run_ends_at_its_limit(limits: Limits, frames: int) -> None:
    sink = FakeSink()
    Pipeline(FakeSource(40), THREADS, [sink], limits=limits).run()
    assert sink.indices == list(range(frames))


class MuteSource(FakeSource):
    """A live source that says nothing more after its last frame, until it is closed."""

    def read(self) -> Frame | None:
        if self.given == self._frames:
            assert self.closed.wait(LIMIT_S)
            return None
        return super().read()


@pytest.mark.parametrize("frames", [0, 3])
@pytest.mark.parametrize("main_thread", [False, True])
def test_a_live_source_that_falls_silent_is_not_waited_for_beyond_the_limit(frames: int, main_thread: bool) -> None:
    source, sink = MuteSource(frames, live=True), FakeSink(main_thread=main_thread)
    limits = Limits(seconds=0.3)  # more than three frames of it
    Pipeline(source, [[passing("detect")]], [sink], tick_s=0.01, rest_s=0.05, limits=limits).run()
    assert source.closed.is_set()
    assert len(sink.seen) <= frames


def test_a_live_source_that_is_slow_is_given_all_the_time_of_its_own_that_was_asked_for() -> None:
    """Twice as slow as its stamps say, but never silent: what is asked for is so much of the source."""
    source = FakeSource(None, live=True, gate=lambda index: threading.Event().wait(2 / FPS))
    sink = FakeSink()
    Pipeline(source, [[passing("detect")]], [sink], tick_s=0.01, rest_s=0.5, limits=Limits(seconds=0.2)).run()
    assert source.given == 7  # the seventh, at 0.2 s, lies beyond the end
    assert sink.indices[-1] == 5


@pytest.mark.parametrize("then", ["raises", "ends"])
def test_stop_frees_a_source_that_waits_for_its_device(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SOURCE_GRACE_S", 0.01)

    def vanished(index: int) -> None:
        if index == 2:
            wait_for(source.closed)
            if then == "raises":
                raise OSError("bad file descriptor")

    source, sink = FakeSource(3, live=True, gate=vanished), FakeSink()
    pipeline = Pipeline(source, THREADS, [sink], on_tick=lambda: pipeline.stop(), tick_s=0.01)
    pipeline.run()
    assert closed_once(source, sink)


def test_a_source_that_never_comes_back_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SOURCE_GRACE_S", 0.01)
    monkeypatch.setattr(pipeline_module, "JOIN_S", 0.01)
    let_go = threading.Event()
    source, sink = FakeSource(None, live=True, gate=lambda index: wait_for(let_go)), FakeSink()
    pipeline = Pipeline(source, THREADS, [sink], on_tick=lambda: pipeline.stop(), tick_s=0.01)
    with pytest.raises(ThespisError, match="fake: did not stop"):
        pipeline.run()
    assert closed_once(source, sink)
    let_go.set()
