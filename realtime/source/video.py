"""A video file or a stream from an address."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from av.video.frame import VideoFrame

from realtime.errors import SourceError
from realtime.frame import Frame
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.decoder import VideoDecoder
from realtime.source.guard import ReadGuard
from realtime.source.media_time import MediaTime
from realtime.source.pacer import Pacer

_AGAIN_S = 3.0
"""A stream that is tried again may take so long to answer: less than whoever ends the run waits for."""


class VideoSource(Source):
    """A film, as fast as it decodes or at its own rate, or a live stream.

    A file that breaks off ends there as if it were shorter, and `notice` says so. A film that comes from an address and
    breaks off is an error. A live stream that does, or falls silent, is waited for as a camera is that was pulled out.

    What a live stream sends is given at once, however fast it comes: the loop keeps the newest, so that what piled up
    on the way makes nothing late.

    Attributes:
        notice: One line about what is played; after a break, where that was.
        losses: How often a live stream broke off since `open`.

    Args:
        address: A path, or a URL that FFmpeg knows (http, rtsp, udp, ...), which is always live.
        loop: Play a file again from its beginning, without end; indices and media time go on.
        paced: Play a file at its own rate, as if it were a camera.
        clock: Monotonic seconds.
        retry_s: How long to wait between two tries to get a stream back.
    """

    def __init__(
        self,
        address: str | Path,
        *,
        loop: bool = False,
        paced: bool = False,
        clock: Callable[[], float] = time.monotonic,
        retry_s: float = 0.5,
    ) -> None:
        self.name = str(address)
        self.live = paced or self._remote
        self.notice = ""
        self._loop = loop
        self._clock, self._retry_s = clock, retry_s
        self.losses = 0
        self._guard = ReadGuard(self._release)
        self._decoder: VideoDecoder | None = None

    @property
    def _remote(self) -> bool:
        return "://" in self.name

    def open(self) -> None:
        """Open the file or address and decode the first picture.

        Raises:
            SourceError: It is not there, is no film, or has no picture.
        """
        self.close()
        decoder = self._decoder = VideoDecoder(self.name, remote=self._remote)
        self.size_wh, self.fps = decoder.size_wh, decoder.fps
        self.length_s = None if self._loop else decoder.length_s
        self.notice = f"video {self.name}: {self.size_wh[0]}x{self.size_wh[1]} at {self.fps:g} fps"
        self._pool = FramePool(self.size_wh)
        self._media_time = MediaTime(self.fps)
        # What a live stream sends is due when it comes; waiting would only add to its age.
        paced = self.live and (decoder.paced_by_stamps or not self._remote)
        self._pacer = Pacer(self._guard.wait, self._clock) if paced else None
        self._endless = self._remote and decoder.length_s is None
        self._index = self.losses = 0
        self._guard.arm()

    def read(self) -> Frame | None:
        """The next picture; None at the end of the film, and after `close`.

        Raises:
            SourceError: A film from an address broke off, or a looped file is gone.
        """
        with self._guard.reading():
            if self._decoder is None:
                return None
            coded = self._decoder.next()
            if coded is None and self._endless:
                coded = self._regain(self._decoder)
            elif coded is None:
                self._note_break(self._decoder)
                coded = self._first_again() if self._loop and not self._remote else None
            return None if coded is None else self._frame(coded)

    def close(self) -> None:
        """Close the file or connection, and end a `read` that waits."""
        self._guard.close()

    def _frame(self, coded: VideoFrame) -> Frame | None:
        decoder = self._decoder
        assert decoder is not None
        stamp_s = None if coded.pts is None else coded.time
        if self._endless and not decoder.stamped:
            stamp_s = self._clock()
        media_s = self._media_time(stamp_s)
        buffer = self._pool.take()
        decoder.draw(coded, buffer)
        if self._pacer is not None and not self._pacer.wait_until(media_s):
            return None
        index = self._index
        self._index += 1
        return Frame(index=index, captured_s=self._clock(), media_s=media_s, image=buffer)

    def _regain(self, lost: VideoDecoder) -> VideoFrame | None:
        """Open a live stream again and again until it is back; None where it was closed meanwhile."""
        since_s = self._clock()
        why = f" ({lost.failure})" if lost.failure else ""
        self._release()
        self.losses += 1
        self.notice = f"stream {self.name}: broke off{why}; waiting for it to come back"
        while not self._guard.closed:
            try:
                decoder = VideoDecoder(self.name, remote=True, open_s=_AGAIN_S)
            except SourceError:
                self._guard.wait(self._retry_s)
                continue
            self._decoder = decoder
            self._media_time.begin_again(self._clock() - since_s)
            self.notice = f"stream {self.name}: back again"
            return decoder.next()
        return None

    def _note_break(self, decoder: VideoDecoder) -> None:
        """Say where the film ended, if that is not where it ends.

        Raises:
            SourceError: It is a stream, which is not to end by itself.
        """
        if not decoder.broke_off:
            return
        of_all = f" of {decoder.length_s:.1f} s" if decoder.length_s is not None else ""
        why = f" ({decoder.failure})" if decoder.failure else ""
        where = f"broke off at {decoder.reached_s:.1f} s{of_all}{why}"
        if self._remote:
            raise SourceError(f"stream {self.name}", got=f"a stream that {where}", next_step="start it again")
        self.notice = f"video {self.name}: {where}; the pictures up to there were used"

    def _first_again(self) -> VideoFrame | None:
        """The first picture once more. The file is opened anew: not every format can be wound back."""
        self._release()
        self._decoder = VideoDecoder(self.name, remote=False)
        self._media_time.begin_again()
        return self._decoder.next()

    def _release(self) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.close()
