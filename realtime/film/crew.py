"""Who makes pieces, and what is heard of them meanwhile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from realtime.film.order import Task

MOST_TRIES = 3
"""So often a piece is begun whose worker died: killed for its memory, or with its machine."""

PIECES_EACH = 16
"""So many pieces a process makes before another takes its place: with each, libraries keep some 8 MB to themselves."""


@dataclass(frozen=True, slots=True)
class News:
    """What became of a piece, or how far it is.

    Attributes:
        number: Of the piece.
        frames: How many of its pictures are done.
        finished: Whether it is whole and lies in its place, its record beside it.
        error: Why it cannot be made, in words for the user; empty for nothing.
        fault: The same, where that is a fault of the program.
        died: Whether its worker is gone; another may try.
    """

    number: int
    frames: int = 0
    finished: bool = False
    error: str = ""
    fault: str = ""
    died: bool = False


class Crew(ABC):
    """Workers, wherever they are. What a piece becomes does not depend on who makes it.

    Attributes:
        size: How many pieces are made at once.
        said: One line about who they are.
    """

    size: int
    said: str

    @abstractmethod
    def start(self, task: Task) -> None:
        """Have a piece made; there are never more than `size` at once.

        Raises:
            ThespisError: No worker can be had.
        """

    @abstractmethod
    def news(self, timeout_s: float) -> News | None:
        """The next thing that is heard; None where nothing is for so long."""

    @abstractmethod
    def close(self) -> None:
        """Let every worker go, also in the middle of a piece. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
