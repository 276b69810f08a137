"""What everything promises that sound comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]
"""(C, N) float32, -1 to 1, one row a channel."""


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """Some sound without a gap in it.

    Attributes:
        at_s: When its first sample was heard, on the feed's clock.
        samples: (C, N) float32; nobody changes them.
    """

    at_s: float
    samples: Samples


class SoundFeed(ABC):
    """One listener's sound. Taken from one thread; nothing here waits.

    Attributes:
        rate: Samples a second of each channel, as announced; the truth may be a little beside it.
        channels: 1 or 2.
        captured: Whether `SoundBlock.at_s` is on the clock of `Frame.captured_s`; else it is media time.
    """

    rate: int
    channels: int
    captured: bool

    @abstractmethod
    def take(self, until_s: float) -> Sequence[SoundBlock]:
        """What has come and begins before a moment, each block once, in order; nothing where nothing has come."""

    @abstractmethod
    def close(self) -> None:
        """Listen no longer. May be called twice."""


class Sound(ABC):
    """Where sound comes from; several may listen.

    Attributes:
        name: What the user called it, for messages.
    """

    name: str

    @property
    def notice(self) -> str:
        """One line that the user should know at this moment; empty for none."""
        return ""

    @abstractmethod
    def listen(self) -> SoundFeed:
        """Begin to listen.

        Raises:
            SoundError: It cannot be listened to.
        """
