"""What every sink promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from realtime.frame import Frame


class Sink(ABC):
    """Where finished frames go.

    Constructing one is cheap and touches no device; `open` acquires it, `close` lets it go.

    Attributes:
        name: What the user called it, for messages and figures.
        notice: One line that the user should know (which device it is); empty for none.
        closes_late: True where closing takes long (a recording that is signed): others are not to wait for it.
        main_thread: True where the platform allows drawing from the main thread only (windows).
    """

    name: str
    main_thread: bool = False
    closes_late: bool = False
    notice: str = ""

    @abstractmethod
    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Acquire the device or file for frames of this size and rate.

        Raises:
            SinkError: The driver is missing, the file cannot be made, or the size is refused.
        """

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take one finished frame. Called from one thread only, in the order of `frame.index`.

        `frame.image` is shared with the other sinks: read it, never draw into it, keep no reference to it.

        Raises:
            SinkError: The sink broke (disk full, driver gone). What was written before stays usable.
        """

    def rest(self) -> None:  # noqa: B027 - most sinks have nobody who looks at them meanwhile
        """No frame has come for a while, though the source is live: show whoever looks that nothing comes.

        Called from the thread of `write`, again and again until a frame comes.

        Raises:
            SinkError: As `write`.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish and release everything. May be called twice, and on a half-opened sink.

        Raises:
            SinkError: What was written could not be finished.
        """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self
