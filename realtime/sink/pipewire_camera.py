"""A camera of PipeWire's that is kept alive: a driver as pyvirtualcam wants them, and what the PipeWire sink writes to.

sender ─▶ newest picture ─▶ thread ─▶ pipe ─▶ GStreamer ─▶ PipeWire ─▶ Firefox, Chrome, OBS
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyvirtualcam
from pyvirtualcam import PixelFormat
from pyvirtualcam.camera import FrameShapes
from pyvirtualcam.util import encode_fourcc

from realtime.errors import SinkError
from realtime.sink.pipewire_line import END_S, PIPEWIRE_GONE, STALL_S, START_S, Line
from realtime.sink.pipewire_programs import INSTALL, Child, Pictures, Starter, lacking, socket_path

Bytes = npt.NDArray[np.uint8]
"""(N,) uint8, one picture."""

DEFAULT_NAME = "Thespis"
RETRY_S = 0.3
_FIRST_S, _LAST_S = START_S + 1.0, STALL_S + END_S + 3.0
_WHAT = "PipeWire camera"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_GREY = 128  # is grey in every one of the layouts
_LAYOUTS: Mapping[PixelFormat, tuple[str, str, Sequence[float], Sequence[float]]] = {
    PixelFormat.RGB: ("rgb", "sRGB", [3], [0]),
    PixelFormat.BGR: ("bgr", "sRGB", [3], [0]),
    PixelFormat.RGBA: ("rgba", "sRGB", [4], [0]),
    PixelFormat.GRAY: ("bgr", "sRGB", [3], [0]),  # GStreamer would take its full range for studio range
    PixelFormat.I420: ("i420", "bt601", [1, 0.5, 0.5], [0, 1, 1.25]),
    PixelFormat.NV12: ("nv12", "bt601", [1, 1], [0, 1]),
    PixelFormat.YUYV: ("yuy2", "bt601", [2], [0]),
    PixelFormat.UYVY: ("uyvy", "bt601", [2], [0]),
}
"""GStreamer's name of each layout and of its colours; of each plane, bytes of a row for each pixel of the width, and
where it begins, in bytes for each pixel of the picture."""


class PipeWireCamera:
    """Shows pictures as a camera that programs find in PipeWire.

    A thread writes them into a pipeline of GStreamer's and starts it anew where it ends or stalls, as it does when a
    reader was killed, and where PipeWire itself comes back. `send` never waits for that: the newest picture wins.

    Attributes:
        notice: One line with the camera's name, or why nobody sees it now.
        restarts: How often the pipeline was started anew.

    Args:
        width, height: Of the pictures in pixels, both even.
        fps: Their rate, as announced.
        fourcc: Their layout, as pyvirtualcam encodes it.
        device: Its name, as other programs show it.
        start: Starts programs; as children of this process where left out.
        environment: Environment variables, for finding PipeWire.
        stall_s, retry_s: So long nothing may be taken, until it is started anew; so long to wait before each start.

    Raises:
        SinkError: It cannot be had; says how to mend it.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        fps: float,
        fourcc: int = encode_fourcc(PixelFormat.BGR.value),
        device: str | None = None,
        start: Starter | None = None,
        environment: Mapping[str, str] = os.environ,
        stall_s: float = STALL_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self.notice, self.restarts = "", 0
        self._name, self._environment, self._retry_s = device or DEFAULT_NAME, environment, retry_s
        self._pictures = _checked(width, height, fps, fourcc, self._name)
        self._can_begin: Callable[[], bool] = lambda: True
        if start is None:
            if lack := lacking(environment, look_inside=False):
                raise SinkError(_WHAT, got=lack.got, next_step=lack.next_step)
            start, self._can_begin = partial(Child, environment=environment), socket_path(environment).exists
        self._spare, self._newest, self._writing = (np.full(self._pictures.size, _GREY, np.uint8) for _ in range(3))
        self._is_fresh, self._closing, self._shown = False, False, False
        self._failure, self._broken = "", ""
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._line = partial(Line, start, self._pictures, self._name, self._wake_fd, stall_s=stall_s)
        self._thread = threading.Thread(target=self._keep_alive, name="pipewire camera", daemon=True)
        self._thread.start()
        self._await_first()

    def send(self, frame: Bytes) -> None:
        """Show a picture, (N,) uint8; returns at once, and keeps no reference to it.

        Raises:
            RuntimeError: It was closed, or nothing can be shown any more.
        """
        # Grey becomes blue, green and red.
        self.draw(lambda spare: np.copyto(spare.reshape(frame.size, -1), frame[:, None]))

    def draw(self, paint: Callable[[Bytes], None]) -> None:
        """As `send`, of a picture that `paint` puts into the camera's own memory, which spares a copy."""
        with self._sending:
            paint(self._spare)
            with self._changed:
                if self._closing or self._broken:
                    raise RuntimeError(f"{_WHAT}: {self._broken or 'closed'}")
                self._spare, self._newest, self._is_fresh = self._newest, self._spare, True
                os.eventfd_write(self._wake_fd, 1)

    def close(self) -> None:
        """Show the last picture, and take the camera away. May be called twice.

        Raises:
            RuntimeError: The pipeline does not end.
        """
        with self._changed:
            if self._closing:
                return
            self._closing = True
            os.eventfd_write(self._wake_fd, 1)
            self._changed.notify_all()
        self._thread.join(_LAST_S)
        if self._thread.is_alive():
            raise RuntimeError(f"{_WHAT}: its pipeline does not end")
        os.close(self._wake_fd)

    def device(self) -> str:
        """Its name, as other programs show it."""
        return self._name

    def native_fourcc(self) -> int:
        """What readers are given."""
        return int(encode_fourcc(PixelFormat.YUYV.value))

    def _await_first(self) -> None:
        """Wait until it is seen.

        Raises:
            SinkError: It fails at once.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._shown or self._failure, _FIRST_S)
            failure = self._failure or ("" if self._shown else "no answer")
        if not self._shown:
            self.close()
            raise SinkError(_WHAT, wanted="a pipeline that runs", got=failure, next_step=INSTALL)

    # What the thread does

    def _keep_alive(self) -> None:
        try:
            while not self._closing:
                self._failed(self._live_once() if self._can_begin() else PIPEWIRE_GONE)
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, self._retry_s)
        except Exception as error:  # noqa: BLE001 - a thread has no caller: `send` raises it
            with self._changed:
                self._broken = self._failure = str(error) or type(error).__name__
                self.notice = f"{_WHAT}: broken ({self._broken})"
                self._changed.notify_all()

    def _live_once(self) -> str:
        """One life of the pipeline; says why it ended."""
        try:
            line = self._line()
        except OSError as error:  # a program is gone, or there is no memory for it now
            return str(error)
        try:
            self._take_newest(line)  # what was shown last may be what was hidden meanwhile
            line.take(self._writing.data)  # or that, or grey: without a picture there is no node
            while not line.ended:
                if self._take_newest(line):
                    line.take(self._writing.data)
                    continue  # it may be the last, and nothing wakes us again
                if self._closing and not (line.busy and line.seen):
                    break
                line.wait()
                if line.seen and not line.ended and not self._shown:
                    self._succeeded()
        finally:
            line.close()
        return line.ended

    def _take_newest(self, line: Line) -> bool:
        """Whether there is a picture that was not written yet, and a place for it."""
        with self._changed:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake_fd)  # whatever woke us is seen to here
            if line.busy or not self._is_fresh:
                return False
            self._writing, self._newest, self._is_fresh = self._newest, self._writing, False
            return True

    def _succeeded(self) -> None:
        with self._changed:
            again = "; back again" if self._failure else ""
            self._shown = True
            self.notice = f"{_WHAT}: {self._name}, for Firefox, Chrome and OBS{again}"
            self._changed.notify_all()

    def _failed(self, why: str) -> None:
        with self._changed:
            if self._closing:
                return
            self._failure = why
            if self._shown:
                self.restarts += 1
                self._shown = False
            self.notice = f"{_WHAT}: gone ({why}); waiting for it to come back"
            self._changed.notify_all()


def register() -> None:
    """Let `pyvirtualcam.Camera(..., backend="pipewire")` make such a camera."""
    pyvirtualcam.register_backend("pipewire", PipeWireCamera)


def _checked(width: int, height: int, fps: float, fourcc: int, name: str) -> Pictures:
    """What goes into the pipe.

    Raises:
        SinkError: It has another form than a camera of PipeWire's can have.
    """
    if width % 2 or height % 2:
        raise SinkError(_WHAT, wanted="even sides", got=f"{width}x{height}")
    if not _NAME.fullmatch(name):
        raise SinkError(_WHAT, wanted="a name of up to 60 letters, digits, - and _", got=repr(name))
    for one, (layout, colorimetry, per_pixel, begins) in _LAYOUTS.items():
        if encode_fourcc(one.value) == fourcc:
            strides, offsets = [int(n * width) for n in per_pixel], [int(n * width * height) for n in begins]
            size = int(np.prod(FrameShapes[one](width, height))) * (3 if one is PixelFormat.GRAY else 1)
            return Pictures(width, height, fps, layout, colorimetry, strides, offsets, size)
    raise SinkError(_WHAT, wanted=f"one of {', '.join(map(str, _LAYOUTS))}", got=f"pixel format {fourcc}")
