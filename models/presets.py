"""Networks as rows of one table: a preset is numbers only."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Preset:
    """The shape of one network.

    Attributes:
        size: Side of the crop in pixels; a multiple of 16.
        encoder: Channels at a half, quarter, eighth and sixteenth of the crop's side.
        decoder: Channels at an eighth, quarter and half of the crop's side.
        batch: Rendered pairs in one training step.
        steps: Training steps that it wants.
    """

    size: int
    encoder: tuple[int, int, int, int]
    decoder: tuple[int, int, int]
    batch: int
    steps: int


PRESETS = {
    # 0.9 billion multiply-adds: made for int8 on one core of a laptop.
    "lite": Preset(size=128, encoder=(48, 96, 160, 256), decoder=(192, 96, 48), batch=10, steps=4500),
    # A few seconds of training for tests; far too small for a likeness.
    "tiny": Preset(size=64, encoder=(16, 16, 32, 32), decoder=(32, 16, 16), batch=2, steps=8),
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
