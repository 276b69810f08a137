"""A camera, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from realtime.errors import SourceError
from realtime.frame import BgrImage, Frame
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.camera_device import (
    CameraMode,
    Capture,
    CaptureDevice,
    mode_of,
    open_capture,
    open_device,
    read_picture,
)
from realtime.source.driver_clock import DriverClock
from realtime.source.guard import ReadGuard

_WARM_UP_READS = 10  # many cameras give nothing for the first few reads after they are opened
_BAD_READS = 5  # this many in a row mean that the camera is gone, fewer are a spoilt picture
_SLOW_READ_S = 1.0  # a failed read that took this long is a driver that gave up waiting: gone as well
_SHORT_WAIT_S = 0.02
_FROZEN_S = 3.0
_THINNED = 16


class CameraSource(Source):
    """A camera that may vanish and come back.

    When it vanishes, `read` waits and tries again until it is back or `close` is called; the indices go on
    and the size stays what it was at first: pictures of another size are fitted into it, with black beside them.
    A camera that gives the same picture again and again, which none does that works, is told of.

    Attributes:
        wanted: What it was asked for.
        got: What it really gives. Known after `open`.
        notice: One line that says both, or that the camera is away; changes while it runs.
        losses: How often it vanished since `open`.

    Args:
        device: Its number, or on Linux its path.
        size_wh: Wanted width and height.
        fps: Wanted frames a second.
        fourcc: Wanted way for pictures to travel.
        capture: Opens a device.
        clock: Monotonic seconds.
        retry_s: How long to wait between two tries to get it back.
        stamped: Whether its driver stamps pictures with the time of `clock`; where left out, as is usual here.
    """

    live = True

    def __init__(
        self,
        device: int | str,
        *,
        size_wh: tuple[int, int] = (1280, 720),
        fps: float = 30.0,
        fourcc: str = "MJPG",
        capture: Capture = open_capture,
        clock: Callable[[], float] = time.monotonic,
        retry_s: float = 0.5,
        stamped: bool | None = None,
    ) -> None:
        self.name = f"camera {device}"
        self.wanted = CameraMode(size_wh, fps, fourcc)
        self.notice = ""
        self.losses = 0
        self._id = device
        self._capture = capture
        self._clock = clock
        self._retry_s = retry_s
        self._stamped = stamped
        self._guard = ReadGuard(self._release)
        self._device: CaptureDevice | None = None

    def open(self) -> None:
        """Find the camera, ask it for what is wanted, and take a first picture to see what it gives.

        Raises:
            SourceError: It is not there, does not open, or gives no picture.
        """
        self.close()
        self._guard.arm()
        try:
            with self._guard.reading():
                self._acquire()  # its picture is old by the time that anyone reads
        except BaseException:
            self.close()
            raise
        self.size_wh = self.got.size_wh
        self.fps = self.got.fps
        self._pool = FramePool(self.size_wh)
        self._driver_clock = DriverClock(stamped=self._stamped)
        self._first_s: float | None = None
        self._index = self._bad_reads = self.losses = 0
        self._last: BgrImage | None = None
        self._alike_since_s: float | None = None
        self.notice = self.described()

    def described(self) -> str:
        """What was wanted and what the camera gives, in one line."""
        if self.got == self.wanted:
            return f"{self.name}: {self.got}"
        return f"{self.name}: wanted {self.wanted}, got {self.got}"

    def read(self) -> Frame | None:
        """Wait for the next picture, even while the camera is away; None only after `close`."""
        with self._guard.reading():
            while not self._guard.closed:
                picture = self._regain() if self._device is None else self._next(self._device)
                if picture is not None:
                    return self._frame(picture)
                self._guard.wait(self._retry_s if self._device is None else _SHORT_WAIT_S)
        return None

    def close(self) -> None:
        """Let the camera go, and end a `read` that waits for it."""
        self._guard.close()

    def _frame(self, picture: BgrImage) -> Frame:
        now_s = self._clock()
        taken_s = self._driver_clock.taken_s(self._device, now_s)
        if self._first_s is None:
            self._first_s = taken_s
        self._watch(picture, now_s)
        index = self._index
        self._index += 1
        return Frame(index=index, captured_s=taken_s, media_s=taken_s - self._first_s, image=picture)

    def _watch(self, picture: BgrImage, now_s: float) -> None:
        """Say so where the pictures do not change; a thinned copy of each is compared with the one before."""
        thinned = picture[::_THINNED, ::_THINNED, 1].copy()
        alike = self._last is not None and np.array_equal(thinned, self._last)
        self._last = thinned
        if not alike:
            if self._alike_since_s is not None and now_s - self._alike_since_s >= _FROZEN_S:
                self.notice = f"{self.described()}; moving again"
            self._alike_since_s = None
        elif self._alike_since_s is None:
            self._alike_since_s = now_s
        elif now_s - self._alike_since_s >= _FROZEN_S:
            self.notice = (
                f"{self.name}: has given the same picture for over {_FROZEN_S:g} s; unplug it and plug it in again"
            )

    def _next(self, device: CaptureDevice) -> BgrImage | None:
        """One picture in a buffer of the pool, or None and, after some of those, the camera given up."""
        buffer = self._pool.take()
        start_s = self._clock()
        picture = read_picture(device, buffer)
        if picture is not None:
            self._bad_reads = 0
            return _into(picture, buffer)
        self._bad_reads += 1
        gave_up = self._clock() - start_s > _SLOW_READ_S
        if gave_up or self._bad_reads >= _BAD_READS or not device.isOpened():
            self._release()
            self.losses += 1
            self.notice = f"{self.name}: vanished; waiting for it to come back"
        return None

    def _regain(self) -> BgrImage | None:
        """Open the camera again if it is back."""
        try:
            picture = self._acquire()
        except SourceError:
            return None
        self._bad_reads = 0
        self.notice = f"{self.described()}; back again"
        return _into(picture, self._pool.take())

    def _acquire(self) -> BgrImage:
        """Open the device and wait for its first picture.

        Raises:
            SourceError: It is not there, does not open, or gives no picture.
        """
        self._device = open_device(self._id, self.wanted, self._capture)
        for _ in range(_WARM_UP_READS):
            picture = read_picture(self._device)
            if picture is not None:
                self.got = mode_of(self._device, (picture.shape[1], picture.shape[0]), self.wanted)
                return picture
            if not self._guard.wait(_SHORT_WAIT_S):
                break
        self._release()
        raise SourceError(
            self.name,
            wanted="a picture",
            got="a camera that opens but gives none",
            next_step="close other programs that use it, or unplug it and plug it in again",
        )

    def _release(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.release()


def _into(picture: BgrImage, buffer: BgrImage) -> BgrImage:
    """The picture in the buffer, fitted into it where the camera came back with another size."""
    if picture is buffer:
        return buffer
    if picture.shape == buffer.shape:
        np.copyto(buffer, picture)
    else:
        scale = min(buffer.shape[0] / picture.shape[0], buffer.shape[1] / picture.shape[1])
        height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
        top, left = (buffer.shape[0] - height) // 2, (buffer.shape[1] - width) // 2
        buffer[:] = 0
        buffer[top : top + height, left : left + width] = cv2.resize(
            picture, (width, height), interpolation=cv2.INTER_AREA
        )
    return buffer
