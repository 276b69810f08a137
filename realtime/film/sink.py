"""One piece, coded."""

from __future__ import annotations

import contextlib
import errno
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from realtime.errors import SinkError
from realtime.film.order import Task
from realtime.film.source import time_stamp
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.even import EvenPicture

PIECE_FORMAT = "nut"
"""Keeps whatever time base, where Matroska rounds to milliseconds."""
_PRESET = "veryfast"
_ROUNDED = Interpolation.BILINEAR | Interpolation.ACCURATE_RND  # else every colour ends 1 to 3 levels darker
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_LIMITED = 1


class PieceSink(Sink):
    """H.264 at the film's own time stamps, in the film's own colours. What was warmed up with is left out.

    There are no B-frames: they would save about a tenth of the size, and put the order in which pictures are stored
    across the cuts between pieces.

    Attributes:
        frames: How many were coded since `open`.

    Args:
        task: Which piece.
        path: The file; one that is there is replaced.
    """

    def __init__(self, task: Task, path: Path) -> None:
        self.name = str(path)
        self.frames = 0
        self._task, self._path = task, path
        self._container: OutputContainer | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Create the file and the encoder.

        Raises:
            SinkError: The file cannot be made.
        """
        self.close()
        self._evened = EvenPicture(size_wh)
        self._reformatter = VideoReformatter()
        self.frames = 0
        try:
            self._container = av.open(
                f"file:{self.name}", "w", format=PIECE_FORMAT
            )  # or a name is taken for a protocol
            self._stream = self._add_stream(self._container, size_wh, fps)
            self._container.start_encoding()
        except (av.FFmpegError, OSError, ValueError) as error:
            self._abandon()
            raise self._broken(error) from error

    def write(self, frame: Frame) -> None:
        """Code a frame, if it belongs to the piece.

        Raises:
            SinkError: The disk is full or gone.
        """
        stamp = time_stamp(self._task, frame)
        if stamp < self._task.piece.start:
            return
        if self._container is None:
            raise SinkError(f"piece {self.name}", got="a frame while it was not open")
        picture = self._encodable(frame.image)
        picture.pts, picture.time_base = stamp, self._task.picture.tick_s
        try:
            self._container.mux(self._stream.encode(picture))
        except (av.FFmpegError, OSError) as error:
            self._abandon()
            raise self._broken(error) from error
        self.frames += 1

    def close(self) -> None:
        """Write what the encoder still holds, and finish the file.

        Raises:
            SinkError: The end could not be written.
        """
        if self._container is None:
            return
        try:
            if self.frames:  # FFmpeg's x264 crashes when it is emptied before it was filled
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise self._broken(error) from error
        finally:
            self._abandon()

    def _add_stream(self, container: OutputContainer, size_wh: tuple[int, int], fps: float) -> VideoStream:
        picture, wishes = self._task.picture, self._task.wishes
        options = {"preset": _PRESET, "crf": str(wishes.quality), "bf": "0"}
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=options)
        stream.width, stream.height = EvenPicture(size_wh).size_wh
        stream.pix_fmt = picture.pixels
        stream.time_base = picture.tick_s
        coder = stream.codec_context
        coder.time_base = picture.tick_s
        coder.thread_count = 1  # another number would be another file
        colour = picture.colour
        coder.colorspace, coder.color_range = colour.matrix, colour.range or _LIMITED
        coder.color_primaries, coder.color_trc = colour.primaries, colour.transfer
        if picture.aspect:
            coder.sample_aspect_ratio = Fraction(*picture.aspect)
        return stream

    def _encodable(self, image: BgrImage) -> VideoFrame:
        """The picture as the encoder takes it: even sides, in the film's own colours."""
        bgr = VideoFrame.from_numpy_buffer(np.ascontiguousarray(self._evened(image)), format="bgr24")
        colour = self._task.picture.colour
        return self._reformatter.reformat(
            bgr,
            format=self._task.picture.pixels,
            dst_colorspace=colour.matrix,
            dst_color_range=colour.range or _LIMITED,
            interpolation=_ROUNDED,
            threads=self._task.threads,
        )

    def _abandon(self) -> None:
        """Let file and encoder go; an error on that way is one that was told already."""
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(av.FFmpegError, OSError):
                container.close()

    def _broken(self, error: Exception) -> SinkError:
        return broken(f"piece {self.name}", error)


def broken(what: str, error: Exception) -> SinkError:
    """What a user is told of a file that cannot be written; what is finished stays."""
    full = getattr(error, "errno", None) in _DISK_FULL
    return SinkError(
        what,
        wanted="a file that can be written",
        got="a full disk" if full else getattr(error, "strerror", None) or str(error),
        next_step=f"{'free some space' if full else 'see to it'} and give the same words again: it goes on from here",
    )
