"""The slots of one run, and how a thread hands frames over to those that come after it.

Behind a live source every slot keeps only the newest frame; behind a file every slot is a short queue, and nothing is
dropped. Where a delay is asked for, the slots before the sinks hold live frames back until they are as old as that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from realtime.due_slot import DueSlot
from realtime.frame import Frame
from realtime.outputs import Named
from realtime.slot import LatestSlot, OrderedSlot, Slot
from realtime.source.base import Source
from realtime.timing import Timing

HandOver: TypeAlias = Callable[[Frame | None], bool]
"""Gives a frame to whoever is next, and says whether they still take any; None gives them the end of the stream."""


class HandOvers:
    """One slot before each group of stages, and one before each thread that serves sinks.

    Args:
        source: Open. Its `live` decides what the slots are.
        groups: What the first stage of each group is called.
        served: The sinks, those together that share a thread.
        timing: Told of every frame that is dropped, and of every one that is finished.
        clock: Monotonic seconds; the clock of `Frame.captured_s`.
        delay_s: See `Pipeline`.

    Attributes:
        before_stages, before_sinks: The slots, in the order of `groups` and `served`.
        chain: What hands over to them: the source's, then that of each group; the last one's is to all sinks.
        causes: Of drops that are counted.
    """

    def __init__(
        self,
        source: Source,
        groups: Sequence[str],
        served: Sequence[Sequence[Named]],
        *,
        timing: Timing,
        clock: Callable[[], float],
        delay_s: float = 0.0,
    ) -> None:
        self._source, self._timing, self._clock = source, timing, clock
        causes = [f"before {name}" for name in groups]
        # What only looks on may miss frames: no viewer does.
        sink_causes = ["" if all(sink.beside for _, sink in sinks) else f"before {sinks[0][0]}" for sinks in served]
        self.causes = [cause for cause in (*causes, *sink_causes) if cause] if source.live else []
        self.before_stages = [self._slot(cause) for cause in causes]
        self.before_sinks = [self._slot(cause, delay_s) for cause in sink_causes]
        self.chain: Sequence[HandOver] = (
            *(self._to([slot]) for slot in self.before_stages),
            self._to(self.before_sinks, finished=True),
        )

    def break_off(self) -> None:
        """Free whoever waits for a frame or a place; what is under way is thrown away."""
        for slot in (*self.before_stages, *self.before_sinks):
            slot.close(drain=False)

    def nudge_sinks(self) -> None:
        """Let whoever serves sinks come back now, and not when the next frame comes: that may be never."""
        for slot in self.before_sinks:
            slot.nudge()

    def _slot(self, cause: str, delay_s: float = 0.0) -> Slot[Frame]:
        if not self._source.live:
            return OrderedSlot()

        def on_drop() -> None:
            if cause:
                self._timing.dropped(cause, self._clock())

        if delay_s > 0:
            return DueSlot(delay_s, fps=self._source.fps, clock=self._clock, on_drop=on_drop)
        return LatestSlot(on_drop)

    def _to(self, slots: Sequence[Slot[Frame]], *, finished: bool = False) -> HandOver:
        def hand_over(frame: Frame | None) -> bool:
            if frame is None:
                for slot in slots:
                    slot.close()
                return False
            if finished:
                self._timing.finished(frame)
            return all(slot.put(frame) for slot in slots)

        return hand_over
