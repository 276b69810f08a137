"""What every way to the viewers of a stream promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

from realtime.sink.transport_stream import Writer


class Link(ABC):
    """The way to those who watch a stream. All but `close` are called from one thread only.

    Attributes:
        name: What the user called it, less what may be secret.
        notice: One line about it at this moment.
    """

    name: str
    notice: str

    @abstractmethod
    def open(self) -> None:
        """Acquire what it needs.

        Raises:
            SinkError: That is not to be had.
        """

    @abstractmethod
    def target(self) -> str | Writer | None:
        """Where bytes go; None while nobody can be reached. For another one than before a new stream is begun."""

    @property
    def ready(self) -> bool:
        """Whether it takes a picture at this moment; where not, the picture is passed over."""
        return True

    def sent(self) -> None:  # noqa: B027 - where the target is an address, nothing is left to do
        """One picture's bytes have been written."""

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """The target took no more; it may be asked for again."""

    @abstractmethod
    def close(self) -> None:
        """Release everything. May be called twice, and on a half-opened link."""
