"""The network that most face swaps were trained with, to be measured against: DeepFaceLab's SAEHD, shape `df-ud`.

Written anew from its published description (Perov et al., "DeepFaceLab: Integrated, flexible and extensible
face-swapping framework", 2020, and its options): encoder, one shared dense bottleneck, two decoders; `u` normalises the
encoder's vector, `d` paints at half the side and shuffles up. Its loss is DSSIM, squared error and squared error of the
mask, its optimizer AdaBelief at 5e-5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from models.losses import ssim_map
from models.network import PERFORMER, PERSONA, Painted

SIZE = 128
BATCH = 8
RATE = 5e-5
_AE_DIMS, _E_DIMS, _D_DIMS, _D_MASK_DIMS = 256, 64, 64, 22
_STRUCTURE, _SQUARES = 10.0, 10.0


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 3, padding=1), nn.LeakyReLU(0.1), nn.PixelShuffle(2))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        inside = self.second(F.leaky_relu(self.first(inputs), 0.2))
        return F.leaky_relu(inputs + inside, 0.2)


class Bottleneck(nn.Module):
    """(N, 512, S / 16, S / 16) to (N, 256, S / 16, S / 16) through two dense layers, by way of a normalised vector.

    Args:
        size: S.
    """

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self._side = size // 32
        flat = 8 * _E_DIMS * (size // 16) ** 2
        self.squeeze = nn.Linear(flat, _AE_DIMS)
        self.widen = nn.Linear(_AE_DIMS, self._side**2 * _AE_DIMS)
        self.up = _up(_AE_DIMS, _AE_DIMS)

    def forward(self, features: Tensor) -> Tensor:
        """Squeeze and widen a batch."""
        vector = features.flatten(1)
        vector = vector * torch.rsqrt((vector**2).mean(1, keepdim=True) + 1e-6)
        wide = self.widen(self.squeeze(vector)).reshape(-1, _AE_DIMS, self._side, self._side)
        latent: Tensor = self.up(wide)
        return latent


class PublishedDecoder(nn.Module):
    """(N, 256, S / 16, S / 16) to one face."""

    def __init__(self) -> None:
        super().__init__()
        widths = (_AE_DIMS, 8 * _D_DIMS, 4 * _D_DIMS, 2 * _D_DIMS)
        pairs = list(pairwise(widths))
        self.colour = nn.Sequential(*(nn.Sequential(_up(a, b), _Residual(b)) for a, b in pairs))
        self.corners = nn.ModuleList(nn.Conv2d(widths[-1], 3, side, padding=side // 2) for side in (1, 3, 3, 3))
        masks = (_AE_DIMS, 8 * _D_MASK_DIMS, 4 * _D_MASK_DIMS, 2 * _D_MASK_DIMS, _D_MASK_DIMS)
        self.mask = nn.Sequential(*(_up(a, b) for a, b in pairwise(masks)))
        self.last = nn.Conv2d(masks[-1], 1, 1)

    def forward(self, latent: Tensor) -> Painted:
        """Paint a batch."""
        features = self.colour(latent)
        # Pixel shuffle takes a colour's four corners side by side.
        corners = torch.stack([corner(features) for corner in self.corners], 2).flatten(1, 2)
        return torch.sigmoid(F.pixel_shuffle(corners, 2)), torch.sigmoid(self.last(self.mask(latent)))


class PublishedAutoencoder(nn.Module):
    """SAEHD `df-ud`; called as `models.network.SharedAutoencoder`, of whose input it sees red, green, blue.

    Args:
        decoders: A name for each face.
        size: Side of its crops, a multiple of 32.
    """

    def __init__(self, decoders: Sequence[str] = (PERFORMER, PERSONA), size: int = SIZE) -> None:
        super().__init__()
        widths = (3, _E_DIMS, 2 * _E_DIMS, 4 * _E_DIMS, 8 * _E_DIMS)
        downs = [nn.Sequential(nn.Conv2d(a, b, 5, stride=2, padding=2), nn.LeakyReLU(0.1)) for a, b in pairwise(widths)]
        self.encoder = nn.Sequential(*downs, Bottleneck(size))
        self.decoders = nn.ModuleDict({name: PublishedDecoder() for name in decoders})
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Painted]:
        """For each decoder by its name, what it paints of its own part of the input, (N, 3 or more, S, S) each."""
        latents = self.encoder(torch.cat([part[:, :3] for part in inputs.values()]))
        parts = latents.split([len(part) for part in inputs.values()])
        return {name: self.decoders[name](latent) for name, latent in zip(inputs, parts, strict=True)}


def published_loss(painted: Painted, true_image: Tensor, true_mask: Tensor) -> Tensor:
    """The published loss of one decoder, faces cut out by their masks; a scalar."""
    image, mask = (part.float() for part in painted)
    image, true_image = image * true_mask, true_image * true_mask
    structure = ((1 - ssim_map(image, true_image)) / 2).mean()
    squares = ((image - true_image) ** 2).mean()
    return _STRUCTURE * structure + _SQUARES * squares + _SQUARES * ((mask - true_mask) ** 2).mean()


class AdaBelief(torch.optim.Optimizer):
    """Adam that divides by how far a gradient is from what was believed (Zhuang et al., 2020).

    Args:
        parameters: To be trained.
        rate: Learning rate.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float = RATE) -> None:
        super().__init__(parameters, {"lr": rate})
        self._steps = 0

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step down the gradients that `backward` left."""
        self._steps += 1
        first, second = 1 - 0.9**self._steps, 1 - 0.999**self._steps
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["mean"], state["spread"] = (torch.zeros_like(parameter) for _ in range(2))
                mean = state["mean"].lerp_(parameter.grad, 0.1)
                surprise = parameter.grad - mean
                spread = state["spread"].mul_(0.999).addcmul_(surprise, surprise, value=0.001).add_(1e-16)
                parameter.addcdiv_(mean / first, (spread / second).sqrt().add_(1e-8), value=-group["lr"])
