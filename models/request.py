"""What a user asks of a training run, and what the run tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.schedule import Place


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What a user asks for. What is None is as the run in that folder has it, and for a new run as the preset wants.

    Attributes:
        performer: Material: `demo`, a photo, or a faceset's folder.
        personas: Material, or `NAME=MATERIAL`; at least one.
        out: The run's folder; a run that is there goes on.
        preset: Name in `models.presets.PRESETS`.
        steps: Where it ends; a finished run goes on to a later end.
        minutes: How long it lasts.
        patience: Evaluations without a rise of SSIM before it winds down; 0 is never.
        seed: Of weights and batches.
        batch: Pairs in a step, all processes together.
        precision: `fp32`, `bf16`, `fp16`, or `auto`.
        device: A torch device, or `auto`.
        devices: Processes on each machine.
        nodes: Machines.
        warm_start: A run whose encoder a new one begins with.
        adversarial: Power of the patch discriminator; 0 is none.
        adversarial_from: Share of the run after which it joins.
        preview_every: Steps between preview pictures.
        save_every: Steps between checkpoints; five minutes are never gone without one.
        evaluate_every: Steps between evaluations; 0 is none.
        tensorboard: Whether TensorBoard's files are written.
    """

    performer: str
    personas: tuple[str, ...]
    out: Path
    preset: str = "lite"
    steps: int | None = None
    minutes: float | None = None
    patience: int | None = None
    seed: int = 0
    batch: int | None = None
    precision: str = "auto"
    device: str = "auto"
    devices: int | None = None
    nodes: int | None = None
    warm_start: Path | None = None
    adversarial: float | None = None
    adversarial_from: float | None = None
    preview_every: int = 250
    save_every: int = 250
    evaluate_every: int = 250
    tensorboard: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands after a step.

    Attributes:
        place: Steps and seconds.
        share: Of the way to its end, 0 to 1.
        loss: The step's, over all processes.
        parts: The mean loss of each decoder by its name.
        ssim: The last evaluation; None before the first.
        notice: Something to be said once; empty for nothing.
    """

    place: Place
    share: float
    loss: float
    parts: Mapping[str, float]
    ssim: float | None = None
    notice: str = ""
