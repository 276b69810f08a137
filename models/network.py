"""One encoder for all, one decoder for each face.

What the encoder makes of a crop and its landmark map must serve both decoders, so it can only be what the two faces
share: expression, direction, light. Plain 3x3 convolutions with ReLU, widths in sixteens and pixel (un)shuffle
at the ends: a graph that int8 and tensor cores run at full speed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.presets import Preset

CHANNELS = ("r", "g", "b", "map_oval", "map_eyes", "map_mouth")
"""What the network's input holds, each 0 to 1."""


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
    # A dozen layers without normalisation need their signal kept alive from the start (He et al., 2015).
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.ReLU())


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the side by pixel shuffle (Shi et al., 2016), then one convolution that smooths its checkerboard."""
    return nn.Sequential(
        *_convolution(inputs, 4 * outputs),
        nn.PixelShuffle(2),
        *_convolution(outputs, outputs),
    )


class Encoder(nn.Module):
    """(N, 6, S, S) crop and landmark map to (N, C, S/16, S/16), what a face does without whose it is."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = preset.encoder
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            _convolution(4 * len(CHANNELS), half),
            _convolution(half, quarter, stride=2),
            _convolution(quarter, eighth, stride=2),
            _convolution(eighth, sixteenth, stride=2),
            _convolution(sixteenth, sixteenth),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Encode a batch."""
        latent: Tensor = self.layers(inputs)
        return latent


class Decoder(nn.Module):
    """(N, C, S/16, S/16) to one face: (N, 3, S, S) RGB and (N, 1, S, S) mask, both 0 to 1."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        eighth, quarter, half = preset.decoder
        last = nn.Conv2d(half, 16, 3, padding=1)
        nn.init.kaiming_normal_(last.weight, a=3.0)  # small: the sigmoid starts where it is steep
        self.layers = nn.Sequential(
            _doubling(preset.encoder[-1], eighth),
            _doubling(eighth, quarter),
            _doubling(quarter, half),
            last,
            nn.PixelShuffle(2),
            nn.Sigmoid(),
        )

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Decode a batch."""
        painted = self.layers(latent)
        return painted[:, :3], painted[:, 3:]


class SharedAutoencoder(nn.Module):
    """The encoder and both decoders, as trained."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.encoder = Encoder(preset)
        self.performer = Decoder(preset)
        self.persona = Decoder(preset)


class Wearer(nn.Module):
    """Encoder and decoder B alone: what is exported and worn.

    Maps (N, 6, S, S) to RGB (N, 3, S, S) and mask (N, 1, S, S), all 0 to 1.
    """

    def __init__(self, network: SharedAutoencoder) -> None:
        super().__init__()
        self.encoder = network.encoder
        self.persona = network.persona

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Swap a batch of crops."""
        image, mask = self.persona(self.encoder(inputs))
        return image, mask


def multiply_adds(preset: Preset) -> int:
    """Multiply-adds of encoder and one decoder for one crop."""
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(layer, nn.Conv2d)
        total += output[0].numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]

    wearer = Wearer(SharedAutoencoder(preset))
    for layer in wearer.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        wearer(torch.zeros(1, len(CHANNELS), preset.size, preset.size))
    return total
