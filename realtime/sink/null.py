"""A sink that keeps nothing."""

from __future__ import annotations

from realtime.frame import Frame
from realtime.sink.base import Sink


class NullSink(Sink):
    """Counts frames and lets them go: for measuring, and for running without an output.

    Attributes:
        frames: How many it took since `open`.
        last_index: Index of the newest; None before the first.
        notice: One line about where frames go.
    """

    def __init__(self) -> None:
        self.name = "null"
        self.notice = ""
        self.frames = 0
        self.last_index: int | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Begin to count from nought."""
        self.frames, self.last_index = 0, None
        self.notice = "null: frames are counted and thrown away"

    def write(self, frame: Frame) -> None:
        """Count a frame."""
        self.frames += 1
        self.last_index = frame.index

    def close(self) -> None:
        """Nothing to release; the counts stay."""
