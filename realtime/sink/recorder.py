"""A recording on disk."""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.frame import PictureType

from realtime.cores import cores
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.sink.h264 import TICKS_PER_S, EncoderPicture, add_h264
from realtime.sound.base import Sound
from realtime.sound.track import SoundTrack
from realtime.timing import now_s

_CRASH_SAFE_MP4 = {
    # Written in fragments that each play by themselves; turned into an ordinary file only once it is whole.
    # Without empty_moov FFmpeg crashes on closing a file without frames.
    "movflags": "hybrid_fragmented+empty_moov+frag_keyframe+default_base_moof",
    "frag_duration": "500000",
    "flush_packets": "1",
}
CONTAINERS: Mapping[str, Mapping[str, str]] = {
    ".mp4": _CRASH_SAFE_MP4,
    ".mov": _CRASH_SAFE_MP4,
    ".mkv": {"cluster_time_limit": "500", "flush_packets": "1"},
}
"""File extensions and what FFmpeg's muxer is told, so that half a file plays."""

_ENCODER = {
    "preset": "veryfast",
    "crf": "20",
    # No B-frames, which would put the first picture after time 0 in a fragmented file, and no frames held
    # back for a look ahead, which a crash would lose.
    "tune": "zerolatency",
    "forced-idr": "1",
}
_KEY_EVERY_S = 2.0
_HUNG_S = 2.0
_STILL_PLAYS = "what was recorded up to there plays"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class RecorderSink(Sink):
    """H.264 in .mp4, .mov or .mkv; the times of the frames are kept, whatever their rate.

    Whatever goes wrong on the way (disk full, program killed), the file plays up to shortly before that.

    Attributes:
        frames: How many were recorded since `open`.
        notice: One line about where the recording is.

    Args:
        path: The file; its extension chooses the container. An existing file is replaced.
        threads: Threads of the encoder; half of the cores, up to four, where left out.
        sound: What is heard beside the pictures; a silent film where left out.
        clock: Monotonic seconds, the clock of `Frame.captured_s`.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        sound: Sound | None = None,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self.name = str(path)
        self.notice = ""
        self.frames = 0
        self._path = path
        self._threads = threads or max(1, min(4, cores() // 2))
        self._sound, self._clock = sound, clock
        self._busy = threading.Lock()
        self._container: OutputContainer | None = None
        self._track: SoundTrack | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Create the file and the encoder.

        Raises:
            SinkError: The extension is unknown, or the file cannot be made.
            SoundError: There is no sound to be had where some was wanted.
        """
        self.close()
        options = CONTAINERS.get(self._path.suffix.lower())
        if options is None:
            raise SinkError(
                f"recording {self.name}",
                wanted=f"a file that ends in {', '.join(CONTAINERS)}",
                got=self._path.suffix or "no extension",
            )
        self._size_wh = size_wh
        self._first_s: float | None = None
        self._last_ticks, self._key_ticks = -1, 0
        self._encodable = EncoderPicture(size_wh)
        self.frames = 0
        self._frame_s, self._end_s = 1.0 / fps, 0.0
        self._start(dict(options), fps)
        self.notice = f"recording: {self.name}{f', with the sound of {self._sound.name}' if self._sound else ''}"

    def write(self, frame: Frame) -> None:
        """Encode a frame at its media time.

        Raises:
            SinkError: The disk is full or gone, or the frame has another size than was announced.
        """
        with self._busy:
            self._write(frame)

    def rest(self) -> None:
        """Sound goes on while no picture comes.

        Raises:
            SinkError: As for `write`.
        """
        with self._busy:
            if self._track is None:
                return
            try:
                self._track.rest(self._clock())
            except av.FFmpegError as error:
                self._abandon()
                raise self._broken(error) from error

    def close(self) -> None:
        """Write what the encoder still holds, and finish the file.

        Raises:
            SinkError: The end could not be written; the file plays up to there.
        """
        if not self._busy.acquire(timeout=_HUNG_S):
            # FFmpeg crashes when a file is closed under a running write.
            raise SinkError(f"recording {self.name}", got="a disk that does not answer", next_step=_STILL_PLAYS)
        try:
            self._finish()
        finally:
            self._busy.release()

    def _write(self, frame: Frame) -> None:
        if self._container is None:
            raise SinkError(f"recording {self.name}", got="a frame while it was not open")
        if frame.size_wh != self._size_wh:
            wanted, got = (f"{w}x{h}" for w, h in (self._size_wh, frame.size_wh))
            raise SinkError(f"recording {self.name}", wanted=f"frames of {wanted}", got=got)
        ticks = self._ticks(frame.media_s)
        picture = self._encodable(frame.image, ticks)
        if ticks - self._key_ticks >= _KEY_EVERY_S * TICKS_PER_S:
            # By time, not by count: a live source may give fewer frames than it announced.
            picture.pict_type, self._key_ticks = PictureType.I, ticks
        try:
            self._container.mux(self._stream.encode(picture))
            if self._track is not None:
                self._track.follow(frame.captured_s, ticks / TICKS_PER_S, frame.media_s)
        except av.FFmpegError as error:
            self._abandon()
            raise self._broken(error) from error
        self.frames += 1
        self._end_s = ticks / TICKS_PER_S + self._frame_s

    def _finish(self) -> None:
        if self._container is None:
            return
        try:
            self._container.mux(self._stream.encode(None))
            if self._track is not None:
                self._track.finish(self._end_s)
            self._container.close()
        except av.FFmpegError as error:
            raise self._broken(error) from error
        finally:
            self._abandon()

    def _start(self, options: dict[str, str], fps: float) -> None:
        """Open the file and the encoder, or neither."""
        feed = self._sound.listen() if self._sound is not None else None  # first: else a file is lost for nothing
        try:
            self._container = av.open(f"file:{self._path}", "w", options=options)  # or a name is taken for a protocol
            self._stream = add_h264(self._container, self._size_wh, fps, _ENCODER, self._threads)
            if feed is not None:
                self._track = SoundTrack(self._container, feed)
            self._container.start_encoding()
        except (av.FFmpegError, OSError, ValueError) as error:
            if feed is not None:
                feed.close()
            self._abandon()
            raise SinkError(
                f"recording {self.name}",
                wanted="a file that can be written",
                got=getattr(error, "strerror", None) or str(error),
                next_step="check the folder, its free space and your permission, or choose another path",
            ) from error

    def _ticks(self, media_s: float) -> int:
        """The frame's time stamp: from the first frame on, always growing."""
        if self._first_s is None:
            self._first_s = media_s
        self._last_ticks = max(round((media_s - self._first_s) * TICKS_PER_S), self._last_ticks + 1)
        return self._last_ticks

    def _abandon(self) -> None:
        """Let file and encoder go; an error on that way is one that was told already."""
        track, self._track = self._track, None
        if track is not None:
            track.close()
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(av.FFmpegError):
                container.close()

    def _broken(self, error: av.FFmpegError) -> SinkError:
        full = error.errno in _DISK_FULL
        return SinkError(
            f"recording {self.name}",
            got=f"{'a full disk' if full else error.strerror} after {self.frames} frames",
            next_step=f"{'free some space' if full else 'record elsewhere'}; {_STILL_PLAYS}",
        )
