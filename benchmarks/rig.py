"""A camera and a virtual camera that break on demand, through the seams that the live loop has anyway."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pyvirtualcam
from pyvirtualcam.camera import BACKENDS

from benchmarks.scenes import FPS, Moment
from realtime.frame import BgrImage, Frame, Points2
from realtime.source.camera import CameraSource
from realtime.source.camera_device import CaptureDevice

DRIVER = "rig"
"""The virtual camera's backend, as pyvirtualcam knows it."""


@dataclass
class Trouble:
    """What is wrong at this moment; everything is well by default.

    Attributes:
        unplugged: The camera is not there.
        hangs: A read of the camera does not come back.
        frozen: The camera gives its last picture again and again.
        black: It gives black pictures.
        noise: It gives noise.
        size_wh: It gives pictures of another size.
        driver_gone: The virtual camera takes nothing, and cannot be opened.
        clock_s: By how much the loop's clock is off.
        stage: The stage of this name raises.
        hang_stage: The stage of this name takes a second.
    """

    unplugged: bool = False
    hangs: bool = False
    frozen: bool = False
    black: bool = False
    noise: bool = False
    size_wh: tuple[int, int] | None = None
    driver_gone: bool = False
    clock_s: float = 0.0
    stage: str = ""
    hang_stage: str = ""


@dataclass
class Rig:
    """Everything that a fault is injected into.

    Attributes:
        trouble: Swap in another whole object to change it.
        moments: What the camera sees; they go round without end.
        on_picture: Called with each picture that the virtual camera was given.
    """

    moments: list[Moment]
    trouble: Trouble = field(default_factory=Trouble)
    on_picture: Callable[[BgrImage], object] = lambda picture: None

    def clock(self) -> float:
        """Monotonic seconds, when it is not off."""
        return time.monotonic() + self.trouble.clock_s

    def camera(self) -> CameraSource:
        """The camera as the loop opens it."""
        self._points: tuple[Points2, ...] = ()
        return CameraSource(0, capture=self._capture, clock=self.clock)

    def note(self, frame: Frame, known: dict[int, tuple[Points2, ...]]) -> Frame:
        """Tapped in behind the camera: keep where the faces are in a frame."""
        known[frame.index] = self._points
        known.pop(frame.index - 300, None)
        return frame

    def _capture(self, device: int | str, backend: int) -> CaptureDevice:
        return _Device(self)


class _Device:
    """A `cv2.VideoCapture` of what the rig's camera sees."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._moments = itertools.cycle(rig.moments)
        self._last = next(self._moments)
        self._due_s = time.monotonic()
        self._random = np.random.default_rng(0)

    def isOpened(self) -> bool:  # noqa: N802
        return not self._rig.trouble.unplugged

    def read(self, image: Any = None) -> tuple[bool, Any]:
        self._due_s = max(self._due_s + 1 / FPS, time.monotonic() - 1 / FPS)
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        while self._rig.trouble.hangs:
            time.sleep(0.01)
        trouble = self._rig.trouble
        if trouble.unplugged:
            return False, None
        if not trouble.frozen:
            self._last = next(self._moments)
        picture, faces = self._last.image, self._last.faces
        if trouble.black or trouble.noise:
            faces = ()
            picture = np.zeros_like(picture)
            if trouble.noise:
                cv2.randu(picture, np.array(0), np.array(256))
        if trouble.size_wh is not None:
            picture = np.asarray(cv2.resize(picture, trouble.size_wh), np.uint8)
            faces = _fitted(faces, self._last.image, trouble.size_wh)
        self._rig._points = faces
        return True, picture.copy()

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        return FPS if prop == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        """Nothing is held."""


def _fitted(faces: tuple[Points2, ...], picture: BgrImage, size_wh: tuple[int, int]) -> tuple[Points2, ...]:
    """Where faces are once a picture was stretched to a size and fitted back into the first one."""
    height, width = picture.shape[:2]
    scale = min(width / size_wh[0], height / size_wh[1])
    shown = np.array(size_wh, np.float32) * np.float32(scale)
    start = (np.array([width, height], np.float32) - shown) / 2
    return tuple(
        np.asarray(face * (shown / np.array([width, height], np.float32)) + start, np.float32) for face in faces
    )


@contextmanager
def driver_of(rig: Rig) -> Iterator[None]:
    """The rig's virtual camera driver, alone on this system for as long as it lasts."""

    class Driver:
        """A `pyvirtualcam` backend."""

        def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None) -> None:
            if rig.trouble.driver_gone:
                raise RuntimeError("no such driver")
            self._shape = height, width, 3

        def send(self, frame: Any) -> None:
            if rig.trouble.driver_gone:
                raise RuntimeError("the driver is gone")
            rig.on_picture(np.asarray(frame, np.uint8).reshape(self._shape))

        def device(self) -> str:
            return "/dev/video9"

        def native_fourcc(self) -> None:
            return None

        def close(self) -> None:
            """Nothing is held."""

    others = dict(BACKENDS)
    BACKENDS.clear()
    pyvirtualcam.register_backend(DRIVER, Driver)
    try:
        yield
    finally:
        BACKENDS.clear()
        BACKENDS.update(others)


def with_trouble(rig: Rig, **changes: Any) -> None:
    """Change what is wrong."""
    rig.trouble = replace(rig.trouble, **changes)
