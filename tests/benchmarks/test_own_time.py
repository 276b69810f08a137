import threading
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks import own_time
from benchmarks.own_time import OwnTime
from realtime.face.landmarks import FaceMesh
from realtime.frame import Frame
from realtime.persona.session import SwapSession
from realtime.stage import Stage

PICTURE = np.zeros((2, 2, 3), np.uint8)


class Clock:
    """Each thread's own seconds, which pass by being spent."""

    def __init__(self) -> None:
        self._spent_s: dict[threading.Thread, float] = {}

    def thread_time(self) -> float:
        return self._spent_s.get(threading.current_thread(), 0.0)

    def spend(self, seconds: float) -> None:
        self._spent_s[threading.current_thread()] = self.thread_time() + seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(own_time, "time", clock)
    monkeypatch.setattr(FaceMesh, "find", lambda mesh, rgb: clock.spend(5.0))
    monkeypatch.setattr(SwapSession, "run", lambda session, count: clock.spend(7.0))

    def search(mesh: FaceMesh, picture: np.ndarray) -> None:
        clock.spend(0.5)
        mesh.find(picture)

    monkeypatch.setattr(FaceMesh, "__call__", search)
    return clock


def test_what_is_spent_in_the_kernels_is_left_out(clock: Clock) -> None:
    mesh, session = FaceMesh.__new__(FaceMesh), SwapSession.__new__(SwapSession)

    def detect(frame: Frame) -> Frame:
        clock.spend(2.0)
        mesh(frame.image)  # which calls `find`
        mesh.find(frame.image)
        return frame

    def swap(frame: Frame) -> Frame:
        session.run(1)
        clock.spend(3.0)
        return frame

    own = OwnTime(10, 20)
    (first,), (second,) = own.stages([[Stage("detect", detect)], [Stage("swap", swap)]])
    with own.watching():
        for stage in (first, second):
            thread = threading.Thread(
                target=lambda stage=stage: [stage.call(Frame(index, 0.0, 0.0, PICTURE)) for index in range(25)]
            )
            thread.start()
            thread.join()
    assert own.frame_ms == pytest.approx(5000.0)


def test_kernels_are_themselves_again_afterwards(clock: Clock) -> None:
    before = FaceMesh.find, FaceMesh.__call__, SwapSession.run
    with OwnTime(0, 1).watching():
        assert SwapSession.run is not before[2]
    assert (FaceMesh.find, FaceMesh.__call__, SwapSession.run) == before
