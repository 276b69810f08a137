"""Frames that wait until they are old enough; the clock is the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from realtime.due_slot import DueSlot
from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.pool import FramePool
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.timing import Timing

LIMIT_S = 10.0
PICTURE = np.zeros((2, 2, 3), np.uint8)


class Clock:
    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drops() -> list[int]:
    return []


@pytest.fixture
def slot(clock: Clock, drops: list[int]) -> DueSlot:
    return DueSlot(0.2, fps=30.0, clock=clock, on_drop=lambda: drops.append(1))


def frame(index: int, captured_s: float) -> Frame:
    return Frame(index, captured_s=captured_s, media_s=captured_s, image=PICTURE)


def got(slot: DueSlot) -> int:
    taken = slot.get(0.0)
    assert taken is not None
    return taken.index


def test_a_frame_waits_until_it_is_due(slot: DueSlot, clock: Clock) -> None:
    slot.put(frame(0, 1.0))
    for early_s in (1.0, 1.1, 1.199):
        clock.at_s = early_s
        with pytest.raises(TimeoutError):
            slot.get(0.0)
    clock.at_s = 1.2 + 1e-9
    assert got(slot) == 0


def test_one_that_is_late_already_passes_at_once(slot: DueSlot, clock: Clock) -> None:
    clock.at_s = 5.0
    slot.put(frame(0, 1.0))
    assert got(slot) == 0


def test_six_wait_at_once_and_each_leaves_in_its_turn_at_its_time(
    slot: DueSlot, clock: Clock, drops: list[int]
) -> None:
    left: list[tuple[int, float]] = []
    for step in range(3000):
        clock.at_s = step / 1000
        if step % 33 == 0 and step < 2000:
            slot.put(frame(step // 33, clock.at_s))
        try:
            taken = slot.get(0.0)
        except TimeoutError:
            continue
        assert taken is not None
        left.append((taken.index, clock.at_s - taken.captured_s))
    assert [index for index, _ in left] == list(range(61))
    assert [age_s for _, age_s in left] == pytest.approx([0.2] * 61, abs=0.0011)
    assert not drops


def test_a_reader_that_was_held_up_skips_to_what_is_due_now(slot: DueSlot, clock: Clock, drops: list[int]) -> None:
    for index in range(6):
        slot.put(frame(index, index / 30))
    clock.at_s = 0.2 + 3.1 / 30
    assert got(slot) == 3
    assert len(drops) == 3
    with pytest.raises(TimeoutError):
        slot.get(0.0)


def test_two_of_one_moment_are_both_given(slot: DueSlot, clock: Clock, drops: list[int]) -> None:
    slot.put(frame(0, 1.0))
    slot.put(frame(1, 1.001))
    clock.at_s = 1.205
    assert [got(slot), got(slot)] == [0, 1]
    assert not drops


def test_where_nobody_reads_it_stays_bounded_and_keeps_the_newest(
    slot: DueSlot, clock: Clock, drops: list[int]
) -> None:
    for index in range(500):
        clock.at_s = index / 30
        assert slot.put(frame(index, clock.at_s))
    assert len(drops) == 500 - len(slot._items)
    assert len(slot._items) <= slot.places
    clock.at_s += 0.2
    assert got(slot) >= 498


def test_a_source_far_faster_than_announced_is_thinned_and_never_starves_the_reader(
    slot: DueSlot, clock: Clock, drops: list[int]
) -> None:
    ages_s = []
    for index in range(400):
        clock.at_s = index / 200
        slot.put(frame(index, clock.at_s))
        try:
            taken = slot.get(0.0)
        except TimeoutError:
            continue
        assert taken is not None
        ages_s.append(clock.at_s - taken.captured_s)
    assert len(ages_s) > 50
    assert min(ages_s) == pytest.approx(0.2)
    assert max(ages_s) < 0.25
    assert drops


def test_an_end_lets_what_waits_leave_at_its_time(slot: DueSlot, clock: Clock) -> None:
    slot.put(frame(0, 1.0))
    clock.at_s = 1.05
    slot.close()
    assert not slot.put(frame(1, 1.0))
    with pytest.raises(TimeoutError):
        slot.get(0.0)
    clock.at_s = 1.3
    assert got(slot) == 0
    assert slot.get(0.0) is None


def test_a_failure_ends_the_wait_at_once() -> None:
    slot = DueSlot(1.0, fps=30.0, clock=time.monotonic, on_drop=lambda: None)
    slot.put(frame(0, time.monotonic() + 1000))
    ended: list[object] = []
    reader = threading.Thread(target=lambda: ended.append(slot.get()), daemon=True)
    reader.start()
    slot.close(drain=False)
    reader.join(LIMIT_S)
    assert ended == [None]


@pytest.mark.parametrize("delay_s", [-0.1, 1.1, float("nan")])
def test_a_delay_that_none_can_want_is_refused(delay_s: float) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        DueSlot(delay_s, fps=30.0, clock=time.monotonic, on_drop=lambda: None)


class Rolling(Source):
    """A live source on the real clock, its pictures from a pool."""

    name, live = "rolling", True

    def __init__(self, frames: int, pool: FramePool, *, pause_s: float = 0.01) -> None:
        self.size_wh, self.fps = (2, 2), 1 / pause_s
        self._frames, self._pool, self._pause_s, self._given = frames, pool, pause_s, 0
        self._closed = threading.Event()

    def open(self) -> None:
        pass

    def read(self) -> Frame | None:
        if self._closed.wait(self._pause_s) or self._given == self._frames:
            return None
        index, self._given = self._given, self._given + 1
        return Frame(index, time.monotonic(), index * self._pause_s, self._pool.take())

    def close(self) -> None:
        self._closed.set()


class Keeping(Sink):
    def __init__(self, name: str, *, main_thread: bool = False, on_frame: Callable[[int], object] = id) -> None:
        self.name, self.main_thread, self._on_frame = name, main_thread, on_frame
        self.seen: list[tuple[int, float]] = []

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        pass

    def write(self, frame: Frame) -> None:
        self.seen.append((frame.index, time.monotonic() - frame.captured_s))
        self._on_frame(frame.index)

    def close(self) -> None:
        pass


def test_every_sink_gets_every_frame_in_order_and_none_before_its_age() -> None:
    pool = FramePool((2, 2))
    sinks, timing = [Keeping("a"), Keeping("b", main_thread=True)], Timing()
    Pipeline(Rolling(60, pool), [], sinks, timing=timing, delay_s=0.15).run()
    lost = timing.counts()[1]
    for sink in sinks:
        indices = [index for index, _ in sink.seen]
        assert indices == sorted(set(indices))
        assert indices[-1] == 59
        assert len(indices) + lost[f"before {sink.name}"] == 60
        assert min(age_s for _, age_s in sink.seen) >= 0.15
    assert pool.made <= 60 / 2  # buffers come back while it runs


@pytest.mark.parametrize("main_thread", [False, True])
def test_stop_lets_those_that_wait_arrive(main_thread: bool) -> None:
    pool = FramePool((2, 2))
    sink = Keeping("a", main_thread=main_thread, on_frame=lambda index: index == 3 and pipeline.stop())
    pipeline = Pipeline(Rolling(10_000, pool), [], [sink], delay_s=0.1, tick_s=0.05)
    pipeline.run()
    assert len(sink.seen) > 8  # the ten that were under way when it was told to stop
    assert min(age_s for _, age_s in sink.seen) >= 0.1


def test_behind_a_file_nothing_waits() -> None:
    source, sink = Rolling(20, FramePool((2, 2)), pause_s=0.001), Keeping("a")
    source.live = False
    Pipeline(source, [], [sink], delay_s=1.0).run()
    assert [index for index, _ in sink.seen] == list(range(20))
    assert max(age_s for _, age_s in sink.seen) < 1.0
