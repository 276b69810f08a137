"""What is worn in a place, and how, is exchanged between two frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from realtime.face.align import align, scale_crop
from realtime.fit import Fit
from realtime.frame import Face, Frame, Swap
from realtime.place import Outfit, Place
from realtime.settings import Live

SIZE = 64


class Painter:
    """A swapper that paints one grey, and notes how it was asked to."""

    said = provider = precision = "paint"

    def __init__(self, name: str, level: int) -> None:
        self.persona_name, self.level = name, level
        self.fits: list[Fit] = []

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008
        self.fits.append(fit)
        image, mask = np.full((SIZE, SIZE, 3), self.level, np.uint8), np.full((SIZE, SIZE), 255, np.uint8)
        swaps = (Swap(face, image, mask, scale_crop(face.crop_from_frame, SIZE)) for face in frame.faces)
        return replace(frame, swaps=tuple(swaps))


class Somebody:
    """Stands for a loaded persona: only its name and mark are asked for."""

    mark = 0x3FA2C110

    def __init__(self, name: str) -> None:
        self.name = name


def outfit(name: str, level: int = 0, fit: Fit = Fit()) -> Outfit:  # noqa: B008
    return Outfit(Somebody(name), Painter(name, level), Live(fit))  # type: ignore[arg-type]


@pytest.fixture
def frame() -> Frame:
    points = np.random.default_rng(0).uniform(100, 200, (478, 3)).astype(np.float32)
    return Frame(0, 0.0, 0.0, np.zeros((300, 300, 3), np.uint8), (Face(0, points, align(points)),))


def test_a_swap_says_who_is_worn_and_how(frame: Frame) -> None:
    worn = outfit("ann", fit=Fit(feather=0.1))
    swap = Place(worn)(frame).swaps[0]
    assert (swap.persona, swap.mark, swap.fit) == ("ann", Somebody.mark, Fit(feather=0.1))
    worn.fit.swap(Fit(morph=0.5))
    assert Place(worn)(frame).swaps[0].fit == Fit(morph=0.5)
    assert worn.swapper.fits == [Fit(feather=0.1), Fit(morph=0.5)]  # type: ignore[attr-defined]


def test_the_next_frame_wears_what_was_exchanged(frame: Frame) -> None:
    place = Place(outfit("ann", 10))
    assert place(frame).swaps[0].image[0, 0, 0] == 10
    assert place.exchange(outfit("bob", 20)).persona.name == "ann"
    swap = place(frame).swaps[0]
    assert (swap.image[0, 0, 0], swap.persona, place.outfit.persona.name) == (20, "bob", "bob")
