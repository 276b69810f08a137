"""Whether the scene became another one since the last frame that a stage saw."""

from __future__ import annotations

from realtime.frame import Frame


class SceneWatch:
    """Tells a stage of a cut, also where the frame of the cut was dropped on its way there. One thread at a time."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, frame: Frame) -> bool:
        """Whether there was a cut after the frame before; no where nobody counted the scenes."""
        before, self._last = self._last, frame.scene or self._last
        return self._last != before
