"""Pictures made ready, so that what is measured is the loop and not whoever performs before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from realtime.frame import Frame
from realtime.pool import FramePool
from realtime.source.base import Source
from realtime.source.portrait import PortraitPerformer
from realtime.timing import now_s

FPS = 30.0


def ready_frames(size_wh: tuple[int, int], count: int) -> list[Frame]:
    """So many frames of the built-in performer, in memory; played there and back nothing jumps."""
    with PortraitPerformer(size_wh=size_wh, fps=FPS, paced=False, seconds=count / FPS) as performer:
        frames = list(islice(iter(performer.read, None), count))
    return [replace(frame, image=frame.image.copy()) for frame in frames if frame is not None]


class ReadySource(Source):
    """Ready frames, there and back again, as fast as they are taken. Nothing is dropped.

    Args:
        frames: To be played.
        most: How many frames it gives before it ends.
        by_clock: Whether a frame's own time is when it was taken, as a camera's is that gives as many; else there are
            thirty in a second of it, however fast they are taken.
    """

    def __init__(self, frames: Sequence[Frame], most: int, *, by_clock: bool = False) -> None:
        self.name, self.live, self.fps = "ready", False, FPS
        self.size_wh = frames[0].size_wh
        self.length_s = most / FPS
        self._round, self._most, self._next = [*frames, *frames[-2:0:-1]], most, 0
        self._by_clock, self._began_s = by_clock, 0.0
        self._pool = FramePool(self.size_wh)

    def open(self) -> None:
        """Begin at the first."""
        self._next = 0

    def read(self) -> Frame | None:
        """The next frame, its picture copied into a buffer of its own: the one copy that every source makes."""
        if self._next >= self._most:
            return None
        index, self._next = self._next, self._next + 1
        frame = self._round[index % len(self._round)]
        taken_s = now_s()  # the copy is part of a picture's age
        self._began_s = self._began_s or taken_s
        picture = self._pool.take()
        np.copyto(picture, frame.image)
        media_s = taken_s - self._began_s if self._by_clock else index / FPS
        return replace(frame, index=index, media_s=media_s, captured_s=taken_s, image=picture)

    def close(self) -> None:
        """End."""
        self._next = self._most
