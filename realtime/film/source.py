"""The pictures of one piece of a film, and of the stretch before it."""

from __future__ import annotations

from collections.abc import Callable

from av.video.frame import VideoFrame

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
        failure: What ended the pictures before the piece does, where that was an error; empty otherwise.

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
        self._decoder = VideoDecoder(task.film, remote=False, begin=task.seek, threads=task.threads)
        self._ahead = self._decoder.next()
        if task.seek is not None and not self._found(self._ahead):
            # Not every container can be wound to a picture: then all before it is decoded, and thrown away.
            self._decoder.close()
            self._decoder = VideoDecoder(task.film, remote=False, threads=task.threads)
            self._ahead = self._decoder.next()
        self.size_wh, self.fps = task.picture.size_wh, task.picture.fps
        self._pool = FramePool(self.size_wh)
        self._index = 0
        self._last: int | None = None

    def read(self) -> Frame | None:
        """The next picture; None at the end of the piece."""
        task = self._task
        while self._decoder is not None:
            coded, self._ahead = self._ahead or self._decoder.next(), None
            if coded is None:
                self.failure = self._decoder.failure
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

    def _found(self, coded: VideoFrame | None) -> bool:
        return coded is not None and coded.pts is not None and coded.pts <= self._task.warm

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
