"""One output that several sinks can be: the first that can be had is."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.base import Sink


class FirstSink(Sink):
    """The first of several sinks that opens; which one it is, and why none before, is in its notice.

    Args:
        sinks: The best first; at least one. None may need the main thread.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self.name = self._sinks[0].name
        self._chosen: Sink | None = None
        self._instead = ""

    @property
    def notice(self) -> str:  # type: ignore[override]
        """What the chosen sink says about itself, at this moment, and why it was chosen."""
        chosen = self._chosen
        return f"{chosen.notice}{self._instead}" if chosen and chosen.notice else ""

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Open the first that opens.

        Raises:
            SinkError: None does; says how to mend the first.
        """
        self.close()
        refusals: list[SinkError] = []
        for sink in self._sinks:
            try:
                sink.open(size_wh, fps)
            except SinkError as error:
                sink.close()
                refusals.append(error)
                continue
            self._chosen, self._instead = (
                sink,
                "".join(f"; in place of {error.what} ({error.got})" for error in refusals),
            )
            return
        first, *others = refusals
        got = " and ".join([first.got, *(f"no {other.what} in its place ({other.got})" for other in others)])
        raise SinkError(first.what, wanted=first.wanted, got=got, next_step=first.next_step) from first

    def write(self, frame: Frame) -> None:
        """Write a frame into the chosen one.

        Raises:
            SinkError: It broke, or none is open.
        """
        if self._chosen is None:
            raise SinkError(self.name, got="a frame while it was not open")
        self._chosen.write(frame)

    def rest(self) -> None:
        """Let the chosen one say that no frame comes."""
        if self._chosen is not None:
            self._chosen.rest()

    def close(self) -> None:
        """Close the chosen one.

        Raises:
            SinkError: As it says.
        """
        if self._chosen is not None:
            self._chosen.close()
