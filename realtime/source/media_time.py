"""Time stamps made steady."""

from __future__ import annotations

_JUMP_S = 0.5  # a time stamp this far back is a new beginning (a camera that restarted), not jitter
_TICK_S = 0.001  # what keeps two frames with one time stamp apart


class MediaTime:
    """Turns a stream's time stamps into seconds since its first frame that only ever grow.

    Missing stamps count on by one frame; a stream that begins anew goes on one frame after the last.

    Args:
        fps: Frames a second, for the places where stamps are missing.
    """

    def __init__(self, fps: float) -> None:
        self._frame_s = 1.0 / fps
        self._last_s: float | None = None
        self._media_from_stamp_s: float | None = None

    def __call__(self, stamp_s: float | None) -> float:
        """The media time of the next frame, from its time stamp in seconds if it has one."""
        following_s = 0.0 if self._last_s is None else self._last_s + self._frame_s
        media_s = following_s
        if stamp_s is not None:
            shift_s = self._media_from_stamp_s
            if shift_s is None or (self._last_s is not None and stamp_s + shift_s < self._last_s - _JUMP_S):
                shift_s = self._media_from_stamp_s = following_s - stamp_s
            media_s = stamp_s + shift_s
        if self._last_s is not None:
            media_s = max(media_s, self._last_s + _TICK_S)
        self._last_s = media_s
        return media_s

    def begin_again(self, pause_s: float = 0.0) -> None:
        """Let the next stamp, whatever it is, come one frame after the last (a film played in a loop).

        Args:
            pause_s: How long nothing came before it (a stream that broke off), which is part of the stream's time.
        """
        self._media_from_stamp_s = None
        if self._last_s is not None:
            self._last_s += max(0.0, pause_s - self._frame_s)
