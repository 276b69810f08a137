"""How much later than the sound a picture is: what other programs are told to hold the microphone back by."""

from __future__ import annotations

import math

STEP_MS = 5
"""Nobody hears less, and a figure that changes all the time is no use to type."""
_HELD_MS = 10.0
"""A picture that is held back leaves at its age and is then written, which takes its time."""


def sync_offset_ms(age_p50_ms: float, target_delay_ms: float = 0.0) -> int | None:
    """The "Sync Offset" to type into OBS for the microphone, in milliseconds.

    It is the age of the picture when it leaves Thespis: what lies between there and the viewer's eye comes on top.

    Args:
        age_p50_ms: Median age of the first sink's pictures; NaN where nothing was measured.
        target_delay_ms: What `--target-delay` asked for; 0 for none. It is the answer as long as it is kept.

    Returns:
        A multiple of 5; None where there is nothing to say yet.
    """
    if math.isnan(age_p50_ms):
        return None
    kept = target_delay_ms > 0 and age_p50_ms <= target_delay_ms + _HELD_MS
    return STEP_MS * round((target_delay_ms if kept else age_p50_ms) / STEP_MS)
