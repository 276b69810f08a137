"""Hiding: whatever is under way in the loop, nothing but the slate is written after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from realtime.composite.slate import draw_slate
from realtime.curtain import Curtain
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.pipeline import Pipeline
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.stage import Stage
from realtime.timing import Timing

LIMIT_S = 10.0
SIZE_WH = (32, 24)
SLATE = draw_slate(SIZE_WH)


def frame_at(index: int, captured_s: float = 0.0) -> Frame:
    return Frame(index, captured_s, index / 30, np.full((SIZE_WH[1], SIZE_WH[0], 3), 200, np.uint8), worn=True)


class SteppedSource(Source):
    """Gives one frame for each `step`, and nothing meanwhile."""

    name, live = "stepped", True

    def __init__(self) -> None:
        self._steps = threading.Semaphore(0)
        self._index, self._over = 0, False

    def open(self) -> None:
        self.size_wh, self.fps = SIZE_WH, 30.0

    def step(self) -> None:
        self._steps.release()

    def read(self) -> Frame | None:
        self._steps.acquire()
        self._index += 1
        return None if self._over else frame_at(self._index)

    def close(self) -> None:
        self._over = True
        self._steps.release()


class Watched(Sink):
    """Keeps copies of what it is given; a write waits for `gate`, where there is one."""

    def __init__(self, name: str, gate: threading.Event | None = None) -> None:
        self.name, self._gate = name, gate
        self.pictures: list[BgrImage] = []
        self.frames: list[Frame] = []
        self.writing, self.wrote, self.rested = threading.Event(), threading.Semaphore(0), threading.Event()

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Nothing to acquire."""

    def write(self, frame: Frame) -> None:
        self.writing.set()
        if self._gate:
            assert self._gate.wait(LIMIT_S)
        self.pictures.append(frame.image.copy())
        self.frames.append(frame)
        self.wrote.release()

    def rest(self) -> None:
        self.rested.set()

    def close(self) -> None:
        """Nothing to release."""


@pytest.fixture
def playing() -> Callable[..., tuple[Pipeline, threading.Thread]]:
    def start(source: Source, stages: list[Stage], sinks: list[Sink], curtain: Curtain, **words: float):
        timing = Timing()
        pipeline = Pipeline(source, [stages], sinks, timing=timing, curtain=curtain, tick_s=0.02, **words)
        thread = threading.Thread(target=pipeline.run, daemon=True)
        thread.start()
        return pipeline, thread

    return start


def is_slate(picture: BgrImage) -> bool:
    return bool(np.array_equal(picture, SLATE))


def test_a_frame_that_is_being_worked_on_does_not_get_out(playing) -> None:
    """Hidden while one frame is in a stage and the next in its slot: both sinks get the slate for both."""
    entered, leave = threading.Event(), threading.Semaphore(0)

    def slow(frame: Frame) -> Frame:
        entered.set()
        assert leave.acquire(timeout=LIMIT_S)
        return frame

    source, curtain, sinks = SteppedSource(), Curtain(lambda: 0.0), [Watched("one"), Watched("two")]
    pipeline, thread = playing(source, [Stage("slow", slow)], sinks, curtain)
    source.step()
    assert entered.wait(LIMIT_S)
    source.step()
    assert curtain.hide()
    for _ in range(2):
        leave.release()
        for sink in sinks:  # each before the next: in a slot a newer frame displaces one that was not taken yet
            assert sink.wrote.acquire(timeout=LIMIT_S)
    for sink in sinks:
        assert all(map(is_slate, sink.pictures))
        assert not any(frame.shows_persona or frame.worn for frame in sink.frames)
    curtain.show()
    source.step()
    leave.release()
    for sink in sinks:
        assert sink.wrote.acquire(timeout=LIMIT_S)
        assert not is_slate(sink.pictures[-1])
    pipeline.stop()
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_it_waits_for_a_picture_that_a_sink_has_in_its_hands_already(playing) -> None:
    gate = threading.Event()
    source, curtain, sink = SteppedSource(), Curtain(), Watched("slow", gate)
    pipeline, thread = playing(source, [Stage("pass", lambda frame: frame)], [sink], curtain)
    source.step()
    assert sink.writing.wait(LIMIT_S)
    assert not curtain.hide(wait_s=0), "a picture is still on its way, and that is said"
    threading.Timer(0.05, gate.set).start()
    assert curtain.hide(wait_s=LIMIT_S)
    assert len(sink.pictures) == 1
    source.step()
    for _ in range(2):
        assert sink.wrote.acquire(timeout=LIMIT_S)
    assert is_slate(sink.pictures[1])
    pipeline.stop()
    thread.join(LIMIT_S)


