"""The portrait performer: one still photo brought to life as a talking head, its truth known for every frame.

It is the built-in source (`demo`), the other half of what we train on, and the yardstick of the benchmarks.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from realtime.errors import SourceError
from realtime.frame import Frame, Truth
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.canvas import find_portrait_points, load_photo, portrait_digest
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer


class PortraitPerformer(Source):
    """A photo as a live source.

    Args:
        photo: Any portrait; None is the built-in one.
        size_wh: Width and height of the frames.
        fps: Frames a second.
        seed: Which path it takes through its expressions.
        paced: True gives frames at `fps`, as a camera would; False as fast as they are asked for, as a file would.
        seconds: How long it performs; None is without end.
    """

    def __init__(
        self,
        photo: Path | None = None,
        *,
        size_wh: tuple[int, int] = (1280, 720),
        fps: float = 30.0,
        seed: int = 0,
        paced: bool = True,
        seconds: float | None = None,
    ) -> None:
        self.name = f"demo:{photo}" if photo else "demo"
        self.live = paced
        self.size_wh = size_wh
        self.fps = fps
        self.length_s = seconds
        self._photo = photo
        self._path = ExpressionPath(seed)
        self._last = None if seconds is None else round(seconds * fps)
        self._closed = threading.Event()
        self._renderer: PortraitRenderer | None = None
        self._next = 0
        self._start_s = 0.0

    @property
    def renderer(self) -> PortraitRenderer:
        """What draws it; there after `open`."""
        if self._renderer is None:
            raise SourceError(self.name, wanted="an open source", got="one not opened", next_step="call open() first")
        return self._renderer

    def open(self) -> None:
        """Find the photo's face and draw once, so that the kernel is compiled before the first frame is due."""
        photo = load_photo(self._photo)
        points = find_portrait_points(photo, self.name)
        self._digest = portrait_digest(photo)
        self._closed.clear()
        width, height = self.size_wh
        whose = "the built-in portrait" if self._photo is None else str(self._photo)
        self.notice = f"{self.name}: {whose} performs, {width}x{height}, {self.fps:g} fps"
        self._renderer = PortraitRenderer(photo, points, self.size_wh)
        self._pool = FramePool(self.size_wh)
        self._renderer.frame(self._path.at(0.0), self._pool.take())
        self._next = 0

    def read(self) -> Frame | None:
        """The next frame, on its beat when paced; beats that were missed are counted in its index."""
        if self._closed.is_set() or (self._last is not None and self._next >= self._last):
            return None
        if self.live:
            self._await_beat()
            if self._closed.is_set():
                return None
        index, self._next = self._next, self._next + 1
        media_s = index / self.fps
        expression = self._path.at(media_s)
        picture = self._pool.take()
        points = self.renderer.frame(expression, picture)
        return Frame(
            index, time.monotonic(), media_s, picture, truth=Truth(self._digest, points[:, :2].copy(), expression)
        )

    def _await_beat(self) -> None:
        now_s = time.monotonic()
        if self._next == 0:
            self._start_s = now_s
        due_s = self._start_s + self._next / self.fps
        if now_s < due_s:
            self._closed.wait(due_s - now_s)
        else:
            self._next = max(self._next, int((now_s - self._start_s) * self.fps))

    def close(self) -> None:
        """Stop performing; a waiting `read` returns at once."""
        self._closed.set()
