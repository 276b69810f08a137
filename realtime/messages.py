"""What the user was told, kept for whoever looks later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

_KEPT = 100
Kind = Literal["said", "fault"]


@dataclass(frozen=True, slots=True)
class Message:
    """One line.

    Attributes:
        number: Counts up from 1.
        at_s: When it was said, by the clock on the wall, in seconds since 1970.
        text: In plain words.
        kind: `fault` where something could not be done.
    """

    number: int
    at_s: float
    text: str
    kind: Kind


class Messages:
    """Keeps the last hundred lines. Any thread may call it.

    Args:
        echo: Takes each line as well, at once.
    """

    def __init__(self, echo: Callable[[str], object] = lambda line: None) -> None:
        self._echo = echo
        self._lock = threading.Lock()
        self._kept: deque[Message] = deque(maxlen=_KEPT)
        self._count = 0

    def say(self, text: str, kind: Kind = "said") -> None:
        """Keep one line; nothing of an empty one."""
        if not text:
            return
        with self._lock:
            self._count += 1
            self._kept.append(Message(self._count, time.time(), text, kind))
        self._echo(text)

    def warn(self, text: str) -> None:
        """Keep one line about what could not be done."""
        self.say(text, "fault")

    def after(self, number: int) -> list[Message]:
        """Those that came after the one of this number."""
        with self._lock:
            return [one for one in self._kept if one.number > number]
