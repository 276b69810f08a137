"""The loop's parts put together in one place: what `run`, `bench` and `demo` all play."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2

from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.composite.conceal import Conceal
from realtime.disclosure.badge import Badge
from realtime.face.finder import FaceFinder
from realtime.frame import Frame
from realtime.persona.autoencoder import Swapper
from realtime.persona.package import Persona
from realtime.pipeline import Stage
from realtime.pool import FramePool
from realtime.settings import Following, Live, Settings


@dataclass(frozen=True, slots=True)
class Wearing:
    """A persona, ready to be worn.

    Attributes:
        persona: Who is worn.
        threads: The stages, in the groups that share a thread.
        said: One line: provider and precision, and why not better ones.
        provider: What the network runs on.
        precision: What numbers it runs with.
    """

    persona: Persona
    threads: Sequence[Sequence[Stage]]
    said: str
    provider: str
    precision: str


@contextmanager
def wearing(
    persona: Persona,
    settings: Live[Settings],
    *,
    provider: str = "auto",
    precision: str = "auto",
    max_faces: int,
    knows_performer: bool = False,
) -> Iterator[Wearing]:
    """Build the stages; leaving lets the face finder go.

    Args:
        persona: Who is to be worn.
        settings: Followed from frame to frame.
        provider: See `Swapper`.
        precision: See `Swapper`.
        max_faces: How many faces are looked for.
        knows_performer: See `Swapper`.

    Raises:
        PersonaError: The provider or precision is not to be had, or the network is not what the file says.
    """
    swapper = Swapper(persona, provider, precision, knows_performer=knows_performer)
    finder = FaceFinder(max_faces)
    try:
        threads = build_threads(finder, swapper, settings)
        yield Wearing(persona, threads, swapper.said, swapper.provider, swapper.precision)
    finally:
        finder.close()


def build_threads(
    find: Callable[[Frame], Frame], swap: Callable[[Frame], Frame], settings: Live[Settings]
) -> Sequence[Sequence[Stage]]:
    """The stages in their threads. Detection and swap are the long ones, and run beside each other.

    Args:
        find: Fills in a frame's faces.
        swap: Fills in a frame's swaps.
        settings: Followed from frame to frame.
    """
    colour = Following(settings, lambda now: (now.colour_match,), ColourMatch)
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
