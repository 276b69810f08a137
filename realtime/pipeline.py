"""The loop: the only room that knows threads.

    source ─▶ slot ─▶ stages ─▶ slot ─▶ stages ─▶ … ─┬▶ slot ─▶ sink
    thread 1          thread 2          thread 3     └▶ slot ─▶ sink

One thread serves one group of stages, so frames never overtake each other. Behind a live source every slot
keeps only the newest frame; behind a file every slot is a short queue, and nothing is dropped. Where a delay is asked
for, the slots before the sinks hold live frames back until they are as old as that.

What fails behind a live source ends the run only where nothing is left to go on with: a stage that knows what
to do otherwise does that, a sink that breaks is let go while another works. Behind a file the first failure ends it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from realtime.curtain import Curtain
from realtime.due_slot import DueSlot
from realtime.errors import ThespisError
from realtime.faults import Faults
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.outputs import Named, Outputs
from realtime.sink.base import Sink
from realtime.slot import LatestSlot, NudgedError, OrderedSlot, Slot
from realtime.source.base import Source
from realtime.timing import Timing, now_s

SOURCE_GRACE_S = 1.0
"""How long a source may take to come back from `read` before it is closed under its reader."""
JOIN_S = 5.0
"""How long a thread may take to end after every slot is closed."""
REST_S = 1.5
"""So long after the last frame a live source, or the loop, has stalled: viewers are not to see a face that froze."""


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


class Pipeline:
    """Runs frames from a source through groups of stages to sinks. Runs once.

    Source and sinks are opened by `run` and closed by it, whatever happens: at the end of the source, after
    `stop`, after a failure in any thread, after Ctrl-C.

    Args:
        source: Where frames come from. Its `live` decides how threads hand over.
        threads: Groups of stages; each group gets a thread.
        sinks: Where finished frames go; each gets a thread, those with `main_thread` share the caller's.
        timing: Takes what was measured. The first sink is the one whose age counts.
        clock: Monotonic seconds; the clock of `Frame.captured_s`.
        on_open: Called in the caller's thread when source and sinks are open, before the first frame.
        on_tick: Called in the caller's thread about every `tick_s` seconds.
        tick_s: See `on_tick`.
        rest_s: See `REST_S`.
        limits: Where the run ends by itself.
        delay_s: The age at which every frame of a live source is given to the sinks, 0 to 1 second, so that it is the
            same for all; one that is older already is given at once. What a sink takes to write comes on top.
        curtain: Stands before the sinks; the user lets it down to hide.

    Attributes:
        faults: Stages that failed while the loop went on.
    """

    def __init__(
        self,
        source: Source,
        threads: Sequence[Sequence[Stage]],
        sinks: Sequence[Sink],
        *,
        timing: Timing | None = None,
        clock: Callable[[], float] = now_s,
        on_open: Callable[[], None] | None = None,
        on_tick: Callable[[], None] | None = None,
        tick_s: float = 0.5,
        rest_s: float = REST_S,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        delay_s: float = 0.0,
        curtain: Curtain | None = None,
    ) -> None:
        self._source, self._groups = source, threads
        self._timing = timing or Timing()
        self._curtain = curtain or Curtain()
        self._outputs = Outputs(sinks, self._timing, clock, self._curtain)
        self._clock, self._limits, self._delay_s = clock, limits, delay_s
        self._on_open, self._on_tick, self._tick_s, self._rest_s = on_open, on_tick, tick_s, rest_s
        self.faults = Faults()
        self._slots: list[Slot[Frame]] = []
        self._sink_slots: list[Slot[Frame]] = []
        self._workers: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._working = 0
        self._begun_s = self._last_s = math.inf
        self._error: BaseException | None = None
        self._stopping = self._source_closed = self._ran = False

    def run(self) -> None:
        """Run until the source ends, a limit is reached, `stop` is called, or something fails.

        Raises:
            RuntimeError: It ran before.
            BaseException: The first failure in any thread, as it was raised there; later ones are its notes. A sink
                that broke while others went on is raised at the end.
        """
        if self._ran:
            raise RuntimeError("a pipeline runs once")
        self._ran = True
        try:
            self._open()
            here = self._build()
            self._attend(here)
        except BaseException as error:  # noqa: BLE001 - everything is released first, then it is raised
            self._fail(error)
        self._shut_down()
        for broken in self._outputs.broken.values():
            self._fail(broken)
        if self._error is not None:
            raise self._error

    @property
    def notice(self) -> str:
        """One line about what does not work at this moment though the run goes on; empty where all does."""
        stalled = "no frames come" if self._outputs.resting else ""
        return "; ".join(filter(None, [stalled, self.faults.notice, self._outputs.notice]))

    def stop(self) -> None:
        """End the run as if the source had ended: frames under way still reach the sinks.

        Safe in a signal handler and from any thread: it takes no lock. A source that waits for a device is
        left alone until the next tick and then closed.
        """
        self._stopping = True

    def _hide(self) -> None:
        """Let the sinks show the slate now, and not when the next frame comes: that may be never."""
        for slot in self._sink_slots:
            slot.nudge()

    # What the caller's thread does

    def _open(self) -> None:
        self._source.open()
        self._outputs.open(self._source.size_wh, self._source.fps)
        if self._on_open:
            self._on_open()

    def _build(self) -> tuple[Slot[Frame] | None, Sequence[Named]]:
        """Make slots and threads and start them; returns what the caller's own thread is to serve."""
        causes = [f"before {group[0].name}" for group in self._groups]
        named = self._outputs.all
        here = [(name, sink) for name, sink in named if sink.main_thread]
        served = [[pair] for pair in named if not pair[1].main_thread] + ([here] if here else [])
        # What only looks on may miss frames: no viewer does.
        sink_causes = ["" if all(sink.beside for _, sink in sinks) else f"before {sinks[0][0]}" for sinks in served]
        counted = [cause for cause in (*causes, *sink_causes) if cause]
        self._timing.expect(self._outputs.names, counted if self._source.live else [])
        slots = [self._slot(cause) for cause in causes]
        sink_slots = [self._slot(cause, self._delay_s) for cause in sink_causes]
        self._slots, self._sink_slots = [*slots, *sink_slots], sink_slots
        self._curtain.wake(self._hide)
        hand_overs = [*(self._to([slot]) for slot in slots), self._to(sink_slots, finished=True)]
        for group, slot, hand_over in zip(self._groups, slots, hand_overs[1:], strict=True):
            self._add(group[0].name, partial(self._work, group, slot, hand_over))
        for sinks, slot in zip(served, sink_slots, strict=True):
            if sinks is not here:
                self._add(sinks[0][0], partial(self._serve, sinks, slot))
        self._add("source", partial(self._read, hand_overs[0]))
        self._working = len(self._workers)
        for worker in self._workers:
            worker.start()
        return (sink_slots[-1] if here else None), here

    def _attend(self, here: tuple[Slot[Frame] | None, Sequence[Named]]) -> None:
        """Serve the sinks that need this thread, and tick, until every worker has ended."""
        slot, sinks = here
        next_tick_s = now_s() + self._tick_s
        last_s = now_s()
        while True:
            wait_s = max(0.0, next_tick_s - now_s())
            try:
                if slot is not None:
                    frame = slot.get(wait_s)
                    if frame is None:
                        slot = None
                    else:
                        self._outputs.write(sinks, frame, live=self._source.live)
                        last_s = now_s()
                elif self._wait_for_end(wait_s):
                    return
            except NudgedError:
                self._outputs.rest(sinks, hidden=True)
            except TimeoutError:  # the tick is due
                if self._source.live and now_s() - last_s > self._rest_after_s:
                    self._outputs.rest(sinks)
            if now_s() >= next_tick_s:
                self._tick()
                next_tick_s = now_s() + self._tick_s

    def _wait_for_end(self, wait_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._working == 0 or self._error is not None, wait_s)

    def _tick(self) -> None:
        if self._silent_to_the_end:
            self.stop()
        if self._stopping:
            self._release_source()
        if self._on_tick:
            self._on_tick()

    @property
    def _silent_to_the_end(self) -> bool:
        """Whether a live source gives nothing any more, and as much time has passed as the run was to last."""
        if self._limits.seconds is None or not self._source.live:
            return False
        now = self._clock()
        return now - self._last_s > self._rest_after_s and now - self._begun_s >= self._limits.seconds

    def _release_source(self) -> None:
        """Close the source, giving its reader time to come back by itself first.

        Raises:
            ThespisError: It was closed before, and its reader still waits.
        """
        reader = self._workers[-1] if self._workers else None
        running = reader is not None and reader.ident is not None
        try:
            if reader is not None and running:
                reader.join(SOURCE_GRACE_S)
        finally:
            first, self._source_closed = not self._source_closed, True
            if first:
                self._source.close()
        if not first and reader is not None and reader.is_alive():
            raise ThespisError(f"{self._source.name}: did not stop, though it was closed")

    def _shut_down(self) -> None:
        """Close everything, each once, whatever the closing of another does."""
        self._curtain.wake(None)
        if not self._source_closed:
            self._attempt(self._release_source)
        deadline_s = now_s() + JOIN_S
        for worker in self._workers:
            if worker.ident is not None:
                self._attempt(partial(worker.join, max(0.0, deadline_s - now_s())))
        stuck = sorted(worker.name for worker in self._workers if worker.is_alive())
        # A sink whose write hangs comes last: closing it under its writer may be all that frees it.
        for _, sink in sorted(self._outputs.all, key=lambda pair: (pair[0] in stuck, pair[1].closes_late)):
            self._attempt(sink.close)
        if stuck:
            self._fail(ThespisError(f"{', '.join(stuck)}: did not end within {JOIN_S:.0f} s"))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - what is left must still be closed; `run` raises it
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Keep the first failure and wake everyone; later ones are noted on it."""
        with self._changed:
            if self._error is None:
                self._error = error
            elif error is not self._error:
                self._error.add_note(f"then: {type(error).__name__}: {error}")
            self._changed.notify_all()
        for slot in self._slots:
            slot.close(drain=False)

    # What the workers do

    def _add(self, name: str, body: Callable[[], None]) -> None:
        self._workers.append(threading.Thread(target=self._guard, args=(body,), name=name, daemon=True))

    def _guard(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - a thread has no caller: `run` raises it for this one
            self._fail(error)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def _slot(self, cause: str, delay_s: float = 0.0) -> Slot[Frame]:
        if not self._source.live:
            return OrderedSlot()

        def on_drop() -> None:
            if cause:
                self._timing.dropped(cause, self._clock())

        if delay_s > 0:
            return DueSlot(delay_s, fps=self._source.fps, clock=self._clock, on_drop=on_drop)
        return LatestSlot(on_drop)

    def _to(self, slots: Sequence[Slot[Frame]], *, finished: bool = False) -> Callable[[Frame | None], bool]:
        """A hand-over to these slots; None hands over the end of the stream."""

        def hand_over(frame: Frame | None) -> bool:
            if frame is None:
                for slot in slots:
                    slot.close()
                return False
            if finished:
                self._timing.finished(frame)
            return all(slot.put(frame) for slot in slots)

        return hand_over

    def _read(self, hand_over: Callable[[Frame | None], bool]) -> None:
        taken = 0
        while not self._stopping:
            start_s = self._clock()
            if not taken:
                self._begun_s = self._last_s = start_s
            try:
                frame = self._source.read()
            except Exception:
                if self._source_closed:
                    break  # closed under this reader because the run is over
                raise
            if frame is None or self._limits.reached(taken, frame.media_s):
                break
            taken += 1
            if self._source.live:
                start_s = frame.captured_s  # the wait for the next picture is no work, its way here is
            self._last_s = end_s = self._clock()
            if taken == 1:
                self._begun_s = end_s
            if not hand_over(frame.after("capture", start_s, end_s)):
                return
        hand_over(None)

    def _work(self, group: Sequence[Stage], slot: Slot[Frame], hand_over: Callable[[Frame | None], bool]) -> None:
        while (frame := slot.get()) is not None:
            for stage in group:
                start_s = self._clock()
                frame = self._run(stage, frame).after(stage.name, start_s, self._clock())
            if not hand_over(frame):
                return
        hand_over(None)

    def _run(self, stage: Stage, frame: Frame) -> Frame:
        if stage.otherwise is None or not self._source.live:
            return stage.call(frame)
        try:
            done = stage.call(frame)
        except Exception as error:  # noqa: BLE001 - whatever it was, viewers are not to see the face; it is told, and
            self.faults.failed(stage.name, error, self._clock())  # raised here where it lasts
            return stage.otherwise(frame)
        self.faults.passed(stage.name)
        return done

    @property
    def _rest_after_s(self) -> float:
        return max(self._rest_s, 3 / self._source.fps)

    def _serve(self, sinks: Sequence[Named], slot: Slot[Frame]) -> None:
        live = self._source.live
        while True:
            try:
                frame = slot.get(self._rest_after_s if live else None)
            except TimeoutError as waited:
                self._outputs.rest(sinks, hidden=isinstance(waited, NudgedError))
                continue
            if frame is None:
                return
            self._outputs.write(sinks, frame, live=live)
