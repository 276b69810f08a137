"""The virtual camera that video call programs see."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import threading
import time
from collections.abc import Callable

import pyvirtualcam
from pyvirtualcam.camera import BACKENDS

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.even import EvenPicture

DRIVER_MENDING = {
    "linux": "run `sudo apt install v4l2loopback-dkms && "
    "sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Thespis`",
    "win32": "install OBS Studio from https://obsproject.com "
    "(or Unity Capture from https://github.com/schellingb/UnityCapture), then start Thespis again",
    "darwin": "install OBS Studio 30 or newer from https://obsproject.com, "
    "click Start Virtual Camera in it once, then quit it",
}
"""What brings a virtual camera driver onto a system, by `sys.platform`."""


_HUNG_S = 2.0


class VirtualCameraSink(Sink):
    """Frames as a camera that other programs can choose. Before the first frame, after the last, and where none comes
    for a while, they see a slate. Odd sides are padded with the edge, as every driver makes colours go two by two.

    A driver that goes away is waited for: frames are passed over until it is back.

    Attributes:
        notice: One line with the camera's name, as other programs show it, or that its driver is gone.
        losses: How often the driver went away since `open`.

    Args:
        device: Name or path of the virtual camera; the first free one where left out.
        backend: Its driver (`v4l2loopback`, `obs`, `unitycapture`); any that works where left out.
        clock: Monotonic seconds.
        retry_s: How long to wait between two tries to get the driver back.
    """

    def __init__(
        self,
        *,
        device: str | None = None,
        backend: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        retry_s: float = 0.5,
    ) -> None:
        self.name = "camera"
        self.notice = ""
        self.losses = 0
        self._device, self._backend = device, backend
        self._clock, self._retry_s = clock, retry_s
        self._retry_at_s = -math.inf
        self._busy = threading.Lock()
        self._camera: pyvirtualcam.Camera | None = None
        self._slate: BgrImage | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Take the virtual camera.

        Raises:
            SinkError: No driver, no free device, or one that refuses the size; says how to mend it.
        """
        self.close()
        if self._backend is not None and self._backend not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise SinkError("virtual camera", wanted=f"one of the drivers {known}", got=repr(self._backend))
        self._size_wh, self._fps, self.losses = size_wh, fps, 0
        self._evened = EvenPicture(size_wh)
        self._was_device: str | None = None
        try:
            self._acquire()
        except RuntimeError as error:  # pyvirtualcam gathers what each driver said into one of these
            raise SinkError(
                "virtual camera",
                wanted=f"a driver with a free camera of {size_wh[0]}x{size_wh[1]}",
                got=_in_short(str(error)),
                next_step=DRIVER_MENDING.get(sys.platform, "use another output, such as `--output out.mp4`"),
            ) from error
        self._slate = draw_slate(size_wh)
        self._send(self._slate)

    def write(self, frame: Frame) -> None:
        """Hand a frame to the driver. Does not wait for the next one to be due: the source keeps the pace.

        Raises:
            SinkError: It is not open, or the frame has another size than was announced.
        """
        if self._slate is None:
            raise SinkError("virtual camera", got="a frame while it was not open")
        if frame.size_wh != self._size_wh:
            wanted, got = (f"{w}x{h}" for w, h in (self._size_wh, frame.size_wh))
            raise SinkError("virtual camera", wanted=f"frames of {wanted}", got=got)
        self._send(frame.image)

    def rest(self) -> None:
        """Show the slate."""
        if self._slate is not None:
            self._send(self._slate)

    def close(self) -> None:
        """End on the slate, and give the virtual camera back.

        Raises:
            SinkError: The driver would not let it go.
        """
        if not self._busy.acquire(timeout=_HUNG_S):
            raise SinkError("virtual camera", got="a driver that does not answer", next_step="see `thespis doctor`")
        try:
            camera, self._camera = self._camera, None
            slate, self._slate = self._slate, None
            if camera is None:
                return
            if slate is not None:
                with contextlib.suppress(RuntimeError, OSError):  # what is gone shows nothing
                    camera.send(self._evened(slate))
            camera.close()
        except (RuntimeError, OSError) as error:
            raise SinkError("virtual camera", got=str(error), next_step="see `thespis doctor`") from error
        finally:
            self._busy.release()

    def _acquire(self) -> None:
        """Take the device.

        Raises:
            RuntimeError: No driver lets it be taken.
        """
        self._camera = pyvirtualcam.Camera(
            *self._evened.size_wh,
            self._fps,
            # The drivers turn it into what they carry for less than we could: see docs/wire.md.
            fmt=pyvirtualcam.PixelFormat.BGR,
            device=self._device or self._was_device,
            backend=self._backend,
        )
        self._was_device = self._camera.device  # a call that watches it is not to lose it to the next free one
        self.notice = f"virtual camera: {self._camera.device} ({self._camera.backend})"

    def _send(self, picture: BgrImage) -> None:
        """Hand a picture to the driver, where it is there or back again."""
        with self._busy:
            # Closed meanwhile: then it is not to be opened again.
            if self._slate is None or (self._camera is None and not self._regain()):
                return
            assert self._camera is not None
            try:
                self._camera.send(self._evened(picture))
            except (RuntimeError, OSError) as error:
                self._lose(error)

    def _lose(self, error: Exception) -> None:
        camera, self._camera = self._camera, None
        self.losses += 1
        self._retry_at_s = self._clock() + self._retry_s
        self.notice = f"virtual camera: gone ({error}); waiting for it to come back"
        if camera is not None:
            with contextlib.suppress(RuntimeError, OSError):
                camera.close()

    def _regain(self) -> bool:
        if self._clock() < self._retry_at_s:
            return False
        try:
            self._acquire()
        except (RuntimeError, OSError):
            self._retry_at_s = self._clock() + self._retry_s
            return False
        self.notice += "; back again"
        return True


def _in_short(told: str) -> str:
    """What each driver said, its first sentence; pyvirtualcam's advice is left out, for ours follows."""
    said = []
    for line in filter(None, told.splitlines()):
        backend, _, reason = line.removeprefix("'").partition("' backend: ")
        first = re.split(r"[.?!] | at /dev/video\[", reason or line)[0].rstrip(".?! ")
        said.append(f"{first[:1].lower()}{first[1:]} ({backend})" if reason else first)
    return ", ".join(said) or "no driver on this system"
