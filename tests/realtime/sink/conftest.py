"""A virtual camera driver and a window system that only remember."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
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


PRETEND = """#!{python}
import os, sys
if "-protocols" in sys.argv:
    print("Input:\\n  srt\\nOutput:\\n  " + os.environ.get("PRETEND_PROTOCOLS", "srt udp"))
    sys.exit()
said = os.environ.get("PRETEND_SAYS", "Output #0, rawvideo, to 'srt'")
print("[srt @ 0x0] " + said if "failed" in said else said, file=sys.stderr, flush=True)
if "failed" in said:
    sys.exit(1)
most = int(os.environ.get("PRETEND_TAKES", "1000000000"))
with open("{out}", "ab", buffering=0) as out:
    out.write(b"")
    while most > 0 and (block := os.read(0, 1316)):
        out.write(block)
        most -= len(block)
    if os.environ.get("PRETEND_HANGS"):
        import time
        time.sleep(60)
sys.exit(1 if most <= 0 else 0)
"""


@pytest.fixture
def pretend_ffmpeg(tmp_path: Path) -> Callable[[str], str | None]:
    """Finds a program that says what ffmpeg says and appends what it is given to `passed-on.ts` beside it."""
    if os.name == "nt":
        pytest.skip("this system runs no scripts by their first line")
    folder = tmp_path / "pretend"
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(PRETEND.format(python=sys.executable, out=folder / "passed-on.ts"))
    program.chmod(0o755)
    return lambda name: str(program)
