"""Something done to every frame on its way out of a source or into a sink, without either knowing."""

from __future__ import annotations

from collections.abc import Callable

from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.source.base import Source


class SourceTap(Source):
    """A source whose every frame passes through a callable.

    Args:
        source: Where the frames come from; opened and closed with the tap.
        on_frame: Takes each frame and returns it, changed or not.
    """

    def __init__(self, source: Source, on_frame: Callable[[Frame], Frame]) -> None:
        self._source, self._on_frame = source, on_frame
        self.name, self.live = source.name, source.live

    @property
    def notice(self) -> str:
        """What the source underneath says about itself, at this moment."""
        return self._source.notice

    @notice.setter
    def notice(self, text: str) -> None:
        self._source.notice = text

    def open(self) -> None:
        """Open the source underneath."""
        self._source.open()
        self.name, self.live = self._source.name, self._source.live
        self.size_wh, self.fps, self.length_s = self._source.size_wh, self._source.fps, self._source.length_s

    def read(self) -> Frame | None:
        """The next frame, as the callable returns it."""
        frame = self._source.read()
        return None if frame is None else self._on_frame(frame)

    def close(self) -> None:
        """Close the source underneath."""
        self._source.close()


class SinkTap(Sink):
    """A sink whose every frame is also shown to a callable, after it was written.

    Args:
        sink: Where the frames go; opened and closed with the tap.
        on_frame: Called with each frame once the sink has taken it; reads its picture, never draws into it.
    """

    def __init__(self, sink: Sink, on_frame: Callable[[Frame], object]) -> None:
        self._sink, self._on_frame = sink, on_frame
        self.name, self.main_thread, self.closes_late = sink.name, sink.main_thread, sink.closes_late
        self.beside = sink.beside

    @property
    def notice(self) -> str:
        """What the sink underneath says about itself, at this moment."""
        return self._sink.notice

    @notice.setter
    def notice(self, text: str) -> None:
        self._sink.notice = text

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Open the sink underneath."""
        self._sink.open(size_wh, fps)

    def write(self, frame: Frame) -> None:
        """Write the frame, then show it to the callable."""
        self._sink.write(frame)
        self._on_frame(frame)

    def rest(self) -> None:
        """Let the sink underneath say that no frame comes."""
        self._sink.rest()

    def close(self) -> None:
        """Close the sink underneath."""
        self._sink.close()
