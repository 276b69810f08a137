"""From a picture as it was coded to one that stands upright, in BGR."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from realtime.frame import BgrImage
from realtime.source.yuv420 import compile_ahead, draw_bgr, is_drawn_here

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
QUARTER_TURNS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)


class UprightPictures:
    """Puts pictures, upright and in BGR, into buffers; scaled where they have another size. For one thread.

    Args:
        threads: For what FFmpeg has to convert; 0 is its own choice.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._reformatter = VideoReformatter()
        self._scratch: BgrImage = np.empty((0, 0, 3), np.uint8)
        compile_ahead()

    def __call__(self, frame: VideoFrame, into: BgrImage) -> None:
        """Put one picture there.

        Args:
            frame: As it was coded.
            into: (H, W, 3) uint8 BGR, drawn into.
        """
        turn = turn_of(frame)
        if turn is None and (frame.height, frame.width) == into.shape[:2] and is_drawn_here(frame):
            draw_bgr(frame, into)
            return
        picture = self._lying(frame)
        if turn is not None:
            picture = np.asarray(cv2.rotate(picture, turn), np.uint8)
        if picture.shape == into.shape:
            np.copyto(into, picture)
        else:
            cv2.resize(picture, (into.shape[1], into.shape[0]), dst=into, interpolation=cv2.INTER_AREA)

    def _lying(self, frame: VideoFrame) -> BgrImage:
        """A picture in BGR as it was coded; its memory is drawn over by the next call."""
        if is_drawn_here(frame):
            if self._scratch.shape[:2] != (frame.height, frame.width):
                self._scratch = np.empty((frame.height, frame.width, 3), np.uint8)
            draw_bgr(frame, self._scratch)
            return self._scratch
        plain = self._reformatter.reformat(frame, format="bgr24", threads=self._threads)
        plane = plain.planes[0]
        # FFmpeg pads rows: this is a view of the picture alone.
        shape, strides = (plain.height, plain.width, 3), (plane.line_size, 3, 1)
        picture: BgrImage = np.ndarray(shape, np.uint8, memoryview(plane), strides=strides)
        return picture


def turn_of(frame: VideoFrame) -> int | None:
    """OpenCV's code for the turn that stands a picture upright (phones store them lying)."""
    return _TURNS.get(round(frame.rotation / 90) * 90 % 360)
