"""Is it getting better? SSIM of things painted from themselves, in film that is never trained on."""

from __future__ import annotations

import numpy as np
import torch

from models.augment import untouched
from models.losses import masked_ssim
from models.network import PERFORMER, SharedAutoencoder
from models.sample import Planes
from models.things.batches import ThingBatches

CROPS = 32


class ThingEvaluation:
    """Every thing but the performer's, painted from itself; there is no truth for what it is to be worn on.

    Args:
        batches: Prepared; their films' ends are looked at.
    """

    def __init__(self, batches: ThingBatches) -> None:
        self._sets = {name: batches.held_out(name, CROPS) for name in batches.decoders if name != PERFORMER}

    def __call__(self, network: SharedAutoencoder) -> float:
        """Mean SSIM over the masks, all things alike."""
        device = next(network.parameters()).device

        def tensor(planes: Planes) -> torch.Tensor:
            return torch.from_numpy(planes).to(device).float() / 255

        scores = []
        with torch.inference_mode():
            for name, truth in self._sets.items():
                painted, _ = network({name: untouched(tensor(truth.view), tensor(truth.face_map))})[name]
                scores.append(masked_ssim(painted.float(), tensor(truth.image), tensor(truth.mask)).cpu().numpy())
        return float(np.concatenate(scores).mean())
