"""What OpenCV can do with a camera, made safe: which there are, opening one, one read."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np
from cv2_enumerate_cameras import enumerate_cameras

from realtime.errors import SourceError
from realtime.frame import BgrImage

BACKEND: int = {
    "linux": cv2.CAP_V4L2,
    "win32": cv2.CAP_DSHOW,
    "darwin": cv2.CAP_AVFOUNDATION,
}.get(sys.platform, cv2.CAP_ANY)
"""OpenCV's way to cameras here. Named, because a number means another camera under another one; on Windows
DirectShow, because Media Foundation takes long to open some cameras."""


class CaptureDevice(Protocol):
    """The part of `cv2.VideoCapture` that is used here."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802 - OpenCV's names
    def read(self, image: Any = ...) -> tuple[bool, Any]: ...  # noqa: D102
    def set(self, propId: int, value: float) -> bool: ...  # noqa: D102, N803
    def get(self, propId: int) -> float: ...  # noqa: D102, N803
    def release(self) -> None: ...  # noqa: D102


Capture: TypeAlias = Callable[[int | str, int], CaptureDevice]
"""Opens a device: its number or path, and OpenCV's backend."""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """What a camera is asked for, and what it gives.

    Attributes:
        size_wh: Width and height in pixels.
        fps: Frames a second.
        fourcc: How its pictures travel. `MJPG` is compressed: USB 2 has no room for 720p at 30 fps otherwise.
    """

    size_wh: tuple[int, int]
    fps: float
    fourcc: str

    def __str__(self) -> str:
        return f"{self.size_wh[0]}x{self.size_wh[1]} at {self.fps:g} fps {self.fourcc}".rstrip()


def available_cameras() -> list[tuple[int, str]]:
    """Number and name of every camera here, as `CameraSource` takes them, by number."""
    try:
        return sorted((info.index, str(info.name)) for info in enumerate_cameras(BACKEND))
    except NotImplementedError:  # the lister knows no cameras on this system
        return []


def open_capture(device: int | str, backend: int) -> CaptureDevice:
    """OpenCV's own way to open a camera."""
    return cv2.VideoCapture(device, backend)


def open_device(device_id: int | str, wanted: CameraMode, capture: Capture) -> CaptureDevice:
    """Open a camera and ask it for a mode; what it gives may differ.

    Raises:
        SourceError: It is not there, or does not open.
    """
    with quiet_opencv():
        try:
            device = capture(device_id, BACKEND)
        except cv2.error as error:
            raise _not_opened(device_id) from error
        if not device.isOpened():
            device.release()
            raise _not_opened(device_id)
        # The compression first: drivers offer sizes and rates only for the one that is set.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*wanted.fourcc))
        device.set(cv2.CAP_PROP_FRAME_WIDTH, wanted.size_wh[0])
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, wanted.size_wh[1])
        device.set(cv2.CAP_PROP_FPS, wanted.fps)
    return device


def mode_of(device: CaptureDevice, size_wh: tuple[int, int], wanted: CameraMode) -> CameraMode:
    """What a device says that it gives; a rate it does not know is taken to be the wanted one.

    Args:
        device: The open device.
        size_wh: The size of a picture from it; what devices say about that is not always true.
        wanted: What it was asked for.
    """
    fps = device.get(cv2.CAP_PROP_FPS)
    code = device.get(cv2.CAP_PROP_FOURCC)
    letters = int(code).to_bytes(4, "little") if 0 < code < 2**32 else b""
    return CameraMode(
        size_wh,
        fps if math.isfinite(fps) and fps > 0 else wanted.fps,
        letters.decode("ascii", "replace").strip("\0 "),
    )


def read_picture(device: CaptureDevice, buffer: BgrImage | None = None) -> BgrImage | None:
    """One read, as (H, W, 3) uint8 BGR; None for whatever is no picture.

    OpenCV unpacks it into memory of its own and copies it from there. Given the raw bytes (`CAP_PROP_CONVERT_RGB` 0) we
    would spend as much: `cv2.imdecode` takes no memory that is there already. See docs/wire.md.

    Args:
        device: The open device.
        buffer: Where to put the picture; given back itself where OpenCV could use it.
    """
    with quiet_opencv():
        try:
            good, picture = device.read() if buffer is None else device.read(buffer)
        except cv2.error:
            return None
    if not good or not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.size == 0:
        return None
    if picture.ndim == 2 or picture.shape[2] == 1:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
    return picture if picture.shape[2] == 3 else None


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing its warnings to the screen meanwhile; our own messages say what matters."""
    level = cv2.getLogLevel()
    cv2.setLogLevel(0)
    try:
        yield
    finally:
        cv2.setLogLevel(level)


def _not_opened(device_id: int | str) -> SourceError:
    """Why a camera does not open, and what to do."""
    what = f"camera {device_id}"
    cameras = available_cameras()
    path = f"/dev/video{device_id}" if isinstance(device_id, int) else device_id
    if sys.platform == "linux" and Path(path).exists() and not os.access(path, os.R_OK | os.W_OK):
        mend = "run `sudo usermod -aG video $USER` and log in again"
        return SourceError(what, got=f"no permission for {path}", next_step=mend)
    if any(device_id == index or path == f"/dev/video{index}" for index, _ in cameras):
        mend = "close other programs that use it"
        return SourceError(what, got="a camera that is there but does not open", next_step=mend)
    names = ", ".join(f"{index} ({name})" for index, name in cameras)
    mend = "see `thespis devices`, or try `--source demo`"
    return SourceError(what, wanted="a camera", got=f"only {names}" if names else "no camera at all", next_step=mend)
