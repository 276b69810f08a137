"""A sheet of pictures: performer above, the same frames worn below."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np

from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame

TILE_HEIGHT = 270
GAP = 6


class Sheet:
    """Collects frames at even distances over a film, small, as they go in and as they come out.

    Args:
        columns: How many frames.
        frames: How many the film has.
    """

    def __init__(self, *, columns: int, frames: int) -> None:
        step = max(1, frames // columns)
        self._indices = tuple(step // 2 + step * column for column in range(columns))
        self._lock = threading.Lock()
        self._above: dict[int, BgrImage] = {}
        self._below: dict[int, BgrImage] = {}

    def before(self, frame: Frame) -> Frame:
        """Take the performer's picture; the frame goes on as it is."""
        self._take(self._above, frame)
        return frame

    def after(self, frame: Frame) -> None:
        """Take the picture that a viewer sees."""
        self._take(self._below, frame)

    def _take(self, row: dict[int, BgrImage], frame: Frame) -> None:
        if frame.index in self._indices:
            width = max(1, round(TILE_HEIGHT * frame.size_wh[0] / frame.size_wh[1]))
            tile = cv2.resize(frame.image, (width, TILE_HEIGHT), interpolation=cv2.INTER_AREA)
            with self._lock:
                row[frame.index] = np.asarray(tile, np.uint8)

    def draw(self) -> BgrImage:
        """The sheet, (2 rows, as many columns as both rows have) as one picture.

        Raises:
            SinkError: No frame came out.
        """
        both = [index for index in self._indices if index in self._above and index in self._below]
        if not both:
            raise SinkError("sheet", wanted="at least one frame", got="none")
        rows = [
            np.concatenate([np.pad(row[index], ((GAP, 0), (GAP, 0), (0, 0))) for index in both], axis=1)
            for row in (self._above, self._below)
        ]
        return np.pad(np.concatenate(rows), ((0, GAP), (0, GAP), (0, 0)))

    def write(self, path: Path) -> None:
        """Write the sheet as PNG.

        Raises:
            SinkError: The file cannot be written.
        """
        _, data = cv2.imencode(".png", self.draw())
        try:
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise SinkError(str(path), wanted="a file that can be written", got=error.strerror or str(error)) from error
