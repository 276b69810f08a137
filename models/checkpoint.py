"""A training run on disk: weights as safetensors, everything else as readable JSON, nothing pickled.

A checkpoint is written beside the old one and then renamed over it, so that a kill leaves one or the other whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from realtime.errors import TrainingError

_STATE, _CARD = "checkpoint.safetensors", "run.json"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunCard:
    """What a run is made of; a resumed run must agree with it.

    Attributes:
        preset: Name in `models.presets.PRESETS`.
        performer: Picture file, or `demo`.
        persona: Picture file.
        digests: SHA-256 of both pictures' pixels, performer first.
        seed: Of weights and batches.
        steps: Planned in all; the learning rate's schedule hangs on it.
        precision: `fp32` or `bf16`.
    """

    preset: str
    performer: str
    persona: str
    digests: tuple[str, str]
    seed: int
    steps: int
    precision: str


def save(run: Path, card: RunCard, step: int, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint; an earlier one is replaced only once this one is whole."""
    run.mkdir(parents=True, exist_ok=True)
    metadata = {"step": str(step), "card": json.dumps(asdict(card), sort_keys=True)}
    fresh = run / f"{_STATE}.new"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, fresh, metadata)
    fresh.replace(run / _STATE)
    described = {"format_version": FORMAT_VERSION, "step": step, **asdict(card)}
    (run / _CARD).write_text(json.dumps(described, indent=2) + "\n")


def exists(run: Path) -> bool:
    """Whether a run has been started there."""
    return (run / _STATE).is_file()


def load(run: Path) -> tuple[RunCard, int, dict[str, Tensor]]:
    """Read a checkpoint.

    Returns:
        What the run is made of, the steps it has done, and its tensors.

    Raises:
        TrainingError: There is none, or it is broken.
    """
    from safetensors import safe_open

    path = run / _STATE
    if not path.is_file():
        raise TrainingError(f"run {run}", wanted=f"a checkpoint {_STATE}", got="none", next_step="train it first")
    try:
        with safe_open(path, "pt") as file:
            metadata: dict[str, str] = file.metadata()
        fields: dict[str, Any] = json.loads(metadata["card"])
        fields["digests"] = tuple(fields["digests"])
        return RunCard(**fields), int(metadata["step"]), load_file(path)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(
            f"run {run}", wanted="a whole checkpoint", got=str(error), next_step="start it anew in another folder"
        ) from error
