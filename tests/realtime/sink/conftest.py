"""A virtual camera driver and a window system that only remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import cv2
import numpy as np
import pytest
import pyvirtualcam
from pyvirtualcam.camera import BACKENDS

from realtime.frame import Frame


class FakeDriver:
    """A driver for `pyvirtualcam.Camera`, following that library's `Backend` contract."""

    made: ClassVar[list[FakeDriver]] = []
    refusal: ClassVar[str] = ""

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None) -> None:
        if self.refusal:
            raise RuntimeError(self.refusal)
        self.size_wh, self.fps, self.fourcc = (width, height), fps, fourcc
        self._device = device or "/dev/video9"
        self.sent: list[np.ndarray] = []
        self.closings = 0
        self.failure: Exception | None = None
        self.made.append(self)

    def close(self) -> None:
        self.closings += 1
        if self.failure:
            raise self.failure

    def send(self, frame: np.ndarray) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(frame.copy())

    def device(self) -> str:
        return self._device

    def native_fourcc(self) -> int | None:
        return None


class FakeGui:
    """The part of `cv2` that draws windows, without a screen."""

    def __init__(self) -> None:
        self.windows: dict[str, list[np.ndarray]] = {}
        self.sizes: list[tuple[int, int]] = []
        self.visible = True
        self.failure = False

    def namedWindow(self, name: str, flags: int) -> None:  # noqa: N802
        if self.failure:
            raise cv2.error("built without windows")
        self.windows[name] = []

    def resizeWindow(self, name: str, width: int, height: int) -> None:  # noqa: N802
        self.sizes.append((width, height))

    def imshow(self, name: str, picture: np.ndarray) -> None:
        if self.failure:
            raise cv2.error("the screen is gone")
        self.windows[name].append(picture.copy())

    def pollKey(self) -> int:  # noqa: N802
        return -1

    def getWindowProperty(self, name: str, prop: int) -> float:  # noqa: N802
        return float(self.visible)

    def destroyWindow(self, name: str) -> None:  # noqa: N802
        if not self.visible:
            raise cv2.error("no such window")
        del self.windows[name]


@pytest.fixture
def driver() -> Iterator[type[FakeDriver]]:
    """The real pyvirtualcam with this driver alone registered."""
    kind = type("Driver", (FakeDriver,), {"made": [], "refusal": ""})
    others = dict(BACKENDS)
    BACKENDS.clear()
    pyvirtualcam.register_backend("remembering", kind)
    yield kind
    BACKENDS.clear()
    BACKENDS.update(others)


@pytest.fixture
def gui() -> FakeGui:
    return FakeGui()


@pytest.fixture
def frame_at() -> Callable[..., Frame]:
    """Makes frame `index` of a 25 fps stream, worn, grey at a level that tells its index."""

    def make(index: int, *, size_wh: tuple[int, int] = (64, 48), media_s: float | None = None) -> Frame:
        level = 20 + 10 * (index % 20)
        image = np.full((size_wh[1], size_wh[0], 3), level, np.uint8)
        shown_s = index / 25 if media_s is None else media_s
        return Frame(index=index, captured_s=0.0, media_s=shown_s, image=image, worn=True)

    return make
