"""The picture the other way round, as whoever looks into a looking glass knows themselves."""

from __future__ import annotations

from dataclasses import replace

import cv2

from realtime.frame import Frame
from realtime.place import Place
from realtime.pool import FramePool


class Mirror:
    """Flips pictures left to right, as in a looking glass, while what is worn in a place says so.

    Tapped in at the source, before every stage, so that badge and stamp stay readable. The truth of a
    rendered frame, which is of the picture as it was drawn, does not come along.

    Args:
        place: Whose fit is followed from frame to frame.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pool: FramePool | None = None
        self._size_wh = (0, 0)

    def __call__(self, frame: Frame) -> Frame:
        """The frame with a flipped picture of its own, or the frame as it is."""
        if not self._place.outfit.fit.now.mirror:
            return frame
        if self._pool is None or self._size_wh != frame.size_wh:
            self._pool, self._size_wh = FramePool(frame.size_wh), frame.size_wh
        flipped = self._pool.take()
        cv2.flip(frame.image, 1, dst=flipped)
        return replace(frame, image=flipped, truth=None)
