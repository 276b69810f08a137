"""Which personas a file shows, gathered from the frames that go into it."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.frame import Frame
from realtime.persona.identity import Identity


@dataclass(frozen=True, slots=True)
class ShownPersona:
    """A persona that is seen in a file.

    Attributes:
        persona: Its name.
        identity: Whose face it is.
    """

    persona: str
    identity: Identity


class ShownPersonas:
    """Notes the personas of finished frames; personas may be changed while frames go by.

    Attributes:
        any: Whether any frame showed a persona.
        personas: Which, in the order in which they came into view.

    Args:
        last_only: Keep what the last picture with a persona shows, as a snapshot does, and not what any frame did.
    """

    def __init__(self, *, last_only: bool = False) -> None:
        self.any = False
        self.personas: tuple[ShownPersona, ...] = ()
        self._last_only = last_only

    def note(self, frame: Frame) -> None:
        """Take note of one finished frame."""
        if not frame.shows_persona:
            return
        self.any = True
        now = tuple(
            ShownPersona(swap.persona, swap.identity)
            for swap in frame.swaps
            if swap.identity is not None and swap.face.id in frame.covered | frame.painted
        )
        held = frame.worn and not frame.covered  # an earlier picture: whom that showed is still to be seen
        before = () if self._last_only and not held else self.personas
        self.personas = tuple(dict.fromkeys((*before, *now)))
