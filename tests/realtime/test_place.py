"""What is worn in a place, and how, is exchanged between two frames."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from realtime.errors import ProviderError
from realtime.face.align import align, scale_crop
from realtime.fit import Fit
from realtime.frame import Face, Frame, Swap
from realtime.persona.identity import Identity
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
    """Stands for a loaded persona: only its name, card and mark are asked for."""

    mark = 0x3FA2C110

    def __init__(self, name: str) -> None:
        self.name = name
        self.manifest = SimpleNamespace(identity=Identity(name, "fictional"))


def outfit(name: str, level: int = 0, fit: Fit = Fit()) -> Outfit:  # noqa: B008
    return Outfit(Somebody(name), Painter(name, level), Live(fit))  # type: ignore[arg-type]


@pytest.fixture
def frame() -> Frame:
    points = np.random.default_rng(0).uniform(100, 200, (478, 3)).astype(np.float32)
    return Frame(0, 0.0, 0.0, np.zeros((300, 300, 3), np.uint8), (Face(0, points, align(points)),))


def test_a_swap_says_who_is_worn_and_how(frame: Frame) -> None:
    worn = outfit("ann", fit=Fit(feather=0.1))
    swap = Place(worn)(frame).swaps[0]
    assert (swap.persona, swap.identity) == ("ann", Identity("ann", "fictional"))
    assert (swap.mark, swap.fit) == (Somebody.mark, Fit(feather=0.1))
    worn.fit.swap(Fit(morph=0.5))
    assert Place(worn)(frame).swaps[0].fit == Fit(morph=0.5)
    assert worn.swapper.fits == [Fit(feather=0.1), Fit(morph=0.5)]  # type: ignore[attr-defined]


def test_the_next_frame_wears_what_was_exchanged(frame: Frame) -> None:
    place = Place(outfit("ann", 10))
    assert place(frame).swaps[0].image[0, 0, 0] == 10
    assert place.exchange(outfit("bob", 20)).persona.name == "ann"
    swap = place(frame).swaps[0]
    assert (swap.image[0, 0, 0], swap.persona, place.outfit.persona.name) == (20, "bob", "bob")


class Lost:
    """A swapper whose graphics card is gone."""

    said, provider, precision, persona_name = "CUDA, fp16", "cuda", "fp16", "ann"

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008
        raise ProviderError("persona ann on cuda", got="device lost")


def test_a_provider_that_fails_is_given_up_for_the_processor(frame: Frame) -> None:
    place = Place(replace(outfit("ann"), swapper=Lost(), on_processor=lambda: Painter("ann", 7)))
    swaps = [place(frame).swaps[0] for _ in range(2)]
    assert [int(swap.image[0, 0, 0]) for swap in swaps] == [7, 7]
    assert place.notice == "persona ann on cuda: got device lost; from here on: paint"
    assert place.outfit.on_processor is None


def test_what_was_put_on_meanwhile_stays(frame: Frame) -> None:
    """The user changes the persona while the processor's swapper is being made."""
    place: Place

    def slow() -> Painter:
        place.exchange(outfit("bob", 9))
        return Painter("ann", 7)

    place = Place(replace(outfit("ann"), swapper=Lost(), on_processor=slow))
    assert int(place(frame).swaps[0].image[0, 0, 0]) == 7
    assert place.outfit.persona.name == "bob"


def test_where_the_processor_fails_nothing_is_left(frame: Frame) -> None:
    with pytest.raises(ProviderError, match="device lost"):
        Place(replace(outfit("ann"), swapper=Lost()))(frame)
    twice = Place(replace(outfit("ann"), swapper=Lost(), on_processor=Lost))
    for _ in range(2):
        with pytest.raises(ProviderError, match="device lost"):
            twice(frame)
