"""The averaged weights of a run: what is exported, and what other runs begin with."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from models import checkpoint
from models.checkpoint import Checkpoint, RunCard
from models.network import SharedAutoencoder
from models.presets import find_preset

_PREFIX = "average."


def averaged_weights(found: Checkpoint) -> dict[str, Tensor]:
    """A checkpoint's averaged weights under the network's own names."""
    return {name.removeprefix(_PREFIX): one for name, one in found.tensors.items() if name.startswith(_PREFIX)}


def load_average(run: Path) -> tuple[SharedAutoencoder, RunCard, int]:
    """The averaged weights of a run, for export: the network on the CPU, the run's card, and the steps it took.

    Raises:
        TrainingError: There is no whole checkpoint.
    """
    found = checkpoint.load(run)
    network = SharedAutoencoder(find_preset(found.card.preset), found.card.decoders)
    network.load_state_dict(averaged_weights(found))
    return network.eval(), found.card, found.place.step
