"""Hiding: from one moment on nothing but the slate goes out, whatever is under way in the loop."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from realtime.composite.slate import draw_slate
from realtime.frame import BgrImage, Frame
from realtime.timing import now_s

SETTLE_S = 0.5
"""So long `hide` waits for pictures that were already on their way into a sink when it was called."""


class Curtain:
    """Stands right before the sinks. While it is down, each of them is given the slate in the place of every frame.

    It is asked last, under the same lock that lets it down: a frame that waits in a slot, or is being worked on, when
    somebody hides does not get past it, also when it is shown again before that frame's turn has come. Any thread may
    call anything here.

    Args:
        clock: Monotonic seconds, the clock of `Frame.captured_s`.
    """

    def __init__(self, clock: Callable[[], float] = now_s) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._hidden = False
        self._shown_s = -math.inf
        self._under_way = 0
        self._cards: dict[tuple[int, int], BgrImage] = {}
        self._on_hide: Callable[[], None] | None = None

    @property
    def hidden(self) -> bool:
        """Whether the slate is all that goes out."""
        return self._hidden

    def hide(self, *, wait_s: float = SETTLE_S) -> bool:
        """Let it down: no frame that is not in a sink's hands already is seen by anybody.

        Args:
            wait_s: How long to wait for those that are; 0 in a thread that is itself writing into a sink.

        Returns:
            Whether from here on nothing but the slate is written; False where a sink still holds an earlier frame.
        """
        with self._changed:
            self._hidden = True
            on_hide = self._on_hide
        if on_hide is not None:
            on_hide()  # first: one sink that is slow is not to keep the slate from the others
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, wait_s)

    def show(self) -> None:
        """Raise it: frames go out again, from the first that is captured after this. What was hidden stays hidden."""
        with self._changed:
            if self._hidden:
                self._hidden, self._shown_s = False, self._clock()

    def wake(self, on_hide: Callable[[], None] | None) -> None:
        """Say what is to be called when it comes down, so that no sink waits for the next frame; None ends that."""
        with self._changed:
            self._on_hide = on_hide

    @contextmanager
    def passing(self, frame: Frame) -> Iterator[Frame]:
        """What a sink may write in the place of a frame, for as long as it writes it."""
        with self._changed:
            hidden = self._hidden or frame.seen_s < self._shown_s
            self._under_way += not hidden
        try:
            yield self._slated(frame) if hidden else frame
        finally:
            if not hidden:
                with self._changed:
                    self._under_way -= 1
                    self._changed.notify_all()

    def _slated(self, frame: Frame) -> Frame:
        """The frame with the slate for a picture; its own is shared, and stays as it is."""
        card = self._cards.get(frame.size_wh)
        if card is None:
            card = self._cards[frame.size_wh] = draw_slate(frame.size_wh)
        return replace(frame, image=card, swaps=(), covered=frozenset(), painted=frozenset(), worn=False, truth=None)
