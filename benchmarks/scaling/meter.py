"""Where the processor's time of one frame goes, part by part of the loop."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from benchmarks.material import ReadySource
from realtime.casting import CastSwapper
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.composite.conceal import Conceal
from realtime.disclosure.badge import Badge
from realtime.disclosure.watermark import Watermark
from realtime.face.finder import FaceFinder
from realtime.face.landmarks import FaceMesh
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.session import SwapSession
from realtime.settings import Live, Settings
from realtime.source.base import Source
from realtime.wear import wearing

DETECTION, NETWORK, ELSEWHERE = "detection", "network", "elsewhere"
COPIES = ("source", "mark")
"""Parts that go over the whole frame and cannot do without: the source's one copy, and the mark, which is in every part
of the picture."""

_PARTS: Sequence[tuple[str, type, str]] = (
    ("source", ReadySource, "read"),
    ("find", FaceFinder, "__call__"),
    (DETECTION, FaceMesh, "__call__"),
    (DETECTION, FaceMesh, "find"),  # which is called alone where a large frame is thinned first
    ("swap", CastSwapper, "__call__"),
    (NETWORK, SwapSession, "run"),
    ("colour", ColourMatch, "__call__"),
    ("composite", Composite, "__call__"),
    ("conceal", Conceal, "__call__"),
    ("badge", Badge, "__call__"),
    ("mark", Watermark, "__call__"),
)
"""Each without the parts that it calls itself: `find` is the finder without the mesh, `swap` without the network."""


class Meter:
    """Splits time among parts that call each other.

    Args:
        clock: Seconds that only go forward; by default the processor time of all threads together.
    """

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._working = [ELSEWHERE]
        self._since_s = clock()
        self.spent_s: dict[str, float] = defaultdict(float)

    def _turn(self) -> None:
        now_s = self._clock()
        self.spent_s[self._working[-1]] += now_s - self._since_s
        self._since_s = now_s

    def begin(self) -> None:
        """Forget what was spent until now."""
        self._turn()
        self.spent_s.clear()

    def taking(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same callable; what it takes counts as that part's, but for what others take within it."""

        def taken(*args: Any, **named: Any) -> Any:
            self._turn()
            self._working.append(part)
            try:
                return call(*args, **named)
            finally:
                self._turn()
                self._working.pop()

        return taken

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch all parts of loops that are built meanwhile."""
        with ExitStack() as stack:
            for part, owner, name in _PARTS:
                stack.enter_context(patch.object(owner, name, self.taking(part, getattr(owner, name))))
            yield


@dataclass(frozen=True, slots=True)
class Cost:
    """What a frame costs.

    Attributes:
        parts_ms: Processor time of each part, the mean over frames.
        found: Share of the frames in which as many faces were found as there are.
        worn: Share of the frames in which every face wore the persona.
    """

    parts_ms: Mapping[str, float]
    found: float
    worn: float

    @property
    def cpu_ms(self) -> float:
        """All parts together."""
        return sum(self.parts_ms.values())

    @property
    def other_ms(self) -> float:
        """What is neither detection nor network."""
        return self.cpu_ms - self.parts_ms.get(DETECTION, 0.0) - self.parts_ms.get(NETWORK, 0.0)

    @property
    def copies_ms(self) -> float:
        """What goes over the whole frame and cannot do without."""
        return sum(self.parts_ms.get(name, 0.0) for name in COPIES)


def cost_of(
    frames: Sequence[Frame],
    persona: Persona,
    count: int,
    *,
    there: int = 1,
    looked_for: int = 4,
    precision: str = "auto",
    warm_up: int = 30,
    source: Callable[[Sequence[Frame], int], Source] = ReadySource,
) -> Cost:
    """Send frames through the loop's own stages, one after the other in this thread, and split up the time.

    Args:
        frames: Neighbours in time.
        persona: Who is worn.
        count: How many frames count.
        there: How many faces they show.
        looked_for: How many are looked for.
        precision: Of the network.
        warm_up: How many frames go before.
        source: Gives so many frames out of these.
    """
    meter, found, worn = Meter(), 0, 0
    with meter.watching():
        played = source(frames, warm_up + count)
        with wearing([persona], Live(Settings()), max_faces=looked_for, provider="cpu", precision=precision) as built:
            stages = [stage.call for group in built.threads for stage in group]
            while (frame := played.read()) is not None:
                if frame.index == warm_up:
                    meter.begin()
                for stage in stages:
                    frame = stage(frame)
                if frame.index >= warm_up:
                    found += len(frame.faces) == there
                    worn += frame.worn
    return Cost({name: 1e3 * spent / count for name, spent in meter.spent_s.items()}, found / count, worn / count)
