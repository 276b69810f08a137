"""One measured run of the loop: figures from the pictures, the stages' times, and what the process used."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import psutil
import typer

from realtime.errors import SourceError
from realtime.mirror import Mirror
from realtime.pipeline import REST_S
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.stamp import Evidence, Sighting, StampingSource, StampReadingSink
from realtime.sync_offset import sync_offset_ms
from realtime.tap import SinkTap, SourceTap
from realtime.timing import Arrivals, Timing, now_s
from realtime.wear import Wearing
from realtime.witness import Witness
from thespis.environment import describe_machine
from thespis.figures import Report, number, report_of
from thespis.loop import Show, UserEnd, play
from thespis.screen import Screen
from thespis.trace import Trace

WARM_UP_S = 2.0
"""First runs of kernels and caches; a viewer sees them once. Not counted, and said in the report."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured.

    Attributes:
        source: Where frames come from, not yet opened.
        source_name: What the user called it.
        wearing: Who is worn.
        sinks: Where frames go; the first one's pictures count.
        seconds: How long to measure, after the warm-up.
        target_delay_ms: The age at which frames are given to the sinks; 0 for as soon as they are done.
    """

    source: Source
    source_name: str
    wearing: Wearing
    sinks: Sequence[Sink]
    seconds: float
    target_delay_ms: float = 0.0


class ProcessUse:
    """Processor time and memory of this process between the first and the last look."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._looks: list[tuple[float, float]] = []
        self.rss_mb = 0.0

    def look(self) -> None:
        """Take the figures of this moment."""
        times = self._process.cpu_times()
        self._looks = [*self._looks[:1], (now_s(), times.user + times.system)]
        self.rss_mb = max(self.rss_mb, self._process.memory_info().rss / 1e6)

    @property
    def cpu_percent(self) -> float:
        """Of one core: 200 is two cores busy all the time. NaN before the second look."""
        if len(self._looks) < 2:
            return math.nan
        (from_s, from_cpu_s), (to_s, to_cpu_s) = self._looks
        return 100 * (to_cpu_s - from_cpu_s) / (to_s - from_s)

    def since_start_s(self, at_s: float) -> float:
        """From the start of the process to a moment on the loop's clock."""
        ago_s = now_s() - at_s
        return time.time() - ago_s - float(self._process.create_time())


class Watch:
    """Ends a measurement when it is long enough, also where the source falls silent.

    Args:
        seconds: How long to measure, after the warm-up.
        timing: Knows what has arrived.
        use: Looks at the process meanwhile.
        clock: Monotonic seconds, the clock of `timing`.
    """

    def __init__(self, seconds: float, timing: Timing, use: ProcessUse, clock: Callable[[], float] = now_s) -> None:
        self._seconds, self._timing, self._use, self._clock = seconds, timing, use, clock
        self._since_s: float | None = None

    def __call__(self, stop: Callable[[], None]) -> None:
        """Take a look; called again and again while it plays."""
        now = self._clock()
        self._since_s = now if self._since_s is None else self._since_s
        first_s, last_s = self._timing.counted_s()
        if math.isnan(first_s):  # nothing came, or not beyond the warm-up
            if now - self._since_s >= WARM_UP_S + self._seconds + REST_S:
                stop()
            return
        self._use.look()
        silent = now - last_s >= REST_S and now - first_s >= self._seconds
        if silent or last_s - first_s >= self._seconds:
            stop()


def measure(bench: Bench, screen: Screen) -> Report:
    """Play and measure.

    Returns:
        The report, with the keys of `bench --json`.

    Raises:
        SourceError: Too few frames came to measure anything.
        Exit: The user ended it before that.
        BaseException: What any part of the loop raised.
    """
    witness, use, trace = Witness(), ProcessUse(), Trace()
    timing = Timing(warm_up_s=WARM_UP_S)
    reader = StampReadingSink(bench.sinks[0])
    first = SinkTap(SinkTap(reader, trace.note), witness.judge)  # in this order: what is measured is no part of the age
    source = StampingSource(SourceTap(SourceTap(bench.source, Mirror(bench.wearing.places[0])), witness.remember))
    screen.say(f"measuring for {bench.seconds:g} s, after {WARM_UP_S:g} s of warm-up that are not counted")
    show = Show(source, bench.wearing, [first, *bench.sinks[1:]], target_delay_ms=bench.target_delay_ms)
    watch, ending = Watch(bench.seconds, timing, use), UserEnd()
    play(show, screen, timing, on_tick=watch, ending=ending)
    seen = _within(reader.sightings, timing.counted_s()[0], bench.seconds)
    if len(seen) < 2 and ending.asked:
        screen.say("stopped: too early for figures")
        raise typer.Exit(130)
    if len(seen) < 2:
        raise SourceError(
            f"source {bench.source_name}",
            wanted=f"frames for more than {WARM_UP_S:.0f} s",
            got=f"{len(reader.sightings)} frames",
            next_step="use a longer one, or see whether it still sends",
        )
    if ending.asked:
        screen.say("stopped: these are the figures up to there")
    evidence = Evidence.of(seen)
    pictures = Arrivals.of(evidence.captured_s, evidence.seen_s)
    figures = timing.figures()
    report = report_of(pictures, figures)
    # A held or concealed picture arrived too, though it carries no stamp of its own.
    arrived = Arrivals.of(*np.array([(0.0, sighting.seen_s) for sighting in seen]).T)
    report |= {
        "frames": arrived.frames,
        "fps": number(arrived.fps),
        "duration_s": number(arrived.duration_s, 3),
        "freezes_over_150ms": arrived.freezes,
        "dropped": _dropped(figures.dropped, evidence),
        "leaks": witness.leaks,
        "leaks_judged_frames": witness.judged,
        "target_delay_ms": number(bench.target_delay_ms),
        "sync_offset_ms": sync_offset_ms(pictures.age_ms.p50, bench.target_delay_ms),
        "cpu_percent": number(use.cpu_percent, 1),
        "rss_mb": number(use.rss_mb, 1),
        "startup_s": number(use.since_start_s(witness.first_worn_s), 3),
        "provider": bench.wearing.provider,
        "precision": bench.wearing.precision,
        "size": [*bench.source.size_wh],
        "source": bench.source_name,
        "persona": ", ".join(one.name for one in bench.wearing.personas),
        "source_fps": bench.source.fps,
        "warm_up_s": WARM_UP_S,
        "pixels": {
            "dropped": evidence.dropped,
            "unreadable": evidence.unreadable,
            "repeated": evidence.repeated,
            "out_of_order": evidence.out_of_order,
        },
        "trace": trace.facts(timing.counted_s()[0], bench.seconds),
        "machine": describe_machine(),
        "date": date.today().isoformat(),
    }
    return report


def _within(sightings: Sequence[Sighting], from_s: float, seconds: float) -> list[Sighting]:
    return [sighting for sighting in sightings if from_s <= sighting.seen_s <= from_s + seconds]


def _dropped(causes: dict[str, int], evidence: Evidence) -> dict[str, int]:
    """Drops by cause; gaps in the pictures that no hand-over accounts for were skipped by the source itself."""
    counted = sum(count for cause, count in causes.items())
    return {**causes, "in the source": max(0, evidence.dropped - counted)}
