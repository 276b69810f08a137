"""What every source promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from realtime.frame import Frame


class Source(ABC):
    """Where frames come from.

    Constructing one is cheap and touches no device; `open` (or `with`) acquires it, `close` lets it go.

    Attributes:
        name: What the user called it, for messages and figures.
        live: True where frames come at their own pace whether or not anyone reads (camera, built-in performer):
            the loop then keeps only the newest. False for files, of which no frame may be lost.
        size_wh: Width and height of its frames, as really given. Known after `open`.
        fps: Frames a second, as really given. Known after `open`.
        length_s: How long it plays, where that is known. Known after `open`.
        notice: One line that the user should know (what was asked and what was got); may change while it runs.
    """

    name: str
    live: bool
    size_wh: tuple[int, int]
    fps: float
    length_s: float | None = None
    notice: str = ""

    @abstractmethod
    def open(self) -> None:
        """Acquire the device or file.

        Raises:
            SourceError: It is not there, is not what it says, or gives no picture.
        """

    @abstractmethod
    def read(self) -> Frame | None:
        """Wait for the next frame. Called from one thread only.

        A live source paces itself; a file is read as fast as it decodes. The picture belongs to the caller;
        the source never touches it again.

        Returns:
            The frame, or None at the end of a file (a camera has no end).

        Raises:
            SourceError: The source broke and cannot be brought back.
        """

    @abstractmethod
    def close(self) -> None:
        """Release everything. May be called twice, on a half-opened source, and while `read` waits."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
