"""The loop's parts put together in one place: what `run`, `bench` and `demo` all play."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import cv2

from realtime.casting import Casting, CastSwapper
from realtime.cores import cores
from realtime.dressing import Dresser
from realtime.face.finder import FaceFinder
from realtime.fit import Fit
from realtime.frame import Frame
from realtime.kernels import compile_beside
from realtime.memory import keep_heaps_small, return_free_memory, unsearched_for_garbage
from realtime.persona.package import Persona
from realtime.place import Outfit, Place
from realtime.region.base import Region
from realtime.region.catalog import read_region
from realtime.settings import Live, Settings
from realtime.stage import Stage
from realtime.stage_threads import build_threads

_CORES_FOR_OPENCV = 4
"""One of so many cores is for OpenCV to share a frame out among."""


class Worn(NamedTuple):
    """Who was worn, and how they sat."""

    persona: Persona
    fit: Fit


class Wearing:
    """What is worn, and the stages that wear it.

    Args:
        places: What is worn, each in a place of its own.
        threads: The stages, in the groups that share a thread.
        casting: Who wears which; swap in another whole object to change it.
        dress: Loads and warms a persona, so that it can be worn at once.

    Attributes:
        places, threads, casting: As above.
    """

    def __init__(
        self,
        places: Sequence[Place],
        threads: Sequence[Sequence[Stage]],
        casting: Live[Casting],
        dress: Callable[[Persona, Fit, bool], Outfit],
    ) -> None:
        self.places, self.threads, self.casting, self._dress = tuple(places), threads, casting, dress
        self._changing = threading.Lock()

    def change(
        self,
        number: int,
        persona: Persona,
        fit: Fit = Fit(),  # noqa: B008 - frozen
        *,
        knows_performer: bool = False,
    ) -> Worn:
        """Wear another persona in one place.

        It is loaded and warmed beside the one that is worn, in the caller's thread, which is to be none of the loop's;
        then they are exchanged between two frames: no frame waits, and none goes without a persona. The picture stays
        the way round that it is. Of several calls at once, one is done after the other.

        Args:
            number: Of the place.
            persona: Who is to be worn.
            fit: How it is to sit.
            knows_performer: See `NetworkSwapper`.

        Returns:
            Who was worn there until now, and how, which may want to be kept.

        Raises:
            PersonaError: It cannot be worn; what was worn stays.
        """
        with self._changing:
            fit = replace(fit, mirror=self.places[number].outfit.fit.now.mirror)
            before = self.places[number].exchange(self._dress(persona, fit, knows_performer))
            worn = Worn(before.persona, before.fit.now)
            del before  # the last reference: its network goes here, and not in the middle of a frame
            return_free_memory()
        return worn

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Who is worn now, by place."""
        return tuple(place.outfit.persona for place in self.places)

    @property
    def said(self) -> str:
        """One line: provider and precision, and why not better ones."""
        return self._each("said")

    @property
    def provider(self) -> str:
        """What the networks run on."""
        return self._each("provider")

    @property
    def precision(self) -> str:
        """What numbers they run with."""
        return self._each("precision")

    def _each(self, what: str) -> str:
        return "; ".join(dict.fromkeys(str(getattr(place.outfit.swapper, what)) for place in self.places))


@contextmanager
def wearing(
    personas: Sequence[Persona],
    settings: Live[Settings],
    *,
    fits: Sequence[Fit] = (),
    casting: Casting = Casting(),  # noqa: B008 - frozen
    provider: str = "auto",
    precision: str = "auto",
    max_faces: int,
    detect_hz: float = math.inf,
    knows_performer: bool = False,
    region: Region | None = None,
    tell_apart: bool = False,
    on_faces: Callable[[Frame], Frame] | None = None,
    threads: int | None = None,
    began: bool = False,
) -> Iterator[Wearing]:
    """Build the stages; leaving lets the finder go.

    Args:
        personas: Who is to be worn; the first one by everybody unless `casting` says otherwise.
        settings: Followed from frame to frame.
        fits: How each persona sits at first; as by default where there are none.
        casting: Who wears which.
        provider: See `NetworkSwapper`.
        precision: See `NetworkSwapper`.
        max_faces: How many faces are looked for.
        detect_hz: See `FaceFinder`.
        knows_performer: See `NetworkSwapper`.
        region: What wears it; by default what the first persona was trained for.
        tell_apart: Whether people are to be told apart, though they all wear the same: so that one can be pinned later.
        on_faces: Called with every frame once its faces are found, all of them, and returns it.
        threads: See `SwapSession`.
        began: See `Conceal`.

    Raises:
        PersonaError: The provider or precision is not to be had, the network is not what the file says, or it was
            not trained for such a region.
    """
    keep_heaps_small()
    kernels_ready = compile_beside()
    if threads is None:
        # The loop has threads of its own: on two cores OpenCV's cost a tenth of its processor time, and no frame was
        # ready any sooner for them.
        cv2.setNumThreads(max(1, cores() // _CORES_FOR_OPENCV))
    asked = region or read_region(personas[0].manifest.region)
    dress = Dresser(asked, provider, precision, most_faces=max_faces, threads=threads)
    fits = fits or [Fit()] * len(personas)
    knows = knows_performer and len(personas) == 1  # of several people nobody is known by that word alone
    places = [Place(dress.at_first(persona, fit, knows)) for persona, fit in zip(personas, fits, strict=True)]
    is_face = asked.alignment.is_face
    tell_apart = (tell_apart or len(places) > 1 or casting.rule != "everyone") and is_face
    finder = FaceFinder(max_faces, tell_apart=tell_apart, detect_hz=detect_hz) if is_face else asked.finder(max_faces)
    find = finder if on_faces is None else lambda frame: on_faces(finder(frame))
    cast = Live(casting)
    swap = CastSwapper(places, cast, misses=is_face)
    try:
        worn = Wearing(places, build_threads(find, swap, settings, began=began), cast, dress)
        kernels_ready()
        with unsearched_for_garbage():
            yield worn
    finally:
        finder.close()
