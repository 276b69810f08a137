"""A place in the cast: what is worn in it, and how, both exchanged between two frames."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from realtime.errors import ProviderError
from realtime.fit import Fit
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.swapper import Swapper
from realtime.settings import Live

_HUNG_S = 2.0


@dataclass(frozen=True, slots=True)
class Outfit:
    """A persona, loaded and warm.

    Attributes:
        persona: Who is worn.
        swapper: Makes its swaps.
        fit: How it sits; followed from frame to frame.
        on_processor: Makes the same swapper without the provider that it has, should that fail; None where it has none.
    """

    persona: Persona
    swapper: Swapper
    fit: Live[Fit]
    on_processor: Callable[[], Swapper] | None = None


class Place:
    """Makes the swaps of whoever wears what is in this place. One thread at a time calls it; any may exchange.

    Args:
        outfit: What is worn at first.

    Attributes:
        notice: One line that the user should know: a provider that failed, and what is used since.
    """

    def __init__(self, outfit: Outfit) -> None:
        self._outfit = Live(outfit)
        self._exchanging, self._in_use = threading.Lock(), threading.Lock()
        self.notice = ""

    @property
    def outfit(self) -> Outfit:
        """What is worn now."""
        return self._outfit.now

    def exchange(self, outfit: Outfit) -> Outfit:
        """Wear something else from the next frame on. It was warmed by whoever made it: no frame waits for it.

        Returns:
            What was worn until now. No frame is made with it any more, unless the stage hangs.
        """
        with self._exchanging:
            before = self._outfit.now
            self._outfit.swap(outfit)
        if self._in_use.acquire(timeout=_HUNG_S):
            self._in_use.release()
        return before

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with a swap for each of its faces; its picture is not changed.

        A provider that fails is given up for the processor, which takes as long as loading the persona did.

        Raises:
            ProviderError: The processor failed.
        """
        with self._in_use:
            return self._swap(frame, self._outfit.now)

    def _swap(self, frame: Frame, outfit: Outfit) -> Frame:
        fit = outfit.fit.now
        try:
            swaps = outfit.swapper(frame, fit).swaps
        except ProviderError as error:
            outfit = self._without_provider(outfit, error)
            swaps = outfit.swapper(frame, fit).swaps
        worn = partial(
            replace,
            persona=outfit.persona.name,
            identity=outfit.persona.manifest.identity,
            mark=outfit.persona.mark,
            fit=fit,
        )
        return replace(frame, swaps=tuple(map(worn, swaps)))

    def _without_provider(self, outfit: Outfit, error: ProviderError) -> Outfit:
        if outfit.on_processor is None:
            raise error
        rescued = replace(outfit, swapper=outfit.on_processor(), on_processor=None)
        with self._exchanging:
            if self._outfit.now is outfit:  # else the user has changed it meanwhile
                self._outfit.swap(rescued)
        self.notice = f"{error}; from here on: {rescued.swapper.said}"
        return rescued
