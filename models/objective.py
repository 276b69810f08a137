"""One training step's loss: inputs made on the device, painted, compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.augment import Augment, draw
from models.losses import face_loss
from models.network import PERFORMER, Painted
from models.sample import Batch, Planes, Sample
from models.variety import USUAL_SIGHT, SightVariety

_PERFORMER_SHARE = 0.25
"""What the performer's own decoder counts: it keeps the encoder honest, and is never worn."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one decoder painted, and what it should have; all float32, 0 to 1."""

    image: Tensor
    mask: Tensor
    true_image: Tensor
    true_mask: Tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """One step's loss.

    Attributes:
        total: What is to fall; scalar.
        parts: The mean loss of each decoder by its name, detached.
        compared: For each decoder, for a discriminator to look at.
    """

    total: Tensor
    parts: Mapping[str, Tensor]
    compared: Mapping[str, Compared]


class Objective:
    """Compares what a network paints with what it should.

    Args:
        size: Side of the crops in pixels.
        seed: Of warps, colours and occluders.
        device: Where it trains.
        variety: What the network is shown.
    """

    def __init__(self, size: int, seed: int, device: torch.device, variety: SightVariety = USUAL_SIGHT) -> None:
        self._seed, self._device, self._variety = seed, device, variety
        self._augment = Augment(size, device, variety)

    def __call__(
        self,
        network: Callable[[Mapping[str, Tensor]], Mapping[str, Painted]],
        batch: Batch,
        step: int,
        rank: int = 0,
        world: int = 1,
    ) -> Losses:
        """One step's loss.

        Args:
            network: As `SharedAutoencoder`, or what Fabric made of it.
            batch: This process's share.
            step: Which step it is.
            rank: Which process this is.
            world: How many there are.
        """
        inputs, hidden = {}, {}
        for number, (name, sample) in enumerate(batch.items()):
            seeds = [(self._seed, step, number, rank + place * world) for place in range(len(sample.view))]
            draws = draw(seeds, [bool(one) for one in sample.known.ravel()], self._variety)
            inputs[name], hidden[name] = self._augment(self._tensor(sample.view), self._tensor(sample.face_map), draws)
        painted = network(inputs)
        compared = {name: self._compare(painted[name], sample, hidden[name]) for name, sample in batch.items()}
        means, total = {}, torch.zeros((), device=self._device)
        for name, one in compared.items():
            focus = self._tensor(batch[name].focus) * (1 - hidden[name])
            loss = face_loss(one.image, one.mask, one.true_image, one.true_mask, focus).mean()
            means[name] = loss.detach()
            total = total + loss * (_PERFORMER_SHARE if name == PERFORMER else 1.0)
        return Losses(total, means, compared)

    def _compare(self, painted: Painted, sample: Sample, hidden: Tensor) -> Compared:
        image, mask = (part.float() for part in painted)
        return Compared(image, mask, self._tensor(sample.image), self._tensor(sample.mask) * (1 - hidden))

    def _tensor(self, planes: Planes) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(planes)).to(self._device).float() / 255
