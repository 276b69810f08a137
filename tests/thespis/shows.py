"""What tests of shows ask of them: frames that are counted, words that were told, waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from realtime.composite.slate import draw_slate
from realtime.frame import Frame
from realtime.sink.null import NullSink
from thespis.director import Director

LIMIT_S = 60.0
SIZE_WH = (320, 240)


def until(what: Callable[[], object]) -> None:
    """Wait for something that another thread brings about."""
    never = threading.Event()
    for _ in range(int(LIMIT_S / 0.02)):
        if what():
            return
        never.wait(0.02)
    raise AssertionError("it did not come about")


class SlateWatch(NullSink):
    """Counts frames, and how many of them were the slate."""

    slate = draw_slate(SIZE_WH)

    def __init__(self) -> None:
        super().__init__()
        self.name, self.slates = "watch", 0

    def write(self, frame: Frame) -> None:
        super().write(frame)
        self.slates += bool(np.array_equal(frame.image, self.slate))


def texts(director: Director) -> str:
    return "\n".join(one.text for one in director.controls.messages.after(0))


def load_other(director: Director, name: str):
    gallery = director.controls.gallery
    return gallery.load(next(card.key for card in gallery.cards() if card.name == name))
