"""Beginning where another run stands: its encoder already knows what faces do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from models import checkpoint
from models.average import averaged_weights
from models.network import SharedAutoencoder
from realtime.errors import TrainingError


def warm_start(network: SharedAutoencoder, run: Path) -> str:
    """Give a fresh network the averaged weights of another run's: the encoder, and decoders of the same name and shape.

    Returns:
        What was taken, in words.

    Raises:
        TrainingError: There is no whole checkpoint, or its encoder is of another shape.
    """
    found = checkpoint.load(run)
    weights = averaged_weights(found)
    encoder = _part(weights, "encoder.")
    if not _fits(encoder, network.encoder.state_dict()):
        raise TrainingError(
            f"warm start from {run}",
            wanted="an encoder of the same shape",
            got=f"one of preset {found.card.preset}",
            next_step=f"try --preset {found.card.preset}",
        )
    network.encoder.load_state_dict(encoder)
    taken = []
    for name, decoder in network.decoders.items():
        part = _part(weights, f"decoders.{name}.")
        if _fits(part, decoder.state_dict()):
            decoder.load_state_dict(part)
            taken.append(name)
    others = f" and what paints {', '.join(taken)}" if taken else ""
    return f"begins with the encoder{others} of {run}, step {found.place.step}"


def _part(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): one for name, one in weights.items() if name.startswith(prefix)}


def _fits(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    return {name: one.shape for name, one in found.items()} == {name: one.shape for name, one in wanted.items()}
