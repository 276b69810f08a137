"""What the panel needs of whoever directs the show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from realtime.casting import Rule
from realtime.choice import Choice, Option
from realtime.control import Controls
from realtime.timing import Timing

Status = Literal["stopped", "starting", "playing", "stopping"]


class Directing(Protocol):
    """Plays what was chosen, again and again. Any thread may ask."""

    @property
    def controls(self) -> Controls:
        """What changes a show that plays."""

    @property
    def choice(self) -> Choice:
        """What is played, or will be."""

    @property
    def status(self) -> Status:
        """Whether it plays."""

    @property
    def timing(self) -> Timing:
        """Of the show that plays now, or played last."""

    @property
    def target_delay_ms(self) -> float:
        """The age that was asked for; 0 for none."""

    def start(self) -> None:
        """Play what was chosen, unless it plays already."""

    def stop(self) -> None:
        """End what plays."""

    def choose(self, choice: Choice) -> None:
        """Play something else: at once where something plays, else from the next start on.

        Raises:
            ThespisError: It cannot be played.
        """

    def wear(self, place: int, key: str) -> str:
        """Wear another persona in a place, at once where something plays.

        Returns:
            Who that is, in words.

        Raises:
            ThespisError: It cannot be worn, or there is no such place.
        """

    def cast(self, rule: Rule, pins: Mapping[int, int | None]) -> None:
        """Say who wears what, at once where something plays.

        Raises:
            ThespisError: There is no such place.
        """

    def sources(self) -> Sequence[Option]:
        """What could be a source on this computer."""

    def outputs(self) -> Sequence[Option]:
        """Where frames could go."""
