"""A sink that is given stamped frames at their rate, and those who watch it."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from functools import cache
from typing import Self

import cv2
import numpy as np

from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.stamp import Stamp, read_stamp, write_stamp
from realtime.timing import now_s

SIZE_WH, FPS = (640, 360), 30.0
WITHIN_S = 60.0


class Sender:
    """Opens a sink and writes frames into it in a thread of its own until it is left.

    Args:
        sink: Not yet open.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.longest_write_s = 0.0
        self.notices: list[str] = []

    def __enter__(self) -> Self:
        self._sink.open(SIZE_WH, FPS)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._sink.close()

    def _run(self) -> None:
        first_s, index = now_s(), 0
        while not self._ended.wait(max(0.0, first_s + index / FPS - now_s())):
            captured_s = now_s()
            image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
            cv2.circle(image, (index * 7 % SIZE_WH[0], 220), 50, (40, 180, 220), -1)
            write_stamp(image, Stamp(index, captured_s))
            self._sink.write(Frame(index, captured_s, captured_s - first_s, image))
            self.longest_write_s = max(self.longest_write_s, now_s() - captured_s)
            if self._sink.notice not in self.notices:
                self.notices.append(self._sink.notice)
            index += 1


class Watched:
    """What a viewer showed.

    Attributes:
        stamps: Of every picture, in order; None where there was none to read.
        ages_s: Of those that had one.
    """

    def __init__(self) -> None:
        self.stamps: list[Stamp | None] = []
        self.ages_s: list[float] = []
        self.last: BgrImage | None = None
        self._changed = threading.Condition()

    def look(self, picture: BgrImage, seen_s: float) -> None:
        stamp = read_stamp(picture)
        with self._changed:
            self.stamps.append(stamp)
            self.last = picture
            if stamp is not None:
                self.ages_s.append(seen_s - stamp.captured_s)
            self._changed.notify_all()

    @property
    def indices(self) -> list[int]:
        return [stamp.index for stamp in self.stamps if stamp is not None]

    def wait_for(self, frames: int) -> None:
        """Until so many different frames have been seen."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(set(self.indices)) >= frames, WITHIN_S)
        assert enough, f"{len(self.stamps)} pictures, {len(set(self.indices))} frames"

    def wait_for_newer_than(self, captured_s: float) -> None:
        """Until a frame has been seen that was captured after a moment."""

        def seen() -> bool:
            return any(stamp is not None and stamp.captured_s > captured_s for stamp in self.stamps)

        with self._changed:
            assert self._changed.wait_for(seen, WITHIN_S)

    def wait_for_slate(self) -> None:
        """Until a picture without a stamp comes last."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.stamps) and self.stamps[-1] is None, WITHIN_S)

    def check_order(self) -> None:
        """Frames came in order, and none was older than can be: a stamp tells of another clock otherwise."""
        assert self.indices == sorted(self.indices)
        assert min(self.ages_s) > 0
        assert max(self.ages_s) < WITHIN_S


@cache
def without_outside() -> Sequence[str]:
    """Words before a command that leave its programs no network but loopback; none where that is not allowed."""
    words = ("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    allowed = shutil.which("unshare") and shutil.which("ip") and os.geteuid() == 0
    return words if allowed and subprocess.run([*words, "true"], check=False).returncode == 0 else ()
