"""One encoder for all, one decoder for each face.

What the encoder makes of a crop and its landmark map must serve every decoder, so it can only be what the faces
share: expression, direction, light. What hides a face is no part of that, and is seen beside it. Plain convolutions
with ReLU, widths in sixteens and pixel (un)shuffle at the ends: a graph that int8 and tensor cores run at full speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from models.presets import Preset

CHANNELS = ("r", "g", "b", "local", "map_oval", "map_eyes", "map_mouth")
"""What the network's input holds, each 0 to 1."""

PERFORMER, PERSONA = "performer", "persona"

Painted: TypeAlias = tuple[Tensor, Tensor]
"""(N, 3, S, S) RGB and (N, 1, S, S) mask, both 0 to 1."""


def _convolution(inputs: int, outputs: int, side: int = 3, stride: int = 1, padding: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, side, stride, padding)
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


class Overview(nn.Module):
    """Tells every place of the bottleneck what the whole face does.

    Plain 3x3 convolutions reach half a face; where a jaw lies hangs on how the head is turned, which the compass and
    the nose show. One convolution as large as the bottleneck sums it up, and pixel shuffle hands it to every place.
    """

    def __init__(self, channels: int, side: int, overview: int) -> None:
        super().__init__()
        few = max(16, channels // 4)
        self.layers = nn.Sequential(
            _convolution(channels, few, 1, padding=0),
            _convolution(few, overview, side, padding=0),
            _convolution(overview, 16 * side * side, 1, padding=0),
            nn.PixelShuffle(side),
        )
        self.join = _convolution(channels + 16, channels)

    def forward(self, latent: Tensor) -> Tensor:
        """(N, C, s, s) to the same shape."""
        joined: Tensor = self.join(torch.cat([latent, self.layers(latent)], 1))
        return joined


class Encoder(nn.Module):
    """(N, 7, S, S) crop and landmark map to (N, C, s, s), what a face does without whose it is; and what was seen.

    The second, (N, C', S / 2, S / 2), is what the first layer made of the input. No colour is ever painted from it.
    """

    def __init__(self, preset: Preset, channels: int) -> None:
        super().__init__()
        first, *others = preset.encoder
        self.look = nn.Sequential(nn.PixelUnshuffle(2), _convolution(4 * channels, first))
        stages = [
            _convolution(inputs, outputs, stride=2) for inputs, outputs in zip(preset.encoder, others, strict=False)
        ]
        side = preset.size >> len(preset.encoder)
        self.layers = nn.Sequential(*stages, Overview(preset.encoder[-1], side, preset.overview))

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a batch."""
        seen = self.look(inputs)
        return self.layers(seen), seen


class Decoder(nn.Module):
    """(N, C, s, s), and what was seen, to one face: (N, 3, S, S) RGB and (N, 1, S, S) mask, both 0 to 1.

    Where a hand's rim lies does not go through the bottleneck: the mask alone compares what it would paint with what
    was seen there.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        widths = (preset.encoder[-1], *preset.decoder)
        self.layers = nn.Sequential(
            *(_doubling(inputs, outputs) for inputs, outputs in zip(widths, preset.decoder, strict=False))
        )
        self.colour, cover = nn.Conv2d(widths[-1], 12, 3, padding=1), nn.Conv2d(16, 4, 3, padding=1)
        for last in (self.colour, cover):
            nn.init.kaiming_normal_(last.weight, a=3.0)  # small: the sigmoid starts where it is steep
        self.cover = nn.Sequential(
            _convolution(widths[-1] + preset.encoder[0], 32, 1, padding=0), _convolution(32, 16), cover
        )
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, latent: Tensor, seen: Tensor) -> Painted:
        """Decode a batch."""
        features = self.layers(latent)
        ends = self.colour(features), self.cover(torch.cat([features, seen], 1))
        # In full precision: in half a sigmoid is 1 from 6 on, and a mask that is so sure learns nothing any more.
        image, mask = (torch.sigmoid(self.shuffle(end).float()) for end in ends)
        return image, mask


class SharedAutoencoder(nn.Module):
    """The encoder and all decoders, as trained.

    Args:
        preset: The network's numbers.
        decoders: A name for each face.
        channels: How many planes its input holds.
    """

    def __init__(
        self, preset: Preset, decoders: Sequence[str] = (PERFORMER, PERSONA), channels: int = len(CHANNELS)
    ) -> None:
        super().__init__()
        self.encoder = Encoder(preset, channels)
        self.decoders = nn.ModuleDict({name: Decoder(preset) for name in decoders})

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Painted]:
        """For each decoder by its name, what it paints of its own part of the input, (N, channels, S, S) each."""
        counts = [len(part) for part in inputs.values()]
        encoded = zip(*(part.split(counts) for part in self.encoder(torch.cat(list(inputs.values())))), strict=True)
        return {name: self.decoders[name](*parts) for name, parts in zip(inputs, encoded, strict=True)}


class Wearer(nn.Module):
    """Encoder and one persona's decoder alone: what is exported and worn.

    Maps (N, channels, S, S) to RGB (N, 3, S, S) and mask (N, 1, S, S), all 0 to 1.
    """

    def __init__(self, network: SharedAutoencoder, persona: str = PERSONA) -> None:
        super().__init__()
        self.encoder = network.encoder
        self.persona = network.decoders[persona]

    def forward(self, inputs: Tensor) -> Painted:
        """Swap a batch of crops."""
        image, mask = self.persona(*self.encoder(inputs))
        return image, mask


def multiply_adds(preset: Preset, channels: int = len(CHANNELS)) -> int:
    """Multiply-adds of encoder and one decoder for one crop."""
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(layer, nn.Conv2d)
        total += output[0].numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]

    wearer = Wearer(SharedAutoencoder(preset, channels=channels))
    for layer in wearer.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        wearer(torch.zeros(1, channels, preset.size, preset.size))
    return total
