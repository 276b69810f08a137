"""The pictures of one piece of a film, and of the stretch before it."""

from __future__ import annotations

from collections.abc import Callable

import av
from av.video.frame import VideoFrame

from realtime.errors import SourceError
from realtime.film.order import Task
from realtime.frame import Frame
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.decoder import VideoDecoder
from realtime.timing import now_s


class PieceSource(Source):
    """Pictures from where a piece is warmed up to where it ends, each with the film's own time.

    `Frame.media_s` counts from the first picture of the film, whatever the piece, so that all that is smoothed over
    time goes by the same numbers. `time_stamp` turns it back.

    Attributes:
        failure: What ended the pictures before the piece does, where that was damage; empty otherwise.

    Args:
        task: Which piece.
        clock: Monotonic seconds.
    """

    live = False

    def __init__(self, task: Task, clock: Callable[[], float] = now_s) -> None:
        self.name = task.film
        self.failure = ""
        self._task, self._clock = task, clock
        self._decoder: VideoDecoder | None = None

    def open(self) -> None:
        """Open the film and find the place.

        Raises:
            SourceError: It is not there, or has no picture.
        """
        self.close()
        task = self._task
        self._decoder = self._wound()
        if self._decoder is None:
            # Not every container can be wound to a picture: then all before it is decoded, and thrown away.
            self._decoder = VideoDecoder(task.film, remote=False, threads=task.threads)
            self._ahead = self._decoder.next()
        self.size_wh, self.fps = task.picture.size_wh, task.picture.fps
        self._pool = FramePool(self.size_wh)
        self._index = 0
        self._last: int | None = None

    def read(self) -> Frame | None:
        """The next picture; None at the end of the piece.

        Raises:
            SourceError: The film cannot be read so far as before.
        """
        task = self._task
        while self._decoder is not None:
            coded, self._ahead = self._ahead or self._decoder.next(), None
            if coded is None:
                self._note_end(self._decoder)
                return None
            stamp = self._stamp(coded)
            if stamp >= task.piece.end and task.picture.stamped:
                return None
            if stamp >= task.warm:
                return self._frame(self._decoder, coded, stamp)
        return None

    def close(self) -> None:
        """Close the film."""
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.close()

    def _wound(self) -> VideoDecoder | None:
        """A decoder before whose first picture no picture is missing; None where the place cannot be found."""
        task = self._task
        if task.seek is None:
            return None
        try:
            decoder = VideoDecoder(task.film, remote=False, begin=task.seek, threads=task.threads)
        except (av.FFmpegError, SourceError):
            return None
        self._ahead = decoder.next()
        if self._ahead is not None and self._ahead.pts is not None and self._ahead.pts <= task.warm:
            return decoder
        decoder.close()
        return None

    def _note_end(self, decoder: VideoDecoder) -> None:
        """Tell a film that is damaged from one that cannot be read just now, of which nothing is to be left out."""
        picture = self._task.picture
        self.failure = decoder.failure
        if decoder.damaged:
            return
        short = picture.stamped and (decoder.read_to is None or decoder.read_to < picture.last)
        if short or (self.failure and not picture.breaks_off):
            raise SourceError(
                f"film {self.name}",
                wanted="to read on",
                got=self.failure or "an end where there was none before",
                next_step="see whether its disk or share is there; the same words again go on from here",
            )

    def _stamp(self, coded: VideoFrame) -> int:
        """A picture's time stamp: its own, or a frame after the one before; always growing."""
        picture = self._task.picture
        if coded.pts is not None:
            stamp = coded.pts
        elif self._last is None:
            stamp = picture.first
        else:
            stamp = self._last + max(1, round(1 / (picture.fps * float(picture.tick_s))))
        if self._last is not None:
            stamp = max(stamp, self._last + 1)
        self._last = stamp
        return stamp

    def _frame(self, decoder: VideoDecoder, coded: VideoFrame, stamp: int) -> Frame:
        buffer = self._pool.take()
        decoder.draw(coded, buffer)
        media_s = float((stamp - self._task.picture.first) * self._task.picture.tick_s)
        index = self._index
        self._index += 1
        return Frame(index=index, captured_s=self._clock(), media_s=media_s, image=buffer)


def time_stamp(task: Task, frame: Frame) -> int:
    """The time stamp that a frame of `PieceSource` had in the film, in ticks."""
    return round(frame.media_s / float(task.picture.tick_s)) + task.picture.first
