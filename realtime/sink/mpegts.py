"""A live stream for players and OBS: MPEG-TS with H.264, over whatever link leads to those who watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import av

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.link import Link
from realtime.sink.stream_clock import StreamClock
from realtime.sink.transport_stream import TransportStream, Writer

_SLATES = 8
"""So many at a time: players show a picture only when others have come after it."""
_HUNG_S = 2.0


class MpegTsSink(Sink):
    """Frames as a live stream. Where nobody can be reached they are passed over, and the loop goes on.

    Before the first frame, after the last, and where none comes for a while, those who watch see a slate.

    Attributes:
        frames: How many were sent since `open`, slates too.

    Args:
        link: Leads to those who watch.
        clock: Monotonic seconds.
    """

    paced = True

    def __init__(self, link: Link, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = link.name
        self.frames = 0
        self._link, self._clock = link, clock
        self._busy = threading.Lock()
        self._slate: BgrImage | None = None
        self._target: str | Writer | None = None
        self._stream: TransportStream | None = None

    @property
    def notice(self) -> str:
        """What the link says about itself."""
        return self._link.notice

    @notice.setter
    def notice(self, text: str) -> None:
        self._link.notice = text

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Open the link, and show the slate.

        Raises:
            SinkError: The link cannot be had; says how to mend it.
        """
        self.close()
        self._size_wh, self._fps, self.frames = size_wh, fps, 0
        self._link.open()
        self._slate = draw_slate(size_wh)
        # One only: who is there already would take a burst for the pace of the stream, and stay behind.
        self._show_slate(1)

    def write(self, frame: Frame) -> None:
        """Send a frame, to be shown at its media time.

        Raises:
            SinkError: It is not open, or the frame has another size than was announced.
        """
        with self._busy:
            if self._slate is None:
                raise SinkError(f"stream {self.name}", got="a frame while it was not open")
            if frame.size_wh != self._size_wh:
                wanted, got = (f"{w}x{h}" for w, h in (self._size_wh, frame.size_wh))
                raise SinkError(f"stream {self.name}", wanted=f"frames of {wanted}", got=got)
            if self._reaches_somebody():
                shown_s = self._times.frame(frame.media_s, self._clock())
                self._send(frame.image, [] if shown_s is None else [shown_s])

    def rest(self) -> None:
        """Show the slate."""
        with self._busy:
            self._show_slate(_SLATES)

    def close(self) -> None:
        """End on the slate, and let the link go.

        Raises:
            SinkError: A frame is still being sent, and does not come to an end.
        """
        if not self._busy.acquire(timeout=_HUNG_S):
            # FFmpeg crashes when a stream is closed under a running write.
            raise SinkError(f"stream {self.name}", got="a network that does not answer")
        try:
            self._show_slate(_SLATES)
            self._slate = None
            self._end()
        finally:
            self._busy.release()
            self._link.close()

    def _show_slate(self, count: int) -> None:
        if self._slate is not None and self._reaches_somebody():
            self._send(self._slate, self._times.slates(count, self._clock()))

    def _reaches_somebody(self) -> bool:
        """Whether a picture can be sent now; begins a stream where there is a new target."""
        target = self._link.target()
        if target is not self._target:
            self._end()
            if target is not None:
                self._begin(target)
        return self._stream is not None and self._link.ready

    def _begin(self, target: str | Writer) -> None:
        try:
            self._stream = TransportStream(target, self._size_wh, self._fps)
        except (av.FFmpegError, OSError, ValueError) as error:
            self._link.failed(error)
            return
        self._target = target
        self._times = StreamClock(self._fps)

    def _send(self, image: BgrImage, times_s: Sequence[float]) -> None:
        assert self._stream is not None
        try:
            for shown_s in times_s:
                self._stream.write(image, shown_s)
                self.frames += 1
                self._link.sent()
        except (av.FFmpegError, OSError) as error:
            self._end()
            self._link.failed(error)

    def _end(self) -> None:
        stream, self._stream, self._target = self._stream, None, None
        if stream is not None:
            stream.close()
