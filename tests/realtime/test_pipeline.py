"""The loop with fake sources, stages and sinks. Events with time limits stand where a test must wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from realtime import pipeline as pipeline_module
from realtime import reading
from realtime.errors import SinkError, SourceError, ThespisError
from realtime.faults import PATIENCE_S
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.pipeline import Pipeline
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.stage import Stage
from realtime.timing import Timing

LIMIT_S = 10.0
FPS = 30.0


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    for thread in left:
        thread.join(LIMIT_S)
    assert not [thread for thread in left if thread.is_alive()]


class FakeSource(Source):
    """Numbered frames.

    Args:
        frames: How many; None goes on until closed.
        live: As `Source.live`.
        gate: Waited for before each frame, so that a test sets the pace.
        fail_at: The index at which `read` raises `error`.
    """

    name = "fake"

    def __init__(
        self,
        frames: int | None = 20,
        *,
        live: bool = False,
        gate: Callable[[int], object] | None = None,
        fail_at: int | None = None,
        fail_open: bool = False,
    ) -> None:
        self.live, self._frames, self._gate = live, frames, gate
        self._fail_at, self._fail_open = fail_at, fail_open
        self.error = SourceError("fake: pulled out")
        self.given = 0
        self.calls: list[str] = []
        self.closed = threading.Event()

    def open(self) -> None:
        self.calls.append("open")
        if self._fail_open:
            raise self.error
        self.size_wh, self.fps = (4, 4), FPS

    def read(self) -> Frame | None:
        if self._gate:
            self._gate(self.given)
        if self.given == self._fail_at:
            raise self.error
        if self._frames is not None and self.given >= self._frames:
            return None
        index, self.given = self.given, self.given + 1
        return Frame(index, captured_s=100.0, media_s=index / FPS, image=np.zeros((4, 4, 3), np.uint8))

    def close(self) -> None:
        self.calls.append("close")
        self.closed.set()


class FakeSink(Sink):
    """Keeps what it was given.

    Args:
        name: As `Sink.name`.
        before: Called with each frame before it is kept; may wait or raise.
    """

    def __init__(
        self,
        name: str = "fake sink",
        *,
        before: Callable[[Frame], object] | None = None,
        main_thread: bool = False,
        fail_open: bool = False,
        fail_close: bool = False,
    ) -> None:
        self.name, self.main_thread = name, main_thread
        self._before, self._fail_open, self._fail_close = before, fail_open, fail_close
        self.calls: list[str] = []
        self.seen: list[Frame] = []
        self.threads: set[threading.Thread] = set()

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        self.calls.append("open")
        assert (size_wh, fps) == ((4, 4), FPS)
        if self._fail_open:
            raise SinkError(f"{self.name}: no driver")

    def write(self, frame: Frame) -> None:
        self.threads.add(threading.current_thread())
        if self._before:
            self._before(frame)
        self.seen.append(frame)

    def close(self) -> None:
        self.calls.append("close")
        if self._fail_close:
            raise SinkError(f"{self.name}: could not be finished")

    @property
    def indices(self) -> list[int]:
        return [frame.index for frame in self.seen]


def passing(name: str) -> Stage:
    return Stage(name, lambda frame: frame)


def raising(name: str, at: int, error: BaseException) -> Stage:
    def call(frame: Frame) -> Frame:
        if frame.index >= at:
            raise error
        return frame

    return Stage(name, call)


THREADS: Sequence[Sequence[Stage]] = (
    [passing("detect")],
    [passing("swap")],
    [passing("colour"), passing("composite"), passing("disclose")],
)


def closed_once(*parts: FakeSource | FakeSink) -> bool:
    return all(part.calls.count("close") == 1 for part in parts)


def wait_for(event: threading.Event) -> None:
    assert event.wait(LIMIT_S)


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


def test_a_slow_sink_makes_a_file_wait() -> None:
    source = FakeSource(30)
    go_on = threading.Event()
    slow = FakeSink("slow", before=lambda frame: wait_for(go_on))
    fast = FakeSink("fast", before=lambda frame: go_on.set() if frame.index == 1 else None)
    Pipeline(source, THREADS, [slow, fast]).run()
    assert slow.indices == fast.indices == list(range(30))


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


def until_seen(sink: FakeSink, count: int) -> None:
    """Wait until every frame given so far has arrived, so that a live run drops none."""
    for _ in range(1000):
        if len(sink.seen) >= count:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{count} frames did not arrive")


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


def test_a_source_that_breaks_fails_the_run() -> None:
    source, sink = FakeSource(None, fail_at=3), FakeSink()
    with pytest.raises(SourceError, match="pulled out"):
        Pipeline(source, THREADS, [sink]).run()
    assert closed_once(source, sink)
    assert sink.indices == list(range(len(sink.indices)))


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


def test_a_source_that_does_not_open_is_closed_and_no_sink_opened() -> None:
    source, sink = FakeSource(fail_open=True), FakeSink()
    with pytest.raises(SourceError):
        Pipeline(source, THREADS, [sink]).run()
    assert source.calls == ["open", "close"]
    assert sink.calls == ["close"]


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


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell starts what it puts into the background deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("main_thread", [False, True])
def test_ctrl_c_releases_everything_and_is_raised(main_thread: bool) -> None:
    source, sink = FakeSource(None, live=True), FakeSink(main_thread=main_thread)

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Pipeline(source, THREADS, [sink], on_tick=interrupt, tick_s=0.01).run()
    assert closed_once(source, sink)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_while_opening_releases_everything() -> None:
    source, sink = FakeSource(None), FakeSink()

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Pipeline(source, THREADS, [sink], on_open=interrupt).run()
    assert closed_once(source, sink)


@pytest.mark.parametrize("live", [False, True])
def test_stop_ends_a_run_well_and_what_was_under_way_arrives(live: bool) -> None:
    source, sink = FakeSource(None, live=live), FakeSink()
    pipeline = Pipeline(source, [[Stage("swap", lambda frame: stop_at(frame))]], [sink])

    def stop_at(frame: Frame) -> Frame:
        if frame.index >= 5:
            pipeline.stop()
        return frame

    pipeline.run()
    assert closed_once(source, sink)
    assert sink.indices[-1] == source.given - 1
    if not live:
        assert sink.indices == list(range(source.given))


def test_stop_from_a_signal_handler() -> None:
    source, sink = FakeSource(None, live=True), FakeSink()
    pipeline = Pipeline(source, THREADS, [sink], on_tick=lambda: signal.raise_signal(signal.SIGINT), tick_s=0.01)
    before = signal.signal(signal.SIGINT, lambda number, frame: pipeline.stop())
    try:
        pipeline.run()
    finally:
        signal.signal(signal.SIGINT, before)
    assert closed_once(source, sink)


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


@pytest.mark.parametrize(
    ("limits", "frames"),
    [(Limits(frames=7), 7), (Limits(seconds=1.0), 30), (Limits(seconds=10.0, frames=4), 4), (Limits(), 40)],
)
def test_a_run_ends_at_its_limit(limits: Limits, frames: int) -> None:
    sink = FakeSink()
    Pipeline(FakeSource(40), THREADS, [sink], limits=limits).run()
    assert sink.indices == list(range(frames))


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


def test_a_live_capture_span_leaves_out_the_wait() -> None:
    times = iter([90.0, 103.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0])
    sink = FakeSink()
    Pipeline(FakeSource(1, live=True), [], [sink], clock=lambda: next(times)).run()
    span = sink.seen[0].spans[0]
    assert (span.start_s, span.end_s) == (100.0, 103.0)


def test_what_takes_long_to_close_is_closed_last() -> None:
    """Viewers of a camera are not to see a frozen face while a recording is signed."""
    order = list[str]()
    sinks = [FakeSink("recording"), FakeSink("camera")]
    sinks[0].closes_late = True
    for sink in sinks:
        sink.close = lambda name=sink.name: order.append(name)  # type: ignore[method-assign]
    Pipeline(FakeSource(2), THREADS, sinks).run()
    assert order == ["camera", "recording"]


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
