"""A live stream for players and OBS: MPEG-TS with H.264, over whatever link leads to those who watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import av

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.heartbeat import Heartbeat
from realtime.sink.link import Link
from realtime.sink.stream_clock import StreamClock
from realtime.sink.transport_stream import TransportStream, Writer
from realtime.sink.yuv import compile_yuv420

_LAST_SLATES = 8
"""At the end: players show a picture only when others have come after it."""
_HUNG_S = 2.0


class MpegTsSink(Sink):
    """Frames as a live stream. Where nobody can be reached they are passed over, and the loop goes on.

    Before the first frame, after the last, and where none comes for a while, those who watch see a slate. Where frames
    come slower than was announced, the last picture is sent again: OBS adds any pause that it meets to its delay, and
    keeps it for as long as it plays.

    Attributes:
        frames: How many were sent since `open`; slates and repeated ones do not count.

    Args:
        link: Leads to those who watch.
        clock: Monotonic seconds.
    """

    def __init__(self, link: Link, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = link.name
        self.frames = 0
        self._link, self._clock = link, clock
        self._busy = threading.Lock()
        self._slate: BgrImage | None = None
        self._target: str | Writer | None = None
        self._stream: TransportStream | None = None
        self._heartbeat: Heartbeat | None = None

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
        compile_yuv420()  # or the first viewer to come would hold up all others
        self._link.open()
        self._slate = draw_slate(size_wh)
        self.rest()
        self._heartbeat = Heartbeat(self._repeat, after_s=1.5 / fps, every_s=1 / fps)
        self._heartbeat.start()

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
            if not self._reaches_somebody():
                return
            shown_s = self._times.frame(frame.media_s, self._clock())
            if shown_s is not None and self._heartbeat is not None:
                self._heartbeat.happened()
                self.frames += self._send(lambda stream: stream.write(frame.image, shown_s))

    def rest(self) -> None:
        """Show the slate, until a frame comes."""
        with self._busy:
            if self._slate is not None and self._reaches_somebody():
                self._show_slate()

    def close(self) -> None:
        """End on the slate, and let the link go.

        Raises:
            SinkError: A frame is still being sent, and does not come to an end.
        """
        heartbeat, self._heartbeat = self._heartbeat, None
        if heartbeat is not None:
            heartbeat.stop(_HUNG_S)
        if not self._busy.acquire(timeout=_HUNG_S):
            # FFmpeg crashes when a stream is closed under a running write.
            self._link.close()
            raise SinkError(f"stream {self.name}", got="a network that does not answer")
        try:
            if self._slate is not None and self._reaches_somebody():
                for _ in range(_LAST_SLATES):
                    self._show_slate()
            self._slate = None
            self._end()
        finally:
            self._busy.release()
            self._link.close()

    def _repeat(self) -> None:
        with self._busy:
            if self._slate is not None and self._reaches_somebody():
                again_s = self._times.again(self._clock())
                self._send(lambda stream: stream.repeat(again_s))

    def _show_slate(self) -> None:
        slate = self._slate
        assert slate is not None
        again_s = self._times.again(self._clock())
        self._send(lambda stream: stream.write(slate, again_s))

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
        self._show_slate()

    def _send(self, write: Callable[[TransportStream], None]) -> bool:
        """Whether it went off."""
        if self._stream is None:
            return False
        try:
            write(self._stream)
            self._link.sent()
        except (av.FFmpegError, OSError) as error:
            self._end()
            self._link.failed(error)
            return False
        return True

    def _end(self) -> None:
        stream, self._stream, self._target = self._stream, None, None
        if stream is not None:
            stream.close()
