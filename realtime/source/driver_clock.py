"""When a camera's picture was taken."""

from __future__ import annotations

import math

import cv2

from realtime.source.camera_device import BACKEND, CaptureDevice

_OLDEST_S = 1.0
"""A first stamp that is older is of another clock; once one was true, older ones are of pictures that waited."""


class DriverClock:
    """Says when each picture was taken, by its driver's stamp where that can be true.

    Drivers of V4L2 stamp pictures with the monotonic clock, most of them as the first bytes come in. Then what the way
    over the cable and the unpacking take counts as age, as it should, and sound is laid to the right picture. Without
    such a stamp (other systems; a driver with another clock, or with none) a picture was taken when it was had.

    Args:
        stamped: Whether there are such stamps; where left out, whether OpenCV's way to cameras here has them.
    """

    def __init__(self, *, stamped: bool | None = None) -> None:
        self._stamped = BACKEND == cv2.CAP_V4L2 if stamped is None else stamped
        self._stamp_s, self._late_s = 0.0, 0.0
        self._believes = False
        self._taken_s = -math.inf

    def taken_s(self, device: CaptureDevice | None, had_s: float) -> float:
        """When the picture that was read last was taken; never before the one before it.

        Args:
            device: What it was read from; None where that is gone already.
            had_s: When it was had, in monotonic seconds.
        """
        stamp_s = device.get(cv2.CAP_PROP_POS_MSEC) / 1e3 if self._stamped and device is not None else math.nan
        true = self._stamp_s < stamp_s <= had_s and (self._believes or had_s - stamp_s <= _OLDEST_S)
        if true:
            self._stamp_s, self._late_s, self._believes = stamp_s, had_s - stamp_s, True
        # One without a stamp among others that had one has come as late as they did.
        self._taken_s = max(stamp_s if true else had_s - self._late_s, self._taken_s)
        return self._taken_s
