"""A frame's way: the stages in their order, which of them share a thread, and what becomes of it where one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.composite.conceal import ANYBODY, Conceal
from realtime.composite.slate import Slate
from realtime.disclosure.badge import Badge
from realtime.disclosure.watermark import Watermark
from realtime.frame import Frame
from realtime.settings import Following, Live, Settings
from realtime.stage import Stage


def build_threads(
    find: Callable[[Frame], Frame],
    swap: Callable[[Frame], Frame],
    settings: Live[Settings],
    *,
    began: bool = False,
) -> Sequence[Sequence[Stage]]:
    """The stages in their threads. Detection and swap are the long ones, and run beside each other.

    Where one fails while live, the frame goes on as one in which nobody is known to be anywhere, or to wear anything,
    which is concealed; from the composite on the picture itself may be half done, and becomes the slate.

    Args:
        find: Fills in a frame's faces.
        swap: Fills in a frame's swaps.
        settings: Followed from frame to frame.
        began: See `Conceal`.
    """
    conceal = Following(settings, lambda now: (now.when_lost, now.hold_s), partial(Conceal, began=began))
    badge = Following(settings, lambda now: (now.badge, now.badge_corner), Badge)
    watermark = Watermark()  # which no setting reaches
    composite, slate = Composite(), Slate()

    def nobody_found(frame: Frame) -> Frame:
        return replace(frame, faces=(), swaps=(), missing=(ANYBODY,))

    def nobody_worn(frame: Frame) -> Frame:
        return replace(frame, swaps=())

    def slated(frame: Frame) -> Frame:
        conceal.stage.forget_picture()  # which this one's may be
        slate(frame.image)
        return replace(frame, covered=frozenset(), painted=frozenset(), worn=False)

    return (
        (Stage("detect", find, nobody_found),),
        (Stage("swap", swap, nobody_found),),
        (
            Stage("colour", ColourMatch(), nobody_worn),
            Stage("composite", lambda frame: conceal(composite(frame)), slated),
            Stage("disclose", lambda frame: badge(watermark(frame)), slated),
        ),
    )