def test_sinks_rest_at_once_where_no_frame_comes_any_more(playing) -> None:
    source, curtain, sink = SteppedSource(), Curtain(), Watched("one")
    pipeline, thread = playing(source, [Stage("pass", lambda frame: frame)], [sink], curtain, rest_s=1000.0)
    source.step()
    assert sink.wrote.acquire(timeout=LIMIT_S)
    assert not sink.rested.is_set()
    curtain.hide()
    assert sink.rested.wait(LIMIT_S)
    assert pipeline.notice == "", "that is no stall"
    pipeline.stop()
    thread.join(LIMIT_S)


def test_the_frame_itself_is_not_drawn_into() -> None:
    curtain, frame = Curtain(), frame_at(0)
    curtain.hide()
    with curtain.passing(frame) as shown:
        assert is_slate(shown.image)
        assert shown.index == frame.index
    assert (frame.image == 200).all()


def test_a_sink_that_fails_leaves_nothing_under_way() -> None:
    curtain = Curtain()
    with pytest.raises(SinkError), curtain.passing(frame_at(0)):
        raise SinkError("disk full")
    assert curtain.hide(wait_s=0)


def test_what_was_captured_while_hidden_does_not_go_out_after_it() -> None:
    """With a target delay a frame waits for up to seconds before its sink: what it shows was meant for nobody."""
    now_s = 10.0
    curtain = Curtain(lambda: now_s)
    with curtain.passing(frame_at(0, 9.0)) as shown:
        assert not is_slate(shown.image)
    curtain.hide()
    now_s = 12.0
    curtain.show()
    for captured_s, slate in ((9.9, True), (11.9, True), (12.0, False), (12.1, False)):
        with curtain.passing(frame_at(1, captured_s)) as shown:
            assert is_slate(shown.image) is slate
    assert not curtain.hidden
    now_s = 13.0
    curtain.show()
    with curtain.passing(frame_at(2, 12.5)) as shown:
        assert not is_slate(shown.image), "to show what is not hidden changes nothing"


def test_one_sink_that_is_slow_does_not_keep_the_slate_from_the_others() -> None:
    curtain, called = Curtain(), threading.Event()
    curtain.wake(called.set)
    with ThreadPoolExecutor(1) as threads:
        with curtain.passing(frame_at(0)):
            hiding = threads.submit(curtain.hide, wait_s=LIMIT_S)
            assert called.wait(LIMIT_S / 4), "while it is still waiting for the slow one"
            assert not hiding.done()
        assert hiding.result(LIMIT_S)


class Broken(Watched):
    def write(self, frame: Frame) -> None:
        raise SinkError("gone")


class Beside(Watched):
    beside = True


def test_a_run_does_not_go_on_for_a_sink_that_nobody_chose(playing) -> None:
    source = SteppedSource()
    pipeline = Pipeline(source, [[Stage("pass", lambda frame: frame)]], [Broken("chosen"), Beside("beside")])
    source.step()
    with pytest.raises(SinkError, match="gone"):
        pipeline.run()


def test_a_picture_from_before_stays_hidden_though_it_is_shown_once_more() -> None:
    """The last good picture stands in for a moment; it is as old as it was."""
    now_s = 10.0
    curtain = Curtain(lambda: now_s)
    curtain.hide(wait_s=0)
    now_s = 10.05
    curtain.show()
    held = replace(frame_at(3, captured_s=10.1), held_s=10.0)
    with curtain.passing(held) as shown:
        assert np.array_equal(shown.image, SLATE)
    with curtain.passing(replace(held, held_s=10.06)) as shown:
        assert shown.image is held.image
