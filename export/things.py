"""What the export of a thing needs that is not a face: crops of films to measure by, and a network without a map."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from export.precisions import Proof
from models.augment import untouched
from models.checkpoint import RunCard
from models.network import PERFORMER, Wearer
from models.presets import find_preset
from models.sample import Planes, Sample
from models.things.batches import ThingBatches
from models.things.words import parse_thing
from realtime.errors import ExportError
from realtime.frame import BgrImage

CHANNELS = ("r", "g", "b", "local")
"""A thing has no landmark map."""

_CROPS = 96


@dataclass(frozen=True, slots=True)
class ThingMaterial:
    """What a thing's persona is made from, beside its network.

    Attributes:
        proof: Half performer, of which no truth is known, half the thing itself.
        portrait: The thing for display, (S, S, 3) uint8 BGR.
        region: What is to be looked for live: the performer's, in the words of `--region`.
        counts: How many crops of how many films.
    """

    proof: Proof
    portrait: BgrImage
    region: str
    counts: Mapping[str, int]


def thing_material(run: Path, trained: RunCard, persona: str) -> ThingMaterial:
    """Gather it from a run's folder.

    Args:
        run: The folder that `thespis train` wrote.
        trained: What the run is made of.
        persona: Name of the decoder.

    Raises:
        TrainingError: A film is not there any more.
        ExportError: A film is not what it was.
    """
    words = [parse_thing(name, trained.material[name]) for name in (PERFORMER, persona)]
    batches = ThingBatches(words, find_preset(trained.preset), seed=trained.seed)
    for one in words:
        if batches.digests[one.name] != trained.digests[one.name]:
            raise ExportError(
                f"film {one.film}", wanted="what the run was trained on", got="another film", next_step="put it back"
            )
    batches.prepare(run, lambda done, of: None)
    performer, worn = (batches.held_out(name, _CROPS) for name in batches.decoders)
    best = int(np.argmax(worn.mask.reshape(len(worn.mask), -1).sum(1)))
    return ThingMaterial(
        proof=_proof(performer, worn),
        portrait=np.asarray(cv2.cvtColor(worn.image[best].transpose(1, 2, 0), cv2.COLOR_RGB2BGR), np.uint8),
        region=words[0].region.words,
        counts={"films": len(words)},
    )


def without_map(wearer: Wearer) -> Wearer:
    """The same network for `CHANNELS` alone: the map of a thing was black, and black adds nothing to a convolution."""
    narrow = deepcopy(wearer)
    place = next(at for at, layer in enumerate(narrow.encoder.layers) if isinstance(layer, nn.Sequential))
    stage = narrow.encoder.layers[place]
    assert isinstance(stage, nn.Sequential)
    wide = stage[0]
    assert isinstance(wide, nn.Conv2d)
    planes = 4 * len(CHANNELS)  # pixel unshuffle makes four of one
    first = nn.Conv2d(planes, wide.out_channels, wide.kernel_size, wide.stride, wide.padding)  # type: ignore[arg-type]
    first.weight = nn.Parameter(wide.weight[:, :planes].detach().clone())
    first.bias = wide.bias
    stage[0] = first
    return narrow


def _proof(performer: Sample, worn: Sample) -> Proof:
    """Of the performer in the persona's form there is no truth; so there is none of all."""
    both = [
        untouched(_tensor(one.view), _tensor(one.face_map))[:, : len(CHANNELS)].numpy() for one in (performer, worn)
    ]
    return Proof(np.ascontiguousarray(np.concatenate(both)))


def _tensor(planes: Planes) -> torch.Tensor:
    return torch.from_numpy(planes).float() / 255
