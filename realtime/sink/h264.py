"""From a BGR picture to what an H.264 encoder takes: even sides, 4:2:0, BT.709, all of it said in the stream."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import cv2
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from av.video.stream import VideoStream

from realtime.frame import BgrImage

TICKS_PER_S = 90_000
"""In which the times of pictures are counted."""

_ROUNDED = Interpolation.BILINEAR | Interpolation.ACCURATE_RND  # else every colour ends 1 to 3 levels darker


class EncoderPicture:
    """Turns pictures of one size into pictures for the encoder, in a buffer of its own.

    Args:
        size_wh: Width and height of the pictures.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = even(size_wh)
        self._even: BgrImage | None = None if (width, height) == size_wh else np.empty((height, width, 3), np.uint8)
        self._reformatter = VideoReformatter()

    def __call__(self, image: BgrImage, ticks: int) -> VideoFrame:
        """The picture as the encoder takes it; odd sides are padded with the edge.

        Args:
            image: (H, W, 3) uint8 BGR, read only.
            ticks: When it is to be shown.
        """
        if self._even is not None:
            bottom, right = (self._even.shape[axis] - image.shape[axis] for axis in (0, 1))
            image = np.asarray(
                cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE, dst=self._even), np.uint8
            )
        bgr = VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="bgr24")
        picture = self._reformatter.reformat(
            bgr,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_ROUNDED,
        )
        picture.time_base = Fraction(1, TICKS_PER_S)
        picture.pts = ticks
        return picture


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
    stream.width, stream.height = even(size_wh)
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.time_base = Fraction(1, TICKS_PER_S)
    coder.thread_count = threads
    # Said in the stream, because players guess by size otherwise and show another skin.
    coder.colorspace, coder.color_range = 1, ColorRange.MPEG
    coder.color_primaries, coder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream


def even(size_wh: tuple[int, int]) -> tuple[int, int]:
    """The size that 4:2:0 needs for pictures of this size."""
    return size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2
