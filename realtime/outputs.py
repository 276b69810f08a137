"""The sinks of one run: each under a name of its own, and let go where it breaks while another works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from realtime.curtain import Curtain
from realtime.frame import Frame, Span
from realtime.sink.base import Sink
from realtime.timing import Timing

Named: TypeAlias = tuple[str, Sink]
"""A sink and what it is called in figures."""


class Outputs:
    """Writes frames into sinks. Each sink is served by one thread; anybody may read.

    Args:
        sinks: In the user's order.
        timing: Takes each arrival.
        clock: Monotonic seconds.
        curtain: Asked last, before every write.

    Attributes:
        names: Of the sinks, in their order; one that came twice has a number added.
        resting: Whether no frame has come for a while.
        broken: What the sinks that were let go had raised, by name.
    """

    def __init__(
        self, sinks: Sequence[Sink], timing: Timing, clock: Callable[[], float], curtain: Curtain | None = None
    ) -> None:
        self._curtain = curtain or Curtain()
        self.names = tuple(_unique(sink.name for sink in sinks))
        self._sinks, self._timing, self._clock = tuple(sinks), timing, clock
        self._breaking = threading.Lock()
        self.broken: dict[str, Exception] = {}
        self.resting = False

    @property
    def all(self) -> list[Named]:
        """Every sink with its name."""
        return list(zip(self.names, self._sinks, strict=True))

    @property
    def notice(self) -> str:
        """One line about the sinks that were let go; empty where there are none."""
        return "; ".join(f"{error}; the other outputs go on" for error in tuple(self.broken.values()))

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Open every sink.

        Raises:
            SinkError: One cannot be had.
        """
        for sink in self._sinks:
            sink.open(size_wh, fps)

    def write(self, served: Sequence[Named], frame: Frame, *, live: bool) -> None:
        """Write a frame into some of the sinks.

        Args:
            served: By the thread that calls.
            frame: Finished.
            live: Whether a sink that breaks may be let go; frames that are counted on are not to be missed silently.

        Raises:
            SinkError: One broke, and none is left or it may not be let go.
        """
        self.resting = False
        for name, sink in served:
            start_s = self._clock()
            if self._done(name, sink, partial(self._write, sink, frame), live=live):
                self._timing.arrived(name, frame, Span("sink", start_s, self._clock()))

    def rest(self, served: Sequence[Named], *, hidden: bool = False) -> None:
        """Let some of the sinks say that no frame comes.

        Args:
            served: By the thread that calls.
            hidden: Whether that is because the user has just hidden, and not because none comes.

        Raises:
            SinkError: As for `write`.
        """
        self.resting = self.resting or not hidden
        for name, sink in served:
            self._done(name, sink, sink.rest, live=True)

    def _write(self, sink: Sink, frame: Frame) -> None:
        with self._curtain.passing(frame) as shown:
            sink.write(shown)

    def _done(self, name: str, sink: Sink, act: Callable[[], None], *, live: bool) -> bool:
        """Whether a sink did what it was to."""
        if name in self.broken:
            return False
        try:
            act()
        except Exception as error:  # whatever it is: a sink beside is not to end a call; `run` raises it at last
            with self._breaking:
                others = [one for one, sink in self.all if not (sink.beside or one == name or one in self.broken)]
                if not live or not others:
                    raise
                self.broken[name] = error
            try:
                sink.close()
            except Exception as later:  # noqa: BLE001 - the first is the reason
                error.add_note(f"then: {later}")
            return False
        return True


def _unique(names: Iterator[str]) -> Iterator[str]:
    """The names, a number added to those that came before."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}"
