"""From the time at which something was captured to the time at which it is to be shown."""

from __future__ import annotations

_SHARE = 0.02
"""Of each frame's word: about fifty of them decide, so that one late frame does not move the sound."""
_JUMP_S, _JUMP_FRAMES = 0.25, 5
"""So far off for so many frames, the source's own time has made a jump (a stream that came back)."""


class MediaShift:
    """Seconds to add to a capture time: always as many for a camera; a stream has its own clock, and comes unevenly."""

    def __init__(self) -> None:
        self._shift_s: float | None = None
        self._off = 0

    @property
    def now_s(self) -> float:
        """The shift as known so far; 0 before the first frame."""
        return self._shift_s or 0.0

    def follow(self, captured_s: float, media_s: float) -> float:
        """Take one frame's word; returns the shift."""
        said_s = media_s - captured_s
        off_s = 0.0 if self._shift_s is None else said_s - self._shift_s
        self._off = self._off + 1 if abs(off_s) > _JUMP_S else 0
        if self._shift_s is None or self._off >= _JUMP_FRAMES:
            self._shift_s, self._off = said_s, 0
        elif not self._off:
            self._shift_s += _SHARE * off_s
        return self._shift_s
