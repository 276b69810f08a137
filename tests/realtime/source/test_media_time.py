"""Time stamps that jump, repeat, or are missing."""

from __future__ import annotations

import pytest

from realtime.source.media_time import MediaTime


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([5.0, 5.04, 5.5], [0.0, 0.04, 0.5]),
        ([None, None, None], [0.0, 0.04, 0.08]),
        ([3.0, None, 3.2], [0.0, 0.04, 0.2]),
        ([0.0, 0.04, 0.04, 0.12], [0.0, 0.04, 0.041, 0.12]),
        ([0.0, 0.08, 0.04, 0.12], [0.0, 0.08, 0.081, 0.12]),
        ([9.0, 9.04, 0.0, 0.04], [0.0, 0.04, 0.08, 0.12]),
    ],
    ids=["late start", "no stamps", "one missing", "repeated", "out of order", "restarted"],
)
def test_media_time_only_grows(stamps: list[float | None], times: list[float]) -> None:
    clock = MediaTime(25.0)
    assert [clock(stamp) for stamp in stamps] == pytest.approx(times)


def test_a_loop_goes_on_one_frame_later() -> None:
    clock = MediaTime(25.0)
    times = [clock(0.0), clock(0.04)]
    clock.begin_again()
    times += [clock(0.0), clock(0.04)]
    assert times == pytest.approx([0.0, 0.04, 0.08, 0.12])
