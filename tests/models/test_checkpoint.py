"""Damaged files and full disks: clear words, and the last whole checkpoint stays."""

import errno
import os
from pathlib import Path

import pytest
import torch
from fake_parts import ignore, parts, request

from models import checkpoint
from models.checkpoint import Checkpoint, RunCard, write_whole
from models.schedule import Place
from models.trainer import Trainer, load_average
from realtime.errors import TrainingError

CARD = RunCard("tiny", {"performer": "demo", "persona": "b.jpg"}, {"performer": "0", "persona": "1"}, 0, 2, "fp32", 8)


def one(value: float, step: int = 1) -> Checkpoint:
    return Checkpoint(
        CARD, Place(step=step), {"network.a": torch.full((64,), value), "step": torch.tensor(3)}, {"a": 1}
    )


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "run", one(0.25))
    found = checkpoint.load(tmp_path / "run")
    assert (found.card, found.place, found.contest) == (CARD, Place(step=1), {"a": 1})
    assert torch.equal(found.tensors["network.a"], torch.full((64,), 0.25))


@pytest.mark.parametrize("call", ["fsync", "replace", "save_file"])
def test_a_full_disk_is_told_and_the_last_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    checkpoint.save(tmp_path, one(1.0))
    place = {"fsync": (os, "fsync"), "replace": (Path, "replace"), "save_file": (checkpoint, "save_file")}[call]
    with monkeypatch.context() as patch:
        patch.setattr(*place, full)
        with pytest.raises(TrainingError, match=r"No space left.*the last checkpoint is whole: make room there"):
            checkpoint.save(tmp_path, one(2.0, step=2))
    assert checkpoint.load(tmp_path).place.step == 1
    assert torch.equal(checkpoint.load(tmp_path).tensors["network.a"], torch.ones(64))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.safetensors", "run.json"]


def test_a_full_disk_under_any_other_file_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "a.json", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match="No space left"):
        write_whole(tmp_path / "a.json", b"new")
    assert (tmp_path / "a.json").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_fills_up_while_it_trains_is_told_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trainer(request(tmp_path, steps=1), parts()).run(ignore)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", full)
        with pytest.raises(TrainingError, match="No space left"):
            Trainer(request(tmp_path, steps=2), parts()).run(ignore)
    trainer = Trainer(request(tmp_path, steps=2), parts())
    assert trainer.place.step == 1
    trainer.run(ignore)
    assert trainer.card.ended_by == "steps"


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64])
def test_a_broken_checkpoint_is_told_and_not_trained_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(TrainingError, match="whole checkpoint"):
        Trainer(request(tmp_path), parts())
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == content


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_checkpoint_that_was_damaged_later_is_told(tmp_path: Path, damage: str) -> None:
    checkpoint.save(tmp_path, one(1.0))
    path = tmp_path / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content[:-40] if damage == "cut" else content)
    with pytest.raises(TrainingError, match="whole checkpoint"):
        checkpoint.load(tmp_path)


def test_a_checkpoint_of_another_version_is_told(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / "checkpoint.safetensors", {"step": "1", "card": "{}"})
    with pytest.raises(TrainingError, match="format 1; start it anew"):
        checkpoint.load(tmp_path)


def test_a_run_that_was_never_trained_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train it first"):
        load_average(tmp_path)
