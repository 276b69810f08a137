"""What the export of a thing needs that is not a face: crops of films to measure by, and a network without a map."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from export.precisions import Proof
from export.subject import Subject
from models.augment import untouched
from models.checkpoint import RunCard
from models.network import PERFORMER, Wearer
from models.presets import find_preset
from models.sample import Planes, Sample
from models.things.batches import ThingBatches
from models.things.words import parse_thing
from realtime.errors import ExportError

CHANNELS = ("r", "g", "b", "local")
"""A thing has no landmark map."""


def thing_subject(run: Path, trained: RunCard, network: Wearer, name: str, crops: int) -> Subject:
    """A thing's persona, by the end of the films, which it was not trained on.

    Args:
        run: The folder that `thespis train` wrote.
        trained: What the run is made of.
        network: Encoder and the persona's decoder.
        name: Of that decoder.
        crops: How many to calibrate on and to measure by, at most: half performer, half the thing itself.

    Raises:
        TrainingError: A film is not there any more.
        ExportError: A film is not what it was.
    """
    words = [parse_thing(one, trained.material[one]) for one in (PERFORMER, name)]
    batches = ThingBatches(words, find_preset(trained.preset), trained.seed)
    for one in words:
        if batches.digests[one.name] != trained.digests[one.name]:
            raise ExportError(
                f"film {one.film}", wanted="what the run was trained on", got="another film", next_step="put it back"
            )
    batches.prepare(run, lambda done, of: None)
    performer, worn = (batches.held_out(one.name, crops // 2) for one in words)
    largest = int(np.argmax(worn.mask.reshape(len(worn.mask), -1).sum(1)))
    return Subject(
        network=without_map(network),
        proof=_proof(performer, worn),
        portrait=np.asarray(cv2.cvtColor(worn.image[largest].transpose(1, 2, 0), cv2.COLOR_RGB2BGR), np.uint8),
        counts={"films": len(words)},
        channels=CHANNELS,
        region=words[0].region.words,
    )


def without_map(wearer: Wearer) -> Wearer:
    """The same network for `CHANNELS` alone: the map of a thing was black, and black adds nothing to a convolution."""
    narrow = deepcopy(wearer)
    stage = narrow.encoder.look[-1]
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
