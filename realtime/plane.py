"""One plane of a picture of FFmpeg's, as an array over its own memory."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from av.video.plane import VideoPlane

Plane: TypeAlias = npt.NDArray[np.uint8]
"""(H, S) uint8, S at least the width: rows may end in bytes that are nobody's."""


def rows_of(plane: VideoPlane) -> Plane:
    """A plane's own memory, with what FFmpeg adds to each row."""
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows
