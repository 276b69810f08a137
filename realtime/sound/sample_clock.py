"""When a sample was heard, though the times that a sound card tells are uneven and its clock runs a little off."""

from __future__ import annotations

import math

_BANDWIDTH_HZ, _SOONEST_HZ = 0.05, 2.0
_MOST_OFF = 0.002
"""Sound cards are off by up to 0.0002, the worst by ten times as much; more is a fault of the times told."""
_LOST_S, _LOST_BLOCKS = 0.05, 3
"""So far off for so many blocks, samples were lost: the clock begins again."""


class SampleClock:
    """A delay-locked loop: predicts each block's time from the samples before it, and slowly follows what is told.

    F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005. It follows quickly at first, and
    slower and slower, until twenty seconds' worth of times decide. The rate it measures is what takes the
    drift of the sound card's clock against ours out of a recording, however long that is.

    Args:
        rate: Samples a second, as announced.
    """

    def __init__(self, rate: float) -> None:
        self._nominal_s = self._sample_s = 1.0 / rate
        self._next_s: float | None = None
        self._passed_s, self._off = 0.0, 0

    @property
    def rate(self) -> float:
        """Samples in a second of our clock, as measured so far."""
        return 1.0 / self._sample_s

    def __call__(self, told_s: float, count: int) -> float:
        """The time of a block's first sample.

        Args:
            told_s: What the sound card says of it, in seconds of our clock.
            count: Samples in the block.
        """
        error_s = 0.0 if self._next_s is None else told_s - self._next_s
        self._off = self._off + 1 if abs(error_s) > _LOST_S else 0
        if self._next_s is None or self._off >= _LOST_BLOCKS:
            at_s, self._passed_s, self._off = told_s, 0.0, 0
        elif self._off:  # one late answer of a busy system says nothing
            at_s = self._next_s
        else:
            at_s = self._next_s + self._follow(error_s, count)
        self._next_s = at_s + count * self._sample_s
        self._passed_s += count * self._nominal_s
        return at_s

    def _follow(self, error_s: float, count: int) -> float:
        """How far to go towards what was told; the measured rate goes with it."""
        bandwidth_hz = max(_BANDWIDTH_HZ, min(_SOONEST_HZ, 1.0 / self._passed_s))
        omega = min(2 * math.pi * bandwidth_hz * count * self._nominal_s, 0.5)
        sample_s = self._sample_s + omega * omega * error_s / count
        lowest_s, highest_s = (self._nominal_s * (1 + off) for off in (-_MOST_OFF, _MOST_OFF))
        self._sample_s = min(max(sample_s, lowest_s), highest_s)
        return math.sqrt(2) * omega * error_s
