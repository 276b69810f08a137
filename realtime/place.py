"""A place in the cast: what is worn in it, and how, both exchanged between two frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from realtime.fit import Fit
from realtime.frame import Frame, Matrix2x3, Swap
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

    def exchange(self, outfit: Outfit) -> None:
        """Wear something else from the next frame on. It was warmed by whoever made it: no frame waits for it."""
        self._outfit.swap(outfit)

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with a swap for each of its faces; its picture is not changed.

        Raises:
            PersonaError: The provider failed.
        """
        outfit = self._outfit.now
        fit = outfit.fit.now
        swaps = (_sitting(swap, outfit.persona.name, fit) for swap in outfit.swapper(frame, fit).swaps)
        return replace(frame, swaps=tuple(swaps))


def _sitting(swap: Swap, persona: str, fit: Fit) -> Swap:
    crop_from_frame = _moved(swap.crop_from_frame, len(swap.mask), fit)
    return replace(swap, crop_from_frame=crop_from_frame, persona=persona, fit=fit)


def _moved(crop_from_frame: Matrix2x3, size: int, fit: Fit) -> Matrix2x3:
    """The transform by which a crop is shown larger, or further to one side, than where it was cut out."""
    if fit.scale == 1 and fit.offset_x == fit.offset_y == 0:
        return crop_from_frame
    middle = (size - 1) / 2
    moved = crop_from_frame / fit.scale
    moved[:, 2] += middle - (middle + np.array([fit.offset_x, fit.offset_y]) * size) / fit.scale
    return moved
