"""Where a run ends by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends by itself.

    Attributes:
        seconds: Length of the output, in the source's own time; of a live source also the time that passes, once it is
            silent: whoever waits for the end is not to wait for a source that has gone.
        frames: Frames taken from the source.
    """

    seconds: float | None = None
    frames: int | None = None

    def reached(self, taken: int, media_s: float) -> bool:
        """Whether a frame shown at `media_s`, after `taken` others, lies beyond the end."""
        rounding_s = 1e-6
        beyond = self.seconds is not None and media_s >= self.seconds - rounding_s
        return beyond or (self.frames is not None and taken >= self.frames)
