"""The stamps of camera drivers: true ones, and all kinds of others."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from realtime.source.camera import CameraSource
from realtime.source.driver_clock import DriverClock


class Stamping:
    """The part of a camera that tells of stamps, in seconds; one after the other."""

    def __init__(self, stamps_s: list[float]) -> None:
        self._stamps_s = iter(stamps_s)

    def get(self, prop: int) -> float:
        assert prop == cv2.CAP_PROP_POS_MSEC
        return next(self._stamps_s) * 1e3


def taken(stamps_s: list[float], had_s: list[float], *, stamped: bool = True) -> list[float]:
    clock, device = DriverClock(stamped=stamped), Stamping(stamps_s)
    return [clock.taken_s(device, one_s) for one_s in had_s]


def test_a_true_stamp_is_when_it_was_taken() -> None:
    assert taken([100.00, 100.03, 100.07], [100.04, 100.08, 100.10]) == pytest.approx([100.00, 100.03, 100.07])


@pytest.mark.parametrize(
    "stamp_s",
    [
        pytest.param(0.0, id="none"),
        pytest.param(-0.001, id="unknown to the driver"),
        pytest.param(1.7e9, id="of the calendar"),
        pytest.param(100.05, id="from the future"),
        pytest.param(98.5, id="too old"),
        pytest.param(float("nan"), id="no number"),
    ],
)
def test_one_that_cannot_be_true_counts_as_none(stamp_s: float) -> None:
    assert taken([stamp_s], [100.0]) == [100.0]


def test_one_that_stands_still_is_believed_once() -> None:
    assert taken([99.98, 99.98, 99.98], [100.0, 100.03, 100.07]) == pytest.approx([99.98, 100.01, 100.05])


def test_time_never_goes_back_where_stamps_come_and_go() -> None:
    had_s = [100.0, 100.03, 100.04, 100.09]
    got = taken([99.98, 0.0, 100.01, 100.06], had_s)
    assert got == pytest.approx([99.98, 100.01, 100.01, 100.06])
    assert got == sorted(got)


def test_once_believed_a_picture_that_waited_long_is_as_old_as_it_is() -> None:
    """The reader stood still for two seconds; the driver kept its oldest pictures."""
    had_s = [98.0, 100.0, 100.003, 100.006, 100.04]
    stamps_s = [97.96, 98.0, 98.03, 98.07, 100.0]
    assert taken(stamps_s, had_s) == pytest.approx(stamps_s)


def test_one_without_a_stamp_came_as_late_as_the_others() -> None:
    stamps_s = [99.88, 0.0, 99.95, 99.98]
    assert taken(stamps_s, [100.0, 100.03, 100.07, 100.1]) == pytest.approx([99.88, 99.91, 99.95, 99.98])


def test_where_there_are_no_stamps_nobody_asks() -> None:
    assert taken([], [100.0, 100.1], stamped=False) == [100.0, 100.1]
    assert DriverClock(stamped=True).taken_s(None, 100.0) == 100.0


def clock(start_s: float, step_s: float) -> Iterator[float]:
    while True:
        yield start_s
        start_s += step_s


def test_frames_are_as_old_as_their_stamps_say(fake_camera, camera_port) -> None:
    class Camera(fake_camera):
        def get(self, prop: int) -> float:
            return 1e3 * (50.0 + self.reads / 30) if prop == cv2.CAP_PROP_POS_MSEC else super().get(prop)

    pictures = [np.full((48, 64, 3), level, np.uint8) for level in range(9)]
    times_s = clock(50.1, 1 / 90)  # asked for three times for each picture
    with CameraSource(0, capture=camera_port(Camera(pictures)), clock=lambda: next(times_s), stamped=True) as source:
        frames = [source.read() for _ in range(5)]
    taken_s = [frame.captured_s for frame in frames if frame]
    assert taken_s == pytest.approx([50.0 + number / 30 for number in range(2, 7)])
    assert [frame.media_s for frame in frames if frame] == pytest.approx([number / 30 for number in range(5)])
