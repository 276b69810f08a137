"""A still picture as a source."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from realtime.frame import BgrImage, Frame
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.guard import ReadGuard
from realtime.source.pacer import Pacer
from realtime.source.picture_file import PICTURE_EXTENSIONS, decode_picture, read_encoded

__all__ = ["PICTURE_EXTENSIONS", "ImageSource", "read_picture"]


def read_picture(path: Path) -> BgrImage:
    """Read a picture file, turned upright as its camera noted it (EXIF).

    Returns:
        (H, W, 3) uint8 BGR, 16 bits and transparency dropped.

    Raises:
        SourceError: There is no such file, no picture in it, or one larger than 128 megapixels.
    """
    name = f"picture {path}"
    return decode_picture(read_encoded(path, name), name)


class ImageSource(Source):
    """A still picture, shown over and over as a camera would, or once as a file.

    Args:
        path: The picture.
        fps: Frames a second where it is live.
        live: True gives the picture without end at `fps`; False gives it once.
        size_wh: The box it is scaled into, keeping its proportions; its own size where left out.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: float = 30.0,
        live: bool = True,
        size_wh: tuple[int, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = str(path)
        self.live = live
        self.notice = ""
        self._path = path
        self._wanted_fps = fps
        self._box_wh = size_wh
        self._clock = clock
        self._guard = ReadGuard(self._release)
        self._picture: BgrImage | None = None

    def open(self) -> None:
        """Read the picture.

        Raises:
            SourceError: There is no such file, or no picture in it.
        """
        self.close()
        picture = read_picture(self._path)
        self._picture = picture if self._box_wh is None else _fitted(picture, self._box_wh)
        self.size_wh = self._picture.shape[1], self._picture.shape[0]
        self.fps = self._wanted_fps
        self.notice = f"picture {self.name}: {self.size_wh[0]}x{self.size_wh[1]}"
        self._pool = FramePool(self.size_wh)
        self._pacer = Pacer(self._guard.wait, self._clock)
        self._index = 0
        self._guard.arm()

    def read(self) -> Frame | None:
        """The picture again, when it is due; None after `close`, and after the first where it is not live."""
        with self._guard.reading():
            if self._picture is None or (not self.live and self._index > 0):
                return None
            index = self._index
            if self.live and not self._pacer.wait_until(index / self.fps):
                return None
            buffer = self._pool.take()
            np.copyto(buffer, self._picture)
            self._index = index + 1
            return Frame(index=index, captured_s=self._clock(), media_s=index / self.fps, image=buffer)

    def close(self) -> None:
        """Let the picture go, and end a `read` that waits."""
        self._guard.close()

    def _release(self) -> None:
        self._picture = None


def _fitted(picture: BgrImage, box_wh: tuple[int, int]) -> BgrImage:
    """Scale a picture to the largest size with the same proportions that fits the box."""
    height, width = picture.shape[:2]
    scale = min(box_wh[0] / width, box_wh[1] / height)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size_wh, interpolation=method), np.uint8)
