"""A loop of fake sources, stages and sinks. Events with time limits stand where a test must wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from realtime.errors import SinkError, SourceError
from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.stage import Stage

LIMIT_S = 10.0
FPS = 30.0


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


def until_seen(sink: FakeSink, count: int) -> None:
    """Wait until every frame given so far has arrived, so that a live run drops none."""
    for _ in range(1000):
        if len(sink.seen) >= count:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{count} frames did not arrive")
