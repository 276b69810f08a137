"""Frame buffers that come back by themselves."""

from __future__ import annotations

import threading
import weakref

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage


class FramePool:
    """Hands out picture buffers and takes each back when the last reference to it is gone.

    A fresh 720p picture costs the kernel 675 page faults; a loop that makes one for every frame pays for it
    in every stage that touches it first. A frame may be dropped in any slot, so nobody can be asked to give a
    buffer back by hand: the array handed out is a view, and the memory returns when that view is collected.
    Hence the rule in `Frame.image`: no stage keeps a slice of it.

    Args:
        size_wh: Width and height of every picture.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._shape = (size_wh[1], size_wh[0], 3)
        self._free: list[npt.NDArray[np.uint8]] = []
        self._lock = threading.Lock()
        self.made = 0

    def take(self) -> BgrImage:
        """A (H, W, 3) uint8 picture with whatever was last drawn in it."""
        with self._lock:
            if self._free:
                memory = self._free.pop()
            else:
                memory = np.zeros(int(np.prod(self._shape)), np.uint8)
                self.made += 1
        picture = memory.reshape(self._shape)
        weakref.finalize(picture, self._free.append, memory).atexit = False
        return picture
