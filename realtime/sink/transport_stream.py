"""Pictures as an MPEG transport stream with H.264, made for the least delay."""

from __future__ import annotations

import contextlib
from typing import Protocol

import av
from av.video.frame import PictureType, VideoFrame

from realtime.cores import cores
from realtime.frame import BgrImage
from realtime.sink.h264 import TICKS_PER_S, EncoderPicture, add_h264

_MUXER = {
    "flush_packets": "1",
    "max_delay": "0",
    # With its length said in the packet a player need not wait for the next one to know that it is whole.
    "omit_video_pes_length": "0",
}
_ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "crf": "21", "forced-idr": "1"}
_KEY_EVERY_S = 1.0
_MOST_BITS_PER_PIXEL = 0.25
_BUFFER_S = 0.5
"""Over so long the rate is held: a key frame of half a second's bits still passes a receiver's socket buffer."""


class Writer(Protocol):
    """What takes a stream's bytes."""

    def write(self, data: bytes, /) -> int: ...  # noqa: D102


class TransportStream:
    """One stream, from its first key frame on.

    Args:
        target: Where the bytes go: an address that FFmpeg knows, or what takes them.
        size_wh: Width and height of the pictures.
        fps: The rate that is announced.

    Raises:
        av.FFmpegError: The target or the encoder cannot be had.
    """

    def __init__(self, target: str | Writer, size_wh: tuple[int, int], fps: float) -> None:
        rate = str(int(size_wh[0] * size_wh[1] * fps * _MOST_BITS_PER_PIXEL) + 100_000)
        options = _ENCODER | {"maxrate": rate, "bufsize": str(int(int(rate) * _BUFFER_S))}
        self._encodable = EncoderPicture(size_wh)
        self._container = av.open(target, "w", format="mpegts", options=dict(_MUXER))
        self._key_s, self._last_ticks = 0.0, -1
        self._picture: VideoFrame | None = None
        try:
            self._container.metadata["service_name"] = self._container.metadata["service_provider"] = "Thespis"
            threads = max(1, min(4, cores() // 2))
            self._stream = add_h264(self._container, size_wh, fps, options, threads)
            self._container.start_encoding()
        except BaseException:
            self.close()
            raise

    def write(self, image: BgrImage, stream_s: float) -> None:
        """Encode a picture, (H, W, 3) uint8 BGR, and hand its bytes on.

        Args:
            image: Read only.
            stream_s: When it is to be shown, in seconds since the first; more than the one before.

        Raises:
            av.FFmpegError: The target takes no more.
        """
        self._picture = self._encodable(image, 0)
        self.repeat(stream_s)

    def repeat(self, stream_s: float) -> None:
        """Show the last picture once more, which costs next to nothing.

        Args:
            stream_s: As for `write`.

        Raises:
            av.FFmpegError: The target takes no more.
        """
        picture = self._picture
        if picture is None:
            return
        self._last_ticks = max(round(stream_s * TICKS_PER_S), self._last_ticks + 1)
        picture.pts, picture.pict_type = self._last_ticks, PictureType.NONE
        if stream_s - self._key_s >= _KEY_EVERY_S:  # by time: who comes late waits no longer where frames are few
            picture.pict_type, self._key_s = PictureType.I, stream_s
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Let the encoder and the target go; there is nothing left to be told."""
        with contextlib.suppress(av.FFmpegError, OSError):
            self._container.close()
