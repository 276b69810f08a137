"""What a run is made of when it begins, and what may change when it goes on."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch

from models.assembly import Parts
from models.checkpoint import Checkpoint, RunCard
from models.fabric import choose_precision
from models.presets import Preset
from models.request import TrainingRequest
from models.schedule import Budget, Place, extended, progress
from realtime.errors import TrainingError

_ADVERSARIAL_FROM = 0.6
_FIXED = ("preset", "digests", "seed", "batch", "precision")
"""What a run cannot change on its way and go on with the same numbers."""


def budget_of(card: RunCard) -> Budget:
    """Where a run ends."""
    return Budget(card.steps, card.minutes, card.patience)


def fresh_card(request: TrainingRequest, preset: Preset, parts: Parts, device: torch.device) -> RunCard:
    """The card of a run that begins; without a limit in time it takes the steps that the preset wants."""
    steps = request.steps
    if steps is None and request.minutes is None:
        steps = preset.steps
    return RunCard(
        preset=request.preset,
        material=dict(parts.material),
        digests=dict(parts.batches.digests),
        seed=request.seed,
        batch=request.batch or preset.batch,
        precision=choose_precision(request.precision, device),
        steps=steps,
        minutes=request.minutes,
        patience=request.patience or 0,
        adversarial=request.adversarial or 0.0,
        adversarial_from=_ADVERSARIAL_FROM if request.adversarial_from is None else request.adversarial_from,
        warm_start=str(request.warm_start or ""),
    )


def agree(request: TrainingRequest, fresh: RunCard, found: Checkpoint) -> tuple[RunCard, Place]:
    """The card and the place of a run that goes on: as it was, but for what the request says anew.

    A new end, in steps or minutes, takes the place of the old one; a run that was finished goes on towards it.

    Raises:
        TrainingError: The request is for another run than the one that is there.
    """
    old = found.card
    precision = old.precision if request.precision == "auto" else fresh.precision
    fresh = replace(fresh, precision=precision, batch=request.batch or old.batch)
    _refuse_another(request, fresh, old)
    new_end = request.steps is not None or request.minutes is not None
    card = replace(
        old,
        material=fresh.material,
        steps=request.steps if new_end else old.steps,
        minutes=request.minutes if new_end else old.minutes,
        patience=old.patience if request.patience is None else request.patience,
        adversarial=old.adversarial if request.adversarial is None else request.adversarial,
        adversarial_from=old.adversarial_from if request.adversarial_from is None else request.adversarial_from,
    )
    place = found.place
    if old.ended_by and budget_of(card) != budget_of(old) and progress(budget_of(card), extended(place))[0] < 1:
        return replace(card, ended_by=""), extended(place)
    return card, place


def _refuse_another(request: TrainingRequest, fresh: RunCard, old: RunCard) -> None:
    wanted, got = asdict(fresh), asdict(old)
    if fresh.decoders != old.decoders:
        differences = [("personas", ", ".join(fresh.decoders[1:]), ", ".join(old.decoders[1:]))]
    else:
        differences = [(name, str(wanted[name]), str(got[name])) for name in _FIXED if wanted[name] != got[name]]
    if not differences:
        return
    name, asked, there = differences[0]
    if name == "digests":
        asked, there = "this material", "other pictures under the same words"
    raise TrainingError(
        f"run {request.out}",
        wanted=f"{name} {asked}" if name != "digests" else asked,
        got=f"{name} {there}" if name != "digests" else there,
        next_step="go on with the same words, or give another --out",
    )
