"""A training run on disk: weights as safetensors, everything else as readable JSON, nothing pickled.

A checkpoint is written beside the old one, brought to the disk, and then renamed over it, so that a kill, a full disk
or a power cut leaves one or the other whole.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.fields import parse_table, read_record
from models.network import PERFORMER
from models.schedule import Place
from realtime.errors import TrainingError

_STATE, _CARD = "checkpoint.safetensors", "run.json"
_LARGEST = 16 * 1024**3
"""Bytes; a checkpoint of the largest preset takes some three billion."""
FORMAT_VERSION = 3
_WRITTEN = (_STATE, _CARD, "evaluation.jsonl", "preparing.json", "preview-*.jpg")
"""What a run writes whole or not at all; a kill may leave the half of one under its name and `.new`."""


@dataclass(frozen=True, slots=True)
class RunCard:
    """What a run is made of, and what it took so far.

    Attributes:
        preset: Name in `models.presets.PRESETS`.
        material: What each decoder is to paint, in the user's words, by the decoder's name; the performer's first.
        digests: SHA-256 of each material, by the decoder's name.
        seed: Of weights and batches.
        batch: Pairs in a step, all processes together.
        precision: `fp32`, `bf16` or `fp16`.
        steps: Where it is to end, if by steps.
        minutes: How long it is to last, if that is limited.
        patience: Evaluations without a rise before it winds down; 0 is never.
        adversarial: Power of the patch discriminator; 0 is none.
        adversarial_from: Share of the run after which it joins.
        warm_start: The run whose encoder it began with; empty for none.
        seconds: Training time so far, the making of its pool included.
        machine: What it was trained on.
        ended_by: `steps`, `minutes` or `patience`; empty for a run that is not at its end.
    """

    preset: str
    material: Mapping[str, str]
    digests: Mapping[str, str]
    seed: int
    batch: int
    precision: str
    steps: int | None
    minutes: float | None = None
    patience: int = 0
    adversarial: float = 0.0
    adversarial_from: float = 0.0
    warm_start: str = ""
    seconds: float = 0.0
    machine: str = ""
    ended_by: str = ""

    @property
    def decoders(self) -> tuple[str, ...]:
        """Their names, the performer's first."""
        return tuple(self.material)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run goes on from.

    Attributes:
        card: What the run is made of.
        place: Where it stands.
        tensors: Weights, averages and the optimizers' moments, by name.
        contest: How the contest with the discriminator stands; empty where there is none.
    """

    card: RunCard
    place: Place
    tensors: Mapping[str, Tensor]
    contest: Mapping[str, Any] = field(default_factory=dict)


def save(run: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; an earlier one is replaced only once this one is whole.

    Raises:
        TrainingError: It cannot be written; the earlier one is as it was.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    card, place = asdict(checkpoint.card), asdict(checkpoint.place)
    metadata = {
        "format_version": str(FORMAT_VERSION),
        "card": json.dumps(card),
        "place": json.dumps(place),
        "contest": json.dumps(dict(checkpoint.contest)),
        "crc32": str(_checksum(tensors)),
    }
    state, fresh = run / _STATE, run / f"{_STATE}.new"
    try:
        run.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        save_file(tensors, fresh, metadata)
        _to_disk(fresh)
        fresh.replace(state)
        _to_disk(run)
    except (OSError, SafetensorError) as error:
        fresh.unlink(missing_ok=True)
        raise _cannot_write(state, error) from error
    described = {"format_version": FORMAT_VERSION, "step": checkpoint.place.step, **card, "place": place}
    write_whole(run / _CARD, json.dumps(described, indent=2).encode() + b"\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside the old one, then rename it.

    Raises:
        TrainingError: It cannot be written; an earlier one is as it was.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with fresh.open("xb") as file:  # not through a link that somebody else laid there
            file.write(content)
        _to_disk(fresh)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error


def open_folder(run: Path) -> None:
    """Make a run's folder if it is not there, and clear away what a kill left half written.

    Raises:
        TrainingError: It cannot be written to.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        for pattern in _WRITTEN:
            for torn in run.glob(f"{pattern}.new"):
                torn.unlink()
    except OSError as error:
        raise _cannot_write(run, error) from error


def exists(run: Path) -> bool:
    """Whether a run has been started there."""
    return (run / _STATE).is_file()


def load(run: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        TrainingError: There is none, it is broken, or another version wrote it.
    """
    path = run / _STATE
    if not path.is_file():
        raise TrainingError(f"run {run}", wanted=f"a checkpoint {_STATE}", got="none", next_step="train it first")
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"more than {_LARGEST // 1024**3} GiB")
        with safe_open(path, "pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
        _check_version(run, metadata)
        card = read_record(RunCard, parse_table(metadata["card"]))
        place = read_record(Place, parse_table(metadata["place"]))
        if PERFORMER not in card.material or set(card.digests) != set(card.material):
            raise ValueError("no digest for each material")
        _check_place(place)
        tensors = load_file(path)
        if _checksum(tensors) != int(metadata["crc32"]):
            raise ValueError("tensors that are not what was written")
        return Checkpoint(card, place, tensors, parse_table(metadata["contest"]))
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"run {run}", wanted="a whole checkpoint", got=str(error)[:200], next_step="start it anew in another folder"
        ) from error


def _check_place(place: Place) -> None:
    """Refuse a place on no way: learning rates are told by it, and would turn negative.

    Raises:
        ValueError: It lies before where it began, or its shares are none.
    """
    late = place.begun_step > place.step or place.begun_seconds > place.seconds
    if late or (place.cooling_step or 0) > place.step or not 0 <= place.cooling_share <= 1:
        raise ValueError("a place before its own beginning")


def _check_version(run: Path, metadata: Mapping[str, str]) -> None:
    found = metadata.get("format_version", "1" if "card" in metadata else "none")
    if found != str(FORMAT_VERSION):
        raise TrainingError(
            f"run {run}",
            wanted=f"a checkpoint of format {FORMAT_VERSION}",
            got=f"format {found[:20]}",
            next_step="start it anew in another folder",
        )


def _checksum(tensors: Mapping[str, Tensor]) -> int:
    """Of names and contents, so that a flipped bit is not trained on."""
    total = 0
    for name in sorted(tensors):
        content = tensors[name].contiguous().flatten().view(torch.uint8).numpy()
        total = zlib.crc32(content.data, zlib.crc32(name.encode(), total))
    return total


def _to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk itself."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and brings a rename to the disk itself
    number = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _cannot_write(path: Path, error: Exception) -> TrainingError:
    kept = "the last checkpoint is whole: " if path.name == _STATE and path.is_file() else ""
    return TrainingError(
        f"cannot write {path}", got=str(error), next_step=f"{kept}make room there, and the same words go on"
    )
