"""A run that the user ends: by `stop`, from a signal handler, by Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from loop_parts import THREADS, FakeSink, FakeSource, closed_once

from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.stage import Stage

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


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
