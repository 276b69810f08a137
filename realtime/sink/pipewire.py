"""A camera for programs that find theirs in PipeWire: no kernel module is needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial

import numpy as np
from pyvirtualcam import PixelFormat
from pyvirtualcam.util import encode_fourcc

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.even import EvenPicture
from realtime.sink.pipewire_camera import Bytes, PipeWireCamera
from realtime.sink.yuv import BT601, draw_yuy2


class PipeWireSink(Sink):
    """Frames as a camera that Firefox, Chrome and OBS can choose on Linux. Before the first frame, after the last, and
    where none comes for a while, they see a slate.

    A PipeWire that goes away is waited for: frames are passed over until it is back.

    Args:
        device: Its name, as other programs show it; Thespis where left out.
        make: Makes the camera.
    """

    def __init__(self, *, device: str | None = None, make: Callable[..., PipeWireCamera] = PipeWireCamera) -> None:
        self.name = "pipewire"
        self._device, self._make = device, make
        self._notice = ""
        self._closing = threading.Lock()
        self._camera: PipeWireCamera | None = None

    @property
    def notice(self) -> str:  # type: ignore[override]
        """One line with the camera's name, as other programs show it, or why nobody sees it now."""
        camera = self._camera
        return camera.notice if camera else ""

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Show the camera.

        Raises:
            SinkError: A program or PipeWire itself is missing; says how to mend it.
        """
        self.close()
        self._size_wh, self._evened = size_wh, EvenPicture(size_wh)
        width, height = self._evened.size_wh
        self._slate = np.empty(2 * width * height, np.uint8)
        self._draw(draw_slate(size_wh), self._slate)
        layout = encode_fourcc(PixelFormat.YUYV.value)
        self._camera = self._make(width=width, height=height, fps=fps, fourcc=layout, device=self._device)
        self._camera.send(self._slate)

    def write(self, frame: Frame) -> None:
        """Hand a frame over; does not wait until it is shown.

        Raises:
            SinkError: It is not open, or the frame has another size than was announced.
        """
        camera = self._camera
        if camera is None:
            raise SinkError("PipeWire camera", got="a frame while it was not open")
        if frame.size_wh != self._size_wh:
            wanted, got = (f"{w}x{h}" for w, h in (self._size_wh, frame.size_wh))
            raise SinkError("PipeWire camera", wanted=f"frames of {wanted}", got=got)
        self._show(camera, lambda: camera.draw(partial(self._draw, frame.image)))

    def rest(self) -> None:
        """Show the slate."""
        if (camera := self._camera) is not None:
            self._show(camera, lambda: camera.send(self._slate))

    def close(self) -> None:
        """End on the slate, and take the camera away.

        Raises:
            SinkError: The pipeline does not end.
        """
        with self._closing:
            camera, self._camera = self._camera, None
        if camera is None:
            return
        with contextlib.suppress(RuntimeError):  # what is broken shows nothing
            camera.send(self._slate)
        try:
            camera.close()
        except RuntimeError as error:
            raise SinkError("PipeWire camera", got=str(error), next_step="see `thespis doctor`") from error

    def _show(self, camera: PipeWireCamera, show: Callable[[], None]) -> None:
        try:
            show()
        except RuntimeError as error:
            if camera is self._camera:  # else it was closed meanwhile, by another thread
                raise SinkError("PipeWire camera", got=str(error), next_step="see `thespis doctor`") from error

    def _draw(self, picture: BgrImage, into: Bytes) -> None:
        """As readers are given it, so that GStreamer passes it on as it is: its converter took 7 ms for 720p."""
        width, height = self._evened.size_wh
        draw_yuy2(np.ascontiguousarray(self._evened(picture)), into.reshape(height, 2 * width), BT601)
