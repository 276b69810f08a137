"""A video's pictures, one after the other, through PyAV."""

from __future__ import annotations

import errno
from collections.abc import Generator
from urllib.parse import urlsplit

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from realtime.errors import SourceError
from realtime.frame import BgrImage
from realtime.source.upright import QUARTER_TURNS, UprightPictures, turn_of

_SANE_FPS = (0.1, 1000.0)  # some streams give the tick rate of their clock, 90000, for a frame rate
_UNKNOWN_FPS = 30.0
_MISSING_S = 0.5  # a film may end this much before the end that it names and still be whole
_REMOTE_OPTIONS = {"rtsp_transport": "tcp"}  # by UDP, lost packets smear faces; other protocols pass over it
OPEN_S = 10.0
_READ_S, _READ_PIECES_S = 3.0, 10.0
"""So long without a packet a stream has broken off; one that comes in pieces is silent between them."""
_UNSTAMPED = {"mpjpeg", "mjpeg", "h264", "hevc"}  # their times are counted, as if 25 came in a second
_STAMPED_THOUGH_ENDLESS = {"hls", "dash"}  # come in pieces of seconds: only their stamps keep the pace
_TEXT_FORMATS = {"tty"}  # FFmpeg would show a text file as a film of its letters
MOST_PIXELS = 8192 * 8192
_FILE_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "flv", "live_flv", "asf", "ogg", "mxf", "gif"),
    *("apng", "h261", "h263", "h264", "hevc", "vc1", "av1", "obu", "ivf", "dv", "nut", "wtv", "rm", "gxf", "nsv"),
    *("amv", "dhav", "yuv4mpegpipe", "mjpeg", "smjpeg", "mpjpeg"),
    *("wav", "mp3", "flac", "aac"),  # so that sound is told from what is nothing
)
"""What holds its pictures itself. Playlists and scripts (hls, dash, concat) would have other files read."""
_LOCAL_OPTIONS = {"format_whitelist": ",".join(_FILE_FORMATS)}
_BOUNDS = {"max_pixels": str(MOST_PIXELS)}
"""Held by each decoder before it makes room for a picture; FFmpeg's own bound is 2**31."""
_REFUSED = f"a picture that makes no sense, or is of more than {MOST_PIXELS // 10**6} megapixels"
_OF_DATA = {errno.EINVAL, errno.ERANGE, errno.EDOM, errno.ENOSYS}  # said by decoders of what they are given
_WIDE = 7680 * 4320
"""Above this each thread's own picture in the making is too much; threads share one."""


