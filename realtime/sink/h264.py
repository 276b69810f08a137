"""From a BGR picture to what an H.264 encoder takes: even sides, 4:2:0, BT.709, all of it said in the stream."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from realtime.frame import BgrImage
from realtime.plane import rows_of
from realtime.sink.even import EvenPicture
from realtime.sink.yuv import BT709, draw_yuv420

TICKS_PER_S = 90_000
"""In which the times of pictures are counted."""


class EncoderPicture:
    """Turns pictures of one size into a picture for the encoder, always the same one.

    libx264 has copied a picture by the time that it returns, so the next may be drawn over it.

    Args:
        size_wh: Width and height of the pictures.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._evened = EvenPicture(size_wh)
        self._picture = VideoFrame(*self._evened.size_wh, "yuv420p")
        self._picture.colorspace, self._picture.color_range = Colorspace.ITU709, ColorRange.MPEG
        luma, blue, red = (rows_of(plane) for plane in self._picture.planes)
        self._planes = luma, blue, red
        width, height = self._evened.size_wh
        self(np.zeros((height, width, 3), np.uint8), 0)  # compiled before a frame waits for it

    def __call__(self, image: BgrImage, ticks: int) -> VideoFrame:
        """The picture as the encoder takes it, until the next call; odd sides are padded with the edge.

        Args:
            image: (H, W, 3) uint8 BGR, read only.
            ticks: When it is to be shown.
        """
        draw_yuv420(np.ascontiguousarray(self._evened(image)), self._planes, BT709)
        self._picture.time_base = Fraction(1, TICKS_PER_S)
        self._picture.pts, self._picture.pict_type = ticks, PictureType.NONE
        return self._picture


def add_h264(
    container: OutputContainer, size_wh: tuple[int, int], fps: float, options: Mapping[str, str], threads: int
) -> VideoStream:
    """Add a stream for such pictures to a container.

    Args:
        container: What is written.
        size_wh: Width and height of the pictures.
        fps: The rate that is announced; pictures carry their own times.
        options: For libx264.
        threads: Of the encoder.

    Raises:
        av.FFmpegError: The encoder takes no such size or options.
    """
    stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=dict(options))
    stream.width, stream.height = EvenPicture(size_wh).size_wh
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.time_base = Fraction(1, TICKS_PER_S)
    coder.thread_count = threads
    # Said in the stream, because players guess by size otherwise and show another skin.
    coder.colorspace, coder.color_range = 1, ColorRange.MPEG
    coder.color_primaries, coder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream
