"""Time stamps of a live stream: even, close to the clock on the wall, never a burst."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from realtime.sink.stream_clock import StreamClock

STEP = 1 / 30


def test_uneven_arrivals_have_even_times() -> None:
    clock, random = StreamClock(30), np.random.default_rng(0)
    times = [clock.frame(10 + index * STEP, 50 + index * STEP + random.uniform(0, 0.02)) for index in range(300)]
    steps = np.diff([one for one in times if one is not None][30:])
    assert len(steps) > 260
    assert np.abs(steps - STEP).max() < 0.003


def test_what_was_held_up_and_let_go_at_once_is_passed_over() -> None:
    clock = StreamClock(30)
    for index in range(30):
        assert clock.frame(index * STEP, 100 + index * STEP) is not None
    held = [clock.frame((30 + index) * STEP, 101.3 + index * 0.001) for index in range(8)]
    kept = [one for one in held if one is not None]
    assert len(kept) < len(held)
    assert max(kept) - min(kept) <= 0.11
    assert clock.frame(1.3 + STEP, 101.3 + STEP) is not None


@pytest.mark.parametrize("seed", range(5))
def test_times_grow_and_stay_within_a_tenth_of_a_second_of_the_wall(seed: int) -> None:
    clock, random = StreamClock(25), np.random.default_rng(seed)
    now_s, media_s, sent = 7.0, 3.0, []
    for _ in range(500):
        now_s += float(random.choice([0.001, 0.04, 0.04, 0.04, 0.7]))
        media_s = float(random.choice([now_s - 4.0 - random.uniform(0, 0.5), media_s + 0.04]))
        shown_s = clock.frame(media_s, now_s)
        if shown_s is not None:
            sent.append((shown_s, now_s))
    first_shown_s, first_now_s = sent[0]
    assert first_shown_s == 0
    assert all(after[0] > before[0] for before, after in pairwise(sent))
    behind = [(now_s - first_now_s) - shown_s for shown_s, now_s in sent]
    assert min(behind) >= -1e-6
    assert max(behind) <= 0.1 + 1e-6


def test_a_film_that_is_poured_out_becomes_no_faster_than_life() -> None:
    clock = StreamClock(25)
    times = [clock.frame(index / 25, 5 + index * 0.001) for index in range(1000)]
    sent = [one for one in times if one is not None]
    assert 10 < len(sent) < 70
    assert sent[-1] <= 1.0


def test_a_loop_that_gets_slower_for_good_is_followed() -> None:
    clock = StreamClock(30)
    for index in range(60):
        clock.frame(index * STEP, 10 + index * STEP)
    late = [clock.frame(index * STEP, 10.6 + index * STEP) for index in range(60, 260)]
    assert sum(one is not None for one in late) >= 195


def test_media_time_may_begin_again() -> None:
    clock = StreamClock(30)
    for index in range(30):
        clock.frame(100 + index * STEP, 10 + index * STEP)
    again = [clock.frame(index * STEP, 11 + index * STEP) for index in range(60)]
    assert sum(one is not None for one in again) >= 56


def test_what_is_shown_again_is_shown_now_and_frames_come_after_it() -> None:
    clock = StreamClock(30)
    assert clock.frame(1.0, 5.0) == 0
    assert clock.again(6.5) == pytest.approx(1.5)
    frame_s = clock.frame(2.49, 6.5 + STEP)
    assert frame_s is not None
    assert frame_s > 1.5


def test_repeated_pictures_between_them_cost_no_frame() -> None:
    clock, sent = StreamClock(30), []
    for index in range(100):
        frame_s = clock.frame(index * 2 * STEP, 50 + index * 2 * STEP)
        sent += [frame_s, clock.again(50 + (index * 2 + 1.9) * STEP)]
    assert None not in sent
    assert all(round(after * 90_000) > round(before * 90_000) for before, after in pairwise(sent))


def test_several_at_one_moment_are_still_in_order() -> None:
    clock = StreamClock(10)
    times = [clock.again(5.0) for _ in range(8)]
    assert times == pytest.approx([0.0] * 8, abs=1e-3)
    assert all(round(after * 90_000) > round(before * 90_000) for before, after in pairwise(times))
