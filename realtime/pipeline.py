"""The loop: one run of it, from opening to closing, as the caller's thread sees it.

    source ─▶ slot ─▶ stages ─▶ slot ─▶ stages ─▶ … ─┬▶ slot ─▶ sink
    thread 1          thread 2          thread 3     └▶ slot ─▶ sink

One thread serves one group of stages, so frames never overtake each other. What the threads do is told in rooms of
their own: `reading` (the source's), `stage` (those of the stages), here at the end (the sinks'); what lies between them
in `hand_overs`; how they fail and end together in `workers`.

What fails behind a live source ends the run only where nothing is left to go on with: a stage that knows what
to do otherwise does that, a sink that breaks is let go while another works. Behind a file the first failure ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from realtime.curtain import Curtain
from realtime.errors import ThespisError
from realtime.faults import Faults
from realtime.frame import Frame
from realtime.hand_overs import HandOvers
from realtime.limits import Limits
from realtime.outputs import Named, Outputs
from realtime.reading import Reading
from realtime.sink.base import Sink
from realtime.slot import NudgedError, Slot
from realtime.source.base import Source
from realtime.stage import Group, Stage
from realtime.timing import Timing, now_s
from realtime.workers import Workers

JOIN_S = 5.0
"""How long a thread may take to end after every slot is closed."""
REST_S = 1.5
"""So long after the last frame a live source, or the loop, has stalled: viewers are not to see a face that froze."""


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
        self._clock, self._delay_s = clock, delay_s
        self._on_open, self._on_tick, self._tick_s, self._rest_s = on_open, on_tick, tick_s, rest_s
        self.faults = Faults()
        self._reading = Reading(source, limits, clock)
        self._reader: threading.Thread | None = None
        self._hand_overs: HandOvers | None = None
        self._workers = Workers(self._break_off)
        self._ran = False

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
            self._workers.fail(error)
        self._shut_down()
        for broken in self._outputs.broken.values():
            self._workers.fail(broken)
        if self._workers.error is not None:
            raise self._workers.error

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
        self._reading.stop()

    # The three steps of a run

    def _open(self) -> None:
        self._source.open()
        self._outputs.open(self._source.size_wh, self._source.fps)
        if self._on_open:
            self._on_open()

    def _build(self) -> tuple[Slot[Frame] | None, Sequence[Named]]:
        """Make slots and threads and start them; returns what the caller's own thread is to serve."""
        named = self._outputs.all
        here = [(name, sink) for name, sink in named if sink.main_thread]
        served = [[pair] for pair in named if not pair[1].main_thread] + ([here] if here else [])
        names = [group[0].name for group in self._groups]
        between = HandOvers(self._source, names, served, timing=self._timing, clock=self._clock, delay_s=self._delay_s)
        self._timing.expect(self._outputs.names, between.causes)
        self._hand_overs = between
        self._curtain.wake(between.nudge_sinks)
        after_source, *after_groups = between.chain
        for stages, slot, hand_over in zip(self._groups, between.before_stages, after_groups, strict=True):
            group = Group(stages, live=self._source.live, faults=self.faults, clock=self._clock)
            self._workers.add(stages[0].name, partial(group.work, slot, hand_over))
        for sinks, slot in zip(served, between.before_sinks, strict=True):
            if sinks is not here:
                self._workers.add(sinks[0][0], partial(self._serve, sinks, slot))
        self._reader = self._workers.add("source", partial(self._reading.read, after_source))
        self._workers.start()
        return (between.before_sinks[-1] if here else None), here

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
                elif self._workers.wait(wait_s):
                    return
            except NudgedError:
                self._outputs.rest(sinks, hidden=True)
            except TimeoutError:  # the tick is due
                if self._source.live and now_s() - last_s > self._rest_after_s:
                    self._outputs.rest(sinks)
            if now_s() >= next_tick_s:
                self._tick()
                next_tick_s = now_s() + self._tick_s

    def _tick(self) -> None:
        if self._source.live and self._reading.silent_to_the_end(self._rest_after_s):
            self.stop()
        if self._reading.stopping:
            self._reading.release(self._reader)
        if self._on_tick:
            self._on_tick()

    # Its end

    def _break_off(self) -> None:
        if self._hand_overs is not None:
            self._hand_overs.break_off()

    def _shut_down(self) -> None:
        """Close everything, each once, whatever the closing of another does."""
        self._curtain.wake(None)
        if not self._reading.closed:
            self._workers.attempt(partial(self._reading.release, self._reader))
        stuck = self._workers.join(JOIN_S)
        # A sink whose write hangs comes last: closing it under its writer may be all that frees it.
        for _, sink in sorted(self._outputs.all, key=lambda pair: (pair[0] in stuck, pair[1].closes_late)):
            self._workers.attempt(sink.close)
        if stuck:
            self._workers.fail(ThespisError(f"{', '.join(stuck)}: did not end within {JOIN_S:.0f} s"))

    # What the threads of the sinks do, each its own

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

    @property
    def _rest_after_s(self) -> float:
        return max(self._rest_s, 3 / self._source.fps)
