from __future__ import annotations

import numpy as np
import pytest

from realtime.sound.media_shift import MediaShift
from realtime.sound.sample_clock import SampleClock

RATE, BLOCK = 48_000, 480


def told(seconds: float, *, off: float = 0.0, jitter_s: float = 0.0) -> np.ndarray:
    """What an uneven sound card says of each block that it gives in so many seconds, (N,)."""
    random = np.random.default_rng(3)
    begins_s = np.arange(int(seconds * RATE / BLOCK)) * BLOCK / (RATE * (1 + off))
    return np.asarray(100.0 + begins_s + random.uniform(-jitter_s, jitter_s, begins_s.size))


@pytest.mark.parametrize("off", [0.0, 200e-6, -200e-6])
def test_uneven_times_become_even_and_the_rate_is_found(off: float) -> None:
    clock = SampleClock(RATE)
    times_s = np.array([clock(at_s, BLOCK) for at_s in told(120, off=off, jitter_s=0.004)])
    true_s = told(120, off=off)
    assert np.abs(times_s - true_s)[3000:].max() < 0.0005
    assert np.abs(times_s - true_s).max() <= 0.005
    assert clock.rate == pytest.approx(RATE * (1 + off), rel=20e-6)


def test_hours_of_drift_leave_nothing_behind() -> None:
    clock = SampleClock(RATE)
    true_s = told(3 * 3600, off=120e-6)[::10]
    times_s = [clock(at_s, BLOCK * 10) for at_s in true_s]
    assert np.abs(np.array(times_s) - true_s)[1000:].max() < 1e-4  # uncorrected it would be 1.3 s


def test_lost_samples_begin_it_again_and_one_late_answer_does_not() -> None:
    clock = SampleClock(RATE)
    times = told(20)
    times[500] += 0.3
    times[1000:] += 0.2
    got = np.array([clock(at_s, BLOCK) for at_s in times])
    assert np.abs(got - told(20))[:1000].max() < 1e-6
    assert np.abs(got - times)[1003:].max() < 1e-6


def test_a_cameras_shift_is_at_once_what_it_is() -> None:
    shift = MediaShift()
    assert [shift.follow(100.0 + n, 7.0 + n) for n in range(5)] == [-93.0] * 5


def test_a_late_frame_moves_no_sound_and_a_stream_that_came_back_does() -> None:
    shift = MediaShift()
    for n in range(100):
        shift.follow(100.0 + n / 30 + (0.4 if n == 50 else 0.0), n / 30)
    assert shift.now_s == pytest.approx(-100.0)
    for n in range(100, 110):
        shift.follow(103.0 + n / 30, n / 30)
    assert shift.now_s == pytest.approx(-103.0)
