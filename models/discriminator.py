"""The patch discriminator: late and optional, a second network that tells painted skin from true skin.

A PatchGAN (Isola et al., "Image-to-image translation with conditional adversarial networks", 2017) judges overlapping
patches of a quarter of the crop, so that it asks for texture and leaves the likeness to the other losses. Hinge loss
(Lim and Ye, "Geometric GAN", 2017); spectral normalisation (Miyato et al., 2018) bounds how hard it can pull.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.network import PERFORMER
from models.objective import Losses

_WIDTH = 32
_LARGE_PX = 256


class Discriminator(nn.Module):
    """(N, 3, S, S) RGB, 0 to 1, to (N, 1, s, s): above 0 where a patch is taken to be true.

    Args:
        size: Side of the crops in pixels; patches are 34 pixels wide, from 256 on 70, as in the paper.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        widths = [_WIDTH, 2 * _WIDTH] if size < _LARGE_PX else [_WIDTH, 2 * _WIDTH, 4 * _WIDTH]
        layers: list[nn.Module] = []
        inputs = 3
        for width in widths:
            layers += [spectral_norm(nn.Conv2d(inputs, width, 4, 2, 1)), nn.LeakyReLU(0.2)]
            inputs = width
        layers += [spectral_norm(nn.Conv2d(inputs, 2 * inputs, 4, 1, 1)), nn.LeakyReLU(0.2)]
        layers += [spectral_norm(nn.Conv2d(2 * inputs, 1, 4, 1, 1))]
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """Judge a batch."""
        judged: Tensor = self.layers(2 * pictures - 1)
        return judged


def judged_parts(losses: Losses) -> tuple[Tensor, Tensor]:
    """What the personas' decoders painted and what is true, (N, 3, S, S) each, over the true mask alone."""
    personas = [one for name, one in losses.compared.items() if name != PERFORMER]
    painted = torch.cat([one.image * one.true_mask for one in personas])
    return painted, torch.cat([one.true_image * one.true_mask for one in personas])


def fooling_loss(of_painted: Tensor) -> Tensor:
    """What the painting network wants to fall: minus what the discriminator thinks of it."""
    return -of_painted.mean()


def judging_loss(of_true: Tensor, of_painted: Tensor) -> Tensor:
    """What the discriminator wants to fall (hinge)."""
    return F.relu(1 - of_true).mean() + F.relu(1 + of_painted).mean()


def told_apart(of_true: Tensor, of_painted: Tensor) -> Tensor:
    """Share of the patches that it judges rightly; a half is guessing."""
    return 0.5 * ((of_true > 0).float().mean() + (of_painted < 0).float().mean())
