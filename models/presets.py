"""Networks as rows of one table: a preset is numbers only."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Preset:
    """The shape of one network, and what training it takes.

    Attributes:
        size: Side of the crop in pixels.
        encoder: Channels at a half, quarter, ... of the crop's side; the last is the bottleneck's, 6 or 8 pixels wide.
        decoder: Channels at twice the bottleneck's side, four times, ... half of the crop's side.
        overview: Channels of the vector that tells every place of the bottleneck what the whole face does.
        batch: Pairs in one training step.
        steps: Training steps that it wants.
        pool: Rendered pairs that it trains on, each several times, never twice alike.
    """

    size: int
    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    overview: int
    batch: int
    steps: int
    pool: int


PRESETS = {
    # A billion multiply-adds: made for int8 on one core of a laptop.
    "lite": Preset(
        size=128, encoder=(48, 96, 160, 256), decoder=(192, 96, 48), overview=256, batch=10, steps=9000, pool=10240
    ),
    # For a small graphics card.
    "standard": Preset(
        size=256,
        encoder=(48, 96, 192, 320, 512),
        decoder=(384, 256, 128, 64),
        overview=512,
        batch=16,
        steps=40_000,
        pool=6144,
    ),
    # For a strong one.
    "ultra": Preset(
        size=512,
        encoder=(48, 96, 192, 320, 512, 768),
        decoder=(512, 384, 256, 128, 64),
        overview=768,
        batch=16,
        steps=80_000,
        pool=3072,
    ),
    # A seventh of lite, for things that are no faces and for a first look.
    "small": Preset(
        size=96, encoder=(16, 32, 64, 96), decoder=(64, 48, 32), overview=64, batch=8, steps=1500, pool=2048
    ),
    # A few seconds of training for tests; far too small for a likeness.
    "tiny": Preset(size=64, encoder=(16, 16, 32), decoder=(32, 16), overview=16, batch=2, steps=8, pool=16),
}


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        TrainingError: There is none.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise TrainingError(f"preset {name}", wanted=" or ".join(PRESETS), next_step="choose one of these") from None
