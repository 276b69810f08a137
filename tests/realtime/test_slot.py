from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from realtime.slot import LatestSlot, NudgedError, OrderedSlot, Slot

LIMIT_S = 10.0


def ignore() -> None:
    pass


SLOTS: list[Callable[[], Slot[int]]] = [lambda: LatestSlot(ignore), lambda: OrderedSlot(depth=2)]


@pytest.fixture(params=SLOTS, ids=["latest", "ordered"])
def slot(request: pytest.FixtureRequest) -> Slot[int]:
    made: Slot[int] = request.param()
    return made


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()
    return thread, results


def joined(thread: threading.Thread) -> bool:
    thread.join(LIMIT_S)
    return not thread.is_alive()


def test_what_is_put_is_got(slot: Slot[int]) -> None:
    assert slot.put(7)
    assert slot.get() == 7


def test_an_end_lets_the_rest_be_read_first(slot: Slot[int]) -> None:
    slot.put(7)
    slot.close()
    assert slot.get() == 7
    assert slot.get() is None
    assert slot.get() is None


def test_a_failure_throws_the_rest_away(slot: Slot[int]) -> None:
    slot.put(7)
    slot.close(drain=False)
    assert slot.get() is None


def test_a_failure_stops_a_drain(slot: Slot[int]) -> None:
    slot.put(7)
    slot.close()
    slot.close(drain=False)
    assert slot.get() is None


def test_nothing_enters_a_closed_slot(slot: Slot[int]) -> None:
    slot.close()
    assert not slot.put(7)
    assert slot.get() is None


@pytest.mark.parametrize("drain", [True, False])
def test_closing_wakes_a_reader(slot: Slot[int], drain: bool) -> None:
    thread, results = in_thread(slot.get)
    slot.close(drain=drain)
    assert joined(thread)
    assert results == [None]


def test_putting_wakes_a_reader(slot: Slot[int]) -> None:
    thread, results = in_thread(slot.get)
    slot.put(7)
    assert joined(thread)
    assert results == [7]


def test_a_reader_may_limit_its_wait(slot: Slot[int]) -> None:
    with pytest.raises(TimeoutError):
        slot.get(timeout_s=0.001)
    slot.put(7)
    assert slot.get(timeout_s=0.001) == 7


def test_the_newest_wins_and_each_displaced_one_is_counted() -> None:
    drops: list[str] = []
    slot: LatestSlot[int] = LatestSlot(lambda: drops.append("drop"))
    for item in (1, 2, 3):
        slot.put(item)
    assert slot.get() == 3
    assert len(drops) == 2


def test_a_read_item_is_no_drop() -> None:
    drops: list[str] = []
    slot: LatestSlot[int] = LatestSlot(lambda: drops.append("drop"))
    for item in (1, 2, 3):
        slot.put(item)
        assert slot.get() == item
    assert not drops


def test_a_full_queue_makes_its_writer_wait_and_keeps_the_order() -> None:
    slot: OrderedSlot[int] = OrderedSlot(depth=2)
    thread, results = in_thread(lambda: [slot.put(item) for item in range(20)])
    assert [slot.get(LIMIT_S) for _ in range(20)] == list(range(20))
    assert joined(thread)
    assert results == [[True] * 20]


@pytest.mark.parametrize("drain", [True, False])
def test_closing_wakes_a_writer_that_waits_for_a_place(drain: bool) -> None:
    slot: OrderedSlot[int] = OrderedSlot(depth=1)
    slot.put(1)
    thread, results = in_thread(lambda: slot.put(2))
    slot.close(drain=drain)
    assert joined(thread)
    assert results == [False]
    assert slot.get() == (1 if drain else None)


def test_a_queue_has_a_place() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        OrderedSlot(depth=0)


def test_a_nudge_ends_a_wait_and_one_to_come(slot: Slot[int]) -> None:
    def wait() -> str:
        try:
            return str(slot.get())
        except NudgedError:
            return "nudged"

    thread, results = in_thread(wait)
    slot.nudge()
    assert joined(thread)
    assert results == ["nudged"]
    slot.nudge()
    assert wait() == "nudged"
    slot.put(3)
    assert wait() == "3", "each nudge counts once"


def test_what_is_there_comes_before_a_nudge(slot: Slot[int]) -> None:
    slot.put(1)
    slot.nudge()
    assert slot.get() == 1
    with pytest.raises(TimeoutError):
        slot.get(0.001)
    slot.nudge()
    slot.close()
    assert slot.get() is None
