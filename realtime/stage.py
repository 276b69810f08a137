"""One step of the loop, and the work of the thread that takes frames through some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from realtime.faults import Faults
from realtime.frame import Frame, Span
from realtime.hand_overs import HandOver
from realtime.slot import Slot


class Stage(NamedTuple):
    """One step of the loop: a frame in, the same frame, worked on, out.

    Attributes:
        name: For figures and messages.
        call: Does the work.
        otherwise: What becomes of a frame on which `call` failed, so that a live loop goes on; None where nothing can.
    """

    name: str
    call: Callable[[Frame], Frame]
    otherwise: Callable[[Frame], Frame] | None = None


class Group:
    """Stages that share a thread: a frame goes through all of them before the next one does.

    Args:
        stages: In their order.
        live: Whether a stage may fail and the loop go on.
        faults: Told of stages that fail while it does.
        clock: Monotonic seconds.
    """

    def __init__(self, stages: Sequence[Stage], *, live: bool, faults: Faults, clock: Callable[[], float]) -> None:
        self._stages, self._live, self._faults, self._clock = stages, live, faults, clock

    def work(self, slot: Slot[Frame], hand_over: HandOver) -> None:
        """Work on every frame that comes, until none does or nobody takes them any more.

        Raises:
            Exception: What a stage raised.
        """
        while (frame := slot.get()) is not None:
            spans, start_s = [], self._clock()
            for stage in self._stages:
                frame, end_s = self._run(stage, frame), self._clock()
                spans.append(Span(stage.name, start_s, end_s))
                start_s = end_s
            if not hand_over(frame.after(*spans)):
                return
        hand_over(None)

    def _run(self, stage: Stage, frame: Frame) -> Frame:
        if stage.otherwise is None or not self._live:
            return stage.call(frame)
        try:
            done = stage.call(frame)
        except Exception as error:  # noqa: BLE001 - whatever it was, viewers are not to see the face; it is told, and
            self._faults.failed(stage.name, error, self._clock())  # raised here where it lasts
            return stage.otherwise(frame)
        self._faults.passed(stage.name)
        return done
