"""The virtual camera that video call programs see."""

from __future__ import annotations

import sys

import pyvirtualcam
from pyvirtualcam.camera import BACKENDS

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.base import Sink

DRIVER_MENDING = {
    "linux": "run `sudo apt install v4l2loopback-dkms && "
    "sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=Thespis`",
    "win32": "install OBS Studio from https://obsproject.com "
    "(or Unity Capture from https://github.com/schellingb/UnityCapture), then start Thespis again",
    "darwin": "install OBS Studio 30 or newer from https://obsproject.com, "
    "click Start Virtual Camera in it once, then quit it",
}
"""What brings a virtual camera driver onto a system, by `sys.platform`."""


class VirtualCameraSink(Sink):
    """Frames as a camera that other programs can choose.

    Attributes:
        notice: One line with the camera's name, as other programs show it.

    Args:
        device: Name or path of the virtual camera; the first free one where left out.
        backend: Its driver (`v4l2loopback`, `obs`, `unitycapture`); any that works where left out.
    """

    def __init__(self, *, device: str | None = None, backend: str | None = None) -> None:
        self.name = "camera"
        self.notice = ""
        self._device = device
        self._backend = backend
        self._camera: pyvirtualcam.Camera | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Take the virtual camera.

        Raises:
            SinkError: No driver, no free device, or one that refuses the size; says how to mend it.
        """
        self.close()
        if self._backend is not None and self._backend not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise SinkError("virtual camera", wanted=f"one of the drivers {known}", got=repr(self._backend))
        try:
            self._camera = pyvirtualcam.Camera(
                *size_wh,
                fps,
                fmt=pyvirtualcam.PixelFormat.BGR,
                device=self._device,
                backend=self._backend,
            )
        except RuntimeError as error:  # pyvirtualcam gathers what each driver said into one of these
            raise SinkError(
                "virtual camera",
                wanted=f"one for {size_wh[0]}x{size_wh[1]}",
                got=", ".join(str(error).splitlines()) or "no driver on this system",
                next_step=DRIVER_MENDING.get(sys.platform, "use another output, such as `--output out.mp4`"),
            ) from error
        self.notice = f"virtual camera: {self._camera.device} ({self._camera.backend})"

    def write(self, frame: Frame) -> None:
        """Hand a frame to the driver. Does not wait for the next one to be due: the source keeps the pace.

        Raises:
            SinkError: The driver is gone, or the frame has another size than was announced.
        """
        if self._camera is None:
            raise SinkError("virtual camera", got="a frame before it was opened")
        try:
            self._camera.send(frame.image)
        except (RuntimeError, OSError, ValueError) as error:
            mend = "start Thespis again; if it stays so, see `thespis doctor`"
            raise SinkError("virtual camera", got=str(error), next_step=mend) from error

    def close(self) -> None:
        """Give the virtual camera back.

        Raises:
            SinkError: The driver would not let it go.
        """
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.close()
        except (RuntimeError, OSError) as error:
            raise SinkError("virtual camera", got=str(error), next_step="see `thespis doctor`") from error
