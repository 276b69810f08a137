"""The things' loss: reconstruction, and after a while back from the other thing's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from models.augment import untouched
from models.network import PERFORMER, Painted
from models.objective import Losses, Objective
from models.sample import Batch, Planes, Sample
from models.variety import SightVariety

BEGINS_STEP = 150
"""By then both decoders paint something; what is swapped before is mud."""

THING_SIGHT = SightVariety(own_seen=1.0)
"""A thing has no landmark map: it is seen, or nothing is."""

Network = Callable[[Mapping[str, Tensor]], Mapping[str, Painted]]


class ThingObjective(Objective):
    """As `Objective`, half of each batch seen in the other thing's form.

    What the network itself makes of a kiwi as an apple goes in, and the kiwi that it was made from is asked for
    (back-translation: Sennrich et al., 2016; without any pairs: Lample et al., 2018). So the persona's decoder learns
    from what looks like the performer, with a true picture to answer to.
    """

    def __call__(self, network: Network, batch: Batch, step: int, rank: int = 0, world: int = 1) -> Losses:
        """One step's loss."""
        if step >= BEGINS_STEP:
            batch = {name: self._swapped(network, name, sample, batch, step) for name, sample in batch.items()}
        return super().__call__(network, batch, step, rank, world)

    def _swapped(self, network: Network, name: str, sample: Sample, batch: Batch, step: int) -> Sample:
        """The first half of the views as another decoder paints them; the performer's by each persona in turn."""
        personas = [other for other in batch if other != PERFORMER]
        other = personas[step % len(personas)] if name == PERFORMER else PERFORMER
        half = len(sample.view) // 2
        with torch.no_grad():
            inputs = untouched(self._tensor(sample.image[:half]), self._tensor(sample.face_map[:half]))
            painted = network({other: inputs})[other][0].float()
        view: Planes = sample.view.copy()
        view[:half] = (painted.clamp(0, 1) * 255 + 0.5).to(torch.uint8).cpu().numpy()
        return replace(sample, view=np.ascontiguousarray(view))