class VideoDecoder:
    """One pass over the pictures of a file or address.

    Attributes:
        size_wh: Width and height of the upright pictures, from the first one.
        fps: Frames a second on average, as well as the film knows.
        length_s: How long the film says it is; None where it does not say.
        stamped: Whether its pictures carry times that mean something.
        paced_by_stamps: Whether the film could be read faster than it is to be shown.
        first_stamp_s: Time stamp of the first picture; None where it has none.
        reached_s: How far the pictures given so far go.
        read_to: The latest time stamp that was read, in ticks of the stream, also of what cannot be decoded.
        failure: What ended them, where that was an error; empty otherwise.
        damaged: Whether that came of what the film holds, not of reading it or of this machine.

    Args:
        address: A path or URL.
        remote: Whether it is a URL, which may stall.
        open_s: How long a URL may take to answer.
        begin: Time stamp, in ticks of the stream, of a key frame to begin at, or one before it; by default the first
            picture of all.
        threads: For decoding and for the way to BGR; 0 is FFmpeg's own choice.

    Raises:
        SourceError: It cannot be opened, or there is no picture in it.
    """

    def __init__(
        self, address: str, *, remote: bool, open_s: float = OPEN_S, begin: int | None = None, threads: int = 0
    ) -> None:
        self._address, self._remote, self._open_s = address, remote, open_s
        self._ahead: VideoFrame | None = None
        self._upright = UprightPictures(threads)
        self.first_stamp_s: float | None = None
        self.reached_s = 0.0
        self.read_to: int | None = None
        self.failure, self.damaged = "", False
        self._silent_since_opening = True
        self._container = self._opened(remote, open_s)
        self._silent_since_opening = False
        try:
            self._stream = self._video_stream()
            if not remote:  # more threads hold more frames back, which a live stream cannot afford
                wide = self._stream.width * self._stream.height > _WIDE
                self._stream.thread_type = ThreadType.SLICE if wide else ThreadType.AUTO
                self._stream.codec_context.thread_count = threads
            if begin is not None:
                self._container.seek(begin, stream=self._stream)
            self._frames = self._decoded()
            first = self._ahead = self.next()
            if first is None:
                raise self._refusal(self.failure or "a film without pictures")
        except BaseException:
            self._container.close()
            raise
        turned = turn_of(first) in QUARTER_TURNS
        self.size_wh = (first.height, first.width) if turned else (first.width, first.height)
        self.fps = _fps(self._stream)
        self.length_s = _length_s(self._container, self._stream)
        formats = set(self._container.format.name.split(","))
        self.stamped = not formats & _UNSTAMPED
        self.paced_by_stamps = self.length_s is not None or bool(formats & _STAMPED_THOUGH_ENDLESS)

    @property
    def broke_off(self) -> bool:
        """Whether the pictures, once `next` gives no more, ended before the film does."""
        short = self.length_s is not None and self.length_s - self.reached_s > _MISSING_S
        return bool(self.failure) or short

    def next(self) -> VideoFrame | None:
        """The next picture as it was coded, or None at the end, which may not be the film's (`broke_off`)."""
        if self._ahead is not None:
            frame, self._ahead = self._ahead, None
            return frame
        try:
            coded = next(self._frames, None)
        except av.FFmpegError as error:
            refused = isinstance(error, av.error.ArgumentError)  # which is how the bound on pixels is told, too
            self.failure = _REFUSED if refused else self._said(error)
            return None
        if coded is not None:
            self._note_reach(coded)
        return coded

    def draw(self, frame: VideoFrame, into: BgrImage) -> None:
        """Put a picture, upright and in BGR, into a buffer; scaled where the film changes its size midway."""
        self._upright(frame, into)

    def close(self) -> None:
        """Close the file or connection."""
        self._ahead = None
        self._frames.close()
        self._container.close()

    def _note_reach(self, coded: VideoFrame) -> None:
        if coded.pts is None or coded.time_base is None:
            return
        if self.first_stamp_s is None:
            self.first_stamp_s = coded.time
        end_s = coded.time - self.first_stamp_s + float((coded.duration or 0) * coded.time_base)
        self.reached_s = max(self.reached_s, end_s)

    def _opened(self, remote: bool, open_s: float) -> InputContainer:
        try:
            container = _open_remote(self._address, open_s) if remote else open_film(self._address)
        except av.FFmpegError as error:
            another = isinstance(error, av.error.ArgumentError)
            got = "a playlist, a script, or another kind of file" if another and not remote else self._said(error)
            raise self._refusal(got) from error
        if container.format.name in _TEXT_FORMATS:
            container.close()
            raise self._refusal("a text file")
        return container

    def _video_stream(self) -> VideoStream:
        """The first stream of moving pictures that can be decoded (not the cover of a song)."""
        films = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not films:
            raise self._refusal("no moving pictures in it")
        if films[0].codec_context is None:
            raise self._refusal("pictures in a coding that FFmpeg does not know")
        films[0].codec_context.options = _BOUNDS  # those of the container are for its own look at the pictures
        return films[0]

    def _decoded(self) -> Generator[VideoFrame, None, None]:
        for packet in self._container.demux(self._stream):
            if packet.pts is not None:
                self.read_to = max(packet.pts, self.read_to or packet.pts)
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:  # a spoilt packet; the pictures after it may be whole
                continue
            except av.FFmpegError as error:
                self.damaged = not of_this_machine(error)
                raise
            yield from frames

    def _said(self, error: av.FFmpegError) -> str:
        """An error in words; FFmpeg says of a time that is over that it was asked to leave at once."""
        if isinstance(error, av.error.ExitError):
            return f"nothing in {self._open_s if self._silent_since_opening else _read_s(self._address):g} seconds"
        return error.strerror or str(error)

    def _refusal(self, got: str) -> SourceError:
        if self._remote:
            return SourceError(
                f"stream {self._address}",
                wanted="pictures",
                got=got,
                next_step="check the address, that the sender sends there, and that no firewall stands between",
            )
        return SourceError(
            f"video {self._address}",
            wanted="a film that FFmpeg can read",
            got=got,
            next_step="check the path or address, and play it elsewhere to see whether it is whole",
        )


def of_this_machine(error: av.FFmpegError) -> bool:
    """Whether an error is one of memory, disk or network, and says nothing about what the film holds."""
    return error.errno in errno.errorcode and error.errno not in _OF_DATA


def open_film(path: str) -> InputContainer:
    """Open a file that holds its pictures and sound itself; the caller closes it.

    Raises:
        FFmpegError: It cannot be opened, or is of no such kind.
    """
    return av.open(
        f"file:{path}",  # or a name might be taken for a protocol
        options={**_BOUNDS, **_LOCAL_OPTIONS},
        metadata_errors="replace",
    )


def _open_remote(address: str, open_s: float) -> InputContainer:
    options = {**_BOUNDS, **_REMOTE_OPTIONS}
    return av.open(address, options=options, timeout=(open_s, _read_s(address)), metadata_errors="replace")


def _read_s(address: str) -> float:
    in_pieces = urlsplit(address).path.lower().endswith((".m3u8", ".mpd"))
    return _READ_PIECES_S if in_pieces else _READ_S


def _fps(stream: VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and _SANE_FPS[0] <= float(rate) <= _SANE_FPS[1]:
            return float(rate)
    return _UNKNOWN_FPS


def _length_s(container: InputContainer, stream: VideoStream) -> float | None:
    """The shortest claim: sound may outlast the film, and an edit may show less than the file holds."""
    claims = []
    if stream.duration is not None and stream.time_base is not None:
        claims.append(float(stream.duration * stream.time_base))
    if container.duration is not None and (claims or len(container.streams) == 1):
        claims.append(container.duration / av.time_base)
    return min(claims, default=None)
