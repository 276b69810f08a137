"""Unpaired batches: every thing reconstructs itself from an altered view of it.

There is no truth for what a kiwi would be where an apple is. One encoder must serve both decoders (the classic way:
"deepfakes" of 2017), and is kept from telling the things apart by what is not their structure: each view's colours are
mixed anew, it is blurred, bent and flipped. The colours that are asked for are always the thing's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.presets import Preset
from models.sample import Batch, Planes, Sample, stack
from models.things.footage import Footage, cut_film, load_footage, mirrored, save_footage
from models.things.words import ThingWords, digest_of

HELD_OUT = 0.1
"""The end of each film, which is never trained on: neighbours in a film are too alike to tell anything."""

_FOLDER = "things"
_MIXED, _BLURRED = 0.8, 0.7
_BEND = 0.02
_GRID = 5
_PARTS = 100
"""Progress is told in hundredths of a film."""


class ThingBatches:
    """Batches for one encoder and a decoder for each thing; the same step of the same seed is the same batch.

    Args:
        words: Each thing's material; the performer's first.
        preset: Its size and batch.
        seed: Which endless sequence.
        batch: Samples of each thing in a batch, all processes together; None is what the preset wants.

    Attributes:
        decoders: Their names, the performer's first.
        digests: SHA-256 of each material, by decoder.
    """

    def __init__(self, words: Sequence[ThingWords], preset: Preset, seed: int, batch: int | None = None) -> None:
        self._words, self._seed = tuple(words), seed
        self._size, self._batch = preset.size, batch or preset.batch
        self.decoders = tuple(one.name for one in words)
        self.digests: Mapping[str, str] = {one.name: digest_of(one) for one in words}
        self._footage: dict[str, Footage] = {}

    def prepare(
        self, folder: Path, on_progress: Callable[[int, int], None], stop: threading.Event | None = None
    ) -> bool:
        """Cut the films into crops in the run's folder, or find them there.

        Args:
            folder: The run's.
            on_progress: Told how many hundredths of all films are done, and of how many.
            stop: Set it to end early.

        Returns:
            Whether all are there.

        Raises:
            SourceError: A film cannot be read.
            TrainingError: A thing is found too seldom, or there is no room.
        """
        of = _PARTS * len(self._words)
        for number, words in enumerate(self._words):

            def tell(share: float, before: int = _PARTS * number) -> None:
                on_progress(before + int(_PARTS * share), of)

            path, digest = folder / _FOLDER / f"{words.name}.safetensors", self.digests[words.name]
            footage = load_footage(path, digest, self._size)
            if footage is None:
                footage = cut_film(words, self._size, tell, stop or threading.Event())
                if footage is None:
                    return False
                save_footage(path, footage, digest)
            self._footage[words.name] = footage
            tell(1.0)
        return True

    def __call__(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """One process's share of one step's batch."""
        places = range(self._batch)[rank::world]
        return {
            name: stack([self._sample(name, np.random.default_rng((self._seed, step, number, at))) for at in places])
            for number, name in enumerate(self.decoders)
        }

    def held_out(self, name: str, most: int) -> Sample:
        """Samples of the end of a film as they are, evenly spread over it."""
        footage = self._footage[name]
        first = _trained_on(footage)
        places = np.unique(np.linspace(first, len(footage.views) - 1, most).round().astype(int))
        return stack([_as_sample(footage.views[at], footage.views[at], footage.masks[at]) for at in places])

    def _sample(self, name: str, random: np.random.Generator) -> Sample:
        footage = self._footage[name]
        at = int(random.integers(_trained_on(footage)))
        image, mask = footage.views[at], footage.masks[at]
        if random.random() < 0.5:
            image, mask = mirrored(image), mirrored(mask)
        return _as_sample(alter(image, random), image, mask)


def alter(image: Planes, random: np.random.Generator) -> Planes:
    """Another view of a crop, in which its structure is all that can be relied on.

    Args:
        image: (3, S, S) uint8 RGB.
        random: Where the randomness comes from.
    """
    size = image.shape[-1]
    view: npt.NDArray[np.float32] = image.transpose(1, 2, 0).astype(np.float32)
    if random.random() < _MIXED:
        mix = random.dirichlet((0.6, 0.6, 0.6), 3) * random.uniform(0.7, 1.4, (3, 1))
        view = view @ mix.T.astype(np.float32)
    axis = np.arange(size, dtype=np.float32)
    bends = (
        cv2.resize(bend, (size, size), interpolation=cv2.INTER_CUBIC)
        for bend in random.normal(0, _BEND * size, (2, _GRID, _GRID)).astype(np.float32)
    )
    x, y = (np.asarray(flat + bend, np.float32) for flat, bend in zip(np.meshgrid(axis, axis), bends, strict=True))
    view = np.asarray(cv2.remap(view, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    if random.random() < _BLURRED:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), random.uniform(0.3, size / 24)), np.float32)
    return np.ascontiguousarray(np.clip(view + 0.5, 0, 255).astype(np.uint8).transpose(2, 0, 1))


def _trained_on(footage: Footage) -> int:
    count = len(footage.views)
    return count - max(1, round(HELD_OUT * count))


def _as_sample(view: Planes, image: Planes, mask: Planes) -> Sample:
    nothing = np.zeros_like(image)
    return Sample(view, nothing, image, mask, np.zeros_like(mask), np.ones(1, np.uint8))
