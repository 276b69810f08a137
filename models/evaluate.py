"""Is it getting better? SSIM on pairs that are never trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from models.augment import untouched
from models.losses import masked_ssim
from models.material import Words, read_material
from models.network import SharedAutoencoder
from models.pairs import PairMaker
from models.sample import Planes, Sample, stack

PAIRS = 48
_SEED = 600_001
_BATCH = 16


class Evaluation:
    """Held-out pairs of a performer as it is, and each persona as it should look then.

    Args:
        words: Each face's material; the performer first.
        size: Side of the crops in pixels.
        pairs: How many for each persona.
    """

    def __init__(self, words: Sequence[Words], size: int, pairs: int = PAIRS) -> None:
        performer, *personas = (read_material(one, size) for one in words)
        self._sets = {one.name: _known_pairs(PairMaker(one, performer, size, held_out=True), pairs) for one in personas}

    def __call__(self, network: SharedAutoencoder) -> float:
        """Mean SSIM over the truth's mask, all personas alike; nothing is warped, recoloured or hidden."""
        device = next(network.parameters()).device
        with torch.inference_mode():
            scores = [self._score(network, name, pairs, device) for name, pairs in self._sets.items()]
        return float(torch.cat(scores).mean())

    def _score(self, network: SharedAutoencoder, name: str, pairs: Sample, device: torch.device) -> Tensor:
        scores = []
        for start in range(0, len(pairs.view), _BATCH):
            part = slice(start, start + _BATCH)
            view, face_map, image, mask = (
                _tensor(planes[part], device) for planes in (pairs.view, pairs.face_map, pairs.image, pairs.mask)
            )
            painted, _ = network({name: untouched(view, face_map)})[name]
            scores.append(masked_ssim(painted.float(), image, mask))
        return torch.cat(scores)


def _known_pairs(maker: PairMaker, count: int) -> Sample:
    """Pairs that show the performer as it is; where the material gives none, what it gives."""
    drawn = [maker(np.random.default_rng((_SEED, number))) for number in range(2 * count)]
    known = [one for one in drawn if one.known.any()]
    return stack((known or drawn)[:count])


def _tensor(planes: Planes, device: torch.device) -> Tensor:
    return torch.from_numpy(planes).to(device).float() / 255
