"""A place in the cast: what is worn in it, and how, both exchanged between two frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

from realtime.fit import Fit
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.swapper import Swapper
from realtime.settings import Live


@dataclass(frozen=True, slots=True)
class Outfit:
    """A persona, loaded and warm.

    Attributes:
        persona: Who is worn.
        swapper: Makes its swaps.
        fit: How it sits; followed from frame to frame.
    """

    persona: Persona
    swapper: Swapper
    fit: Live[Fit]


class Place:
    """Makes the swaps of whoever wears what is in this place. One thread at a time calls it; any may exchange.

    Args:
        outfit: What is worn at first.
    """

    def __init__(self, outfit: Outfit) -> None:
        self._outfit = Live(outfit)

    @property
    def outfit(self) -> Outfit:
        """What is worn now."""
        return self._outfit.now

    def exchange(self, outfit: Outfit) -> Outfit:
        """Wear something else from the next frame on. It was warmed by whoever made it: no frame waits for it.

        Returns:
            What was worn until now; whoever asked lets it go, and not the loop in the middle of a frame.
        """
        before = self._outfit.now
        self._outfit.swap(outfit)
        return before

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with a swap for each of its faces; its picture is not changed.

        Raises:
            PersonaError: The provider failed.
        """
        outfit = self._outfit.now
        fit = outfit.fit.now
        swaps = outfit.swapper(frame, fit).swaps
        name, mark = outfit.persona.name, outfit.persona.mark
        return replace(frame, swaps=tuple(replace(swap, persona=name, mark=mark, fit=fit) for swap in swaps))
