"""The loop's parts put together in one place: what `run`, `bench` and `demo` all play."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2

from realtime.casting import Casting, CastSwapper
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.composite.conceal import Conceal
from realtime.disclosure.badge import Badge
from realtime.errors import PersonaError
from realtime.face.finder import FaceFinder
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.swapper import make_swapper
from realtime.pipeline import Stage
from realtime.pool import FramePool
from realtime.region.alignment import ALIGNMENTS
from realtime.region.base import Region
from realtime.region.catalog import read_region
from realtime.settings import Following, Live, Settings


@dataclass(frozen=True, slots=True)
class Wearing:
    """A persona, ready to be worn.

    Attributes:
        personas: Who is worn.
        threads: The stages, in the groups that share a thread.
        said: One line: provider and precision, and why not better ones.
        provider: What the network runs on.
        precision: What numbers it runs with.
    """

    personas: Sequence[Persona]
    threads: Sequence[Sequence[Stage]]
    said: str
    provider: str
    precision: str


@contextmanager
def wearing(
    personas: Sequence[Persona],
    settings: Live[Settings],
    *,
    casting: Casting = Casting(),  # noqa: B008 - frozen
    provider: str = "auto",
    precision: str = "auto",
    max_faces: int,
    knows_performer: bool = False,
    region: Region | None = None,
) -> Iterator[Wearing]:
    """Build the stages; leaving lets the finder go.

    Args:
        personas: Who is to be worn; the same one by everybody unless `casting` says otherwise.
        settings: Followed from frame to frame.
        casting: Who wears which.
        provider: See `NetworkSwapper`.
        precision: See `NetworkSwapper`.
        max_faces: How many faces are looked for.
        knows_performer: See `NetworkSwapper`.
        region: What wears it; by default what the first persona was trained for.

    Raises:
        PersonaError: The provider or precision is not to be had, the network is not what the file says, or it was
            not trained for such a region.
    """
    region = region or read_region(personas[0].manifest.region)
    for persona in personas:
        _check_region(persona, region)
    swappers = [make_swapper(one, provider, precision, knows_performer=knows_performer) for one in personas]
    swap = swappers[0] if casting.rule == "everyone" else CastSwapper(swappers, casting)
    tell_apart = casting.rule != "everyone" and region.alignment.is_face
    finder = FaceFinder(max_faces, tell_apart=True) if tell_apart else region.finder(max_faces)
    try:
        threads = build_threads(finder, swap, settings, is_face=region.alignment.is_face)
        said, providers, precisions = (
            "; ".join(dict.fromkeys(getattr(one, name) for one in swappers))
            for name in ("said", "provider", "precision")
        )
        yield Wearing(tuple(personas), threads, said, providers, precisions)
    finally:
        finder.close()


def build_threads(
    find: Callable[[Frame], Frame],
    swap: Callable[[Frame], Frame],
    settings: Live[Settings],
    *,
    is_face: bool = True,
) -> Sequence[Sequence[Stage]]:
    """The stages in their threads. Detection and swap are the long ones, and run beside each other.

    Args:
        find: Fills in a frame's faces.
        swap: Fills in a frame's swaps.
        settings: Followed from frame to frame.
        is_face: What is no face keeps its own colours: in those of the apple, a kiwi would be an apple.
    """
    colour = Following(settings, lambda now: (now.colour_match if is_face else 0.0,), ColourMatch)
    conceal = Following(settings, lambda now: (now.when_lost, now.hold_s), Conceal)
    badge = Following(settings, lambda now: (now.badge,), Badge)
    composite = Composite()
    return (
        (Stage("detect", find),),
        (Stage("swap", swap),),
        (
            Stage("colour", colour),
            Stage("composite", lambda frame: conceal(composite(frame))),
            Stage("disclose", badge),
        ),
    )


def _check_region(persona: Persona, region: Region) -> None:
    template = persona.manifest.template
    made_for = ALIGNMENTS.get(template)
    # A face is cut out again by whatever template a persona wants; a thing is what its region finds.
    both_faces = made_for is not None and made_for.is_face and region.alignment.is_face
    if region.alignment.template != template and not both_faces:
        raise PersonaError(
            f"persona {persona.name}",
            wanted=f"a region with crops by template {template}, as {persona.manifest.region}",
            got=f"{region.words}, by template {region.alignment.template}",
            next_step="leave --region out",
        )


class Mirror:
    """Flips pictures left to right, as in a looking glass, while the settings say so.

    Tapped in at the source, before every stage, so that badge and stamp stay readable. The truth of a
    rendered frame, which is of the picture as it was drawn, does not come along.

    Args:
        settings: Followed from frame to frame.
    """

    def __init__(self, settings: Live[Settings]) -> None:
        self._settings = settings
        self._pool: FramePool | None = None
        self._size_wh = (0, 0)

    def __call__(self, frame: Frame) -> Frame:
        """The frame with a flipped picture of its own, or the frame as it is."""
        if not self._settings.now.mirror:
            return frame
        if self._pool is None or self._size_wh != frame.size_wh:
            self._pool, self._size_wh = FramePool(frame.size_wh), frame.size_wh
        flipped = self._pool.take()
        cv2.flip(frame.image, 1, dst=flipped)
        return replace(frame, image=flipped, truth=None)
