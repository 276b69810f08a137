"""One picture on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink

QUALITY = 95
PICTURES: Mapping[str, tuple[int, ...]] = {
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, QUALITY),
    ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, QUALITY),
    ".png": (),
}
"""File extensions and what the encoder is told."""


class SnapshotSink(Sink):
    """The last frame that shows a persona, written as a picture on closing, whole or not at all.

    Args:
        path: Where to; its extension chooses the format. A file there is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.notice = ""
        self._path = path
        self._opened = False

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """See that a picture can be written there.

        Raises:
            SinkError: The extension is unknown, or there is no such folder.
        """
        self.close()
        if self._path.suffix.lower() not in PICTURES:
            raise self._fault(f"a file that ends in {', '.join(PICTURES)}", self._path.suffix or "no extension")
        folder = self._path.parent
        if self._path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            got = "a folder of that name" if self._path.is_dir() else f"{folder}, which cannot be written"
            raise self._fault("a file that can be written", got, "check the folder and your permission")
        self._last: BgrImage = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
        self._frames, self._kept, self._opened = 0, False, True
        self.notice = f"snapshot: {self.name}, of the last frame that shows a persona"

    def write(self, frame: Frame) -> None:
        """Keep a copy of the picture if it shows a persona.

        Raises:
            SinkError: It was not open, or the frame has another size than was announced.
        """
        if not self._opened:
            raise self._fault(got="a frame while it was not open")
        if frame.image.shape != self._last.shape:
            wanted, got = (f"{shape[1]}x{shape[0]}" for shape in (self._last.shape, frame.image.shape))
            raise self._fault(f"frames of {wanted}", got)
        self._frames += 1
        if frame.shows_persona:
            np.copyto(self._last, frame.image)
            self._kept = True

    def close(self) -> None:
        """Write the picture.

        Raises:
            SinkError: No frame showed a persona, so there is none; or it cannot be written.
        """
        opened, self._opened = self._opened, False
        if not opened or not self._frames:
            return
        if not self._kept:
            raise self._fault(
                "a frame that shows a persona",
                f"none in {self._frames}",
                "bring a face into the picture, well lit and an eighth as wide as it",
            )
        _, encoded = cv2.imencode(self._path.suffix.lower(), self._last, PICTURES[self._path.suffix.lower()])
        partial = self._path.with_name(f".{self._path.name}.partial")
        try:
            partial.unlink(missing_ok=True)
            with partial.open("xb") as file:
                file.write(encoded.tobytes())
            partial.replace(self._path)
        except OSError as error:
            raise self._fault("a file that can be written", error.strerror or str(error)) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()

    def _fault(self, wanted: str = "", got: str = "", next_step: str = "") -> SinkError:
        return SinkError(f"snapshot {self.name}", wanted=wanted, got=got, next_step=next_step)
