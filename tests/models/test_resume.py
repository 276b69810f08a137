"""A run that was broken off goes on exactly; one that is finished can be given more; another run's is refused."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fake_parts import FakeClock, ignore, parts, request

from models import checkpoint
from models.preparing import read_seconds
from models.request import Progress, TrainingRequest
from models.trainer import Trainer, load_average
from realtime.errors import TrainingError

EVERY = {"evaluate_every": 2, "save_every": 2}
CONTEST = {"adversarial": 0.1, "adversarial_from": 0.3}


class KilledError(BaseException):
    """As if the process were gone: nothing in the program catches it."""


def run(request: TrainingRequest, **changes: object) -> Trainer:
    trainer = Trainer(replace(request, **changes), parts())  # type: ignore[arg-type]
    trainer.run(ignore)
    return trainer


def same(left: Path, right: Path) -> bool:
    mine, theirs = checkpoint.load(left), checkpoint.load(right)
    assert mine.tensors.keys() == theirs.tensors.keys()
    assert {"network", "average", "muon", "adam"} <= {name.split(".")[0] for name in mine.tensors}
    assert mine.contest == theirs.contest
    return mine.place.step == theirs.place.step and all(
        torch.equal(mine.tensors[name], theirs.tensors[name]) for name in mine.tensors
    )


def test_a_run_that_was_stopped_goes_on_exactly(tmp_path: Path) -> None:
    run(request(tmp_path / "whole", **CONTEST))
    stop, first = threading.Event(), Trainer(request(tmp_path / "broken", **CONTEST), parts())

    def break_off(progress: Progress) -> None:
        if progress.place.step == 2:
            stop.set()

    first.run(break_off, stop)
    assert first.card.ended_by == ""
    resumed = Trainer(request(tmp_path / "broken", **CONTEST), parts())
    assert resumed.place.step == 2
    resumed.run(ignore)
    assert same(tmp_path / "whole", tmp_path / "broken")
    assert any(name.startswith("judge_adam.") for name in checkpoint.load(tmp_path / "broken").tensors)


def test_the_time_that_making_pairs_took_counts_though_it_was_broken_off(tmp_path: Path) -> None:
    first, stop = Trainer(request(tmp_path), parts(), FakeClock(6.0)), threading.Event()
    stop.set()
    first.run(ignore, stop)
    assert not checkpoint.exists(tmp_path)
    spent = read_seconds(tmp_path)
    assert spent > 0
    second = Trainer(request(tmp_path), parts(), FakeClock(1.0))
    second.run(ignore)
    assert second.place.begun_seconds > spent


def test_weights_that_are_no_numbers_never_take_a_checkpoints_place(tmp_path: Path) -> None:
    trainer = run(request(tmp_path))
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    with torch.no_grad():
        next(trainer._learner.network.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"the last checkpoint stays.*--warm-start and another --seed"):
        trainer._save()
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


def test_machines_that_stand_elsewhere_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = run(request(tmp_path))
    monkeypatch.setattr(type(trainer.fabric), "world_size", property(lambda fabric: 2))
    monkeypatch.setattr(trainer.fabric, "all_reduce", lambda own, reduce_op: own)
    trainer._check_same_place()
    monkeypatch.setattr(trainer.fabric, "all_reduce", lambda own, reduce_op: own / 2)  # the other one is at step 0
    with pytest.raises(TrainingError, match="wanted the same checkpoint on all machines"):
        trainer._check_same_place()


def test_only_what_a_run_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors.new").write_bytes(b"half")
    (tmp_path / "thesis.new").write_bytes(b"somebody's")
    checkpoint.open_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.new"]


@pytest.mark.parametrize("moment", ["file", "folder"])
def test_a_run_that_was_killed_while_it_saved_goes_on_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    wanted = request(tmp_path / "killed", steps=5, **EVERY)
    run(wanted, out=tmp_path / "whole")
    calls, to_disk = [0], os.fsync

    def dying(number: int) -> None:
        calls[0] += 1
        # Each save brings to the disk: the new checkpoint, the folder with its name, the card.
        if calls[0] == 3 + (1 if moment == "file" else 2):
            raise KilledError
        to_disk(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", dying)
        with pytest.raises(KilledError):
            run(wanted)
    assert checkpoint.load(wanted.out).place.step == (2 if moment == "file" else 4)
    run(wanted)
    assert same(tmp_path / "whole", wanted.out)
    lines = [(json.loads(line)["step"]) for line in (wanted.out / "evaluation.jsonl").read_text().splitlines()]
    assert lines == [2, 4, 5]
    assert not list(wanted.out.glob("*.new"))


def test_lines_after_the_last_checkpoint_are_written_once(tmp_path: Path) -> None:
    wanted = request(tmp_path, steps=2, evaluate_every=1)
    run(wanted)
    with (tmp_path / "evaluation.jsonl").open("a") as file:
        file.write('{"step": 3, "seconds": 1, "ssim": 0.1}\n{"step": 4, "sec')
    run(wanted, steps=3)
    found = [json.loads(line)["step"] for line in (tmp_path / "evaluation.jsonl").read_text().splitlines()]
    assert found == [1, 2, 3]


def test_a_finished_run_is_left_alone_by_the_same_words(tmp_path: Path) -> None:
    run(request(tmp_path, steps=2))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    steps: list[Progress] = []
    Trainer(request(tmp_path, steps=2), parts()).run(steps.append)
    Trainer(request(tmp_path, steps=None), parts()).run(steps.append)
    assert not steps
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_finished_run_goes_on_to_a_later_end_and_its_rate_rises_again(tmp_path: Path) -> None:
    run(request(tmp_path / "once", steps=3))
    run(request(tmp_path / "once", steps=6))
    card, place = checkpoint.load(tmp_path / "once").card, checkpoint.load(tmp_path / "once").place
    assert (card.steps, card.ended_by, place.step, place.begun_step) == (6, "steps", 6, 3)
    run(request(tmp_path / "broken", steps=3))
    stop = threading.Event()
    Trainer(request(tmp_path / "broken", steps=6), parts()).run(lambda _: stop.set(), stop)
    run(request(tmp_path / "broken", steps=None))  # without a word about the end, it is the one that was asked for
    assert same(tmp_path / "once", tmp_path / "broken")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, "wanted seed 4, got seed 3"),
        ({"batch": 4}, "wanted batch 4, got batch 2"),
        ({"precision": "bf16"}, "wanted precision bf16, got precision fp32"),
        ({"preset": "lite"}, "wanted preset lite, got preset tiny"),
    ],
)
def test_other_words_do_not_go_on_in_the_same_run(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    run(request(tmp_path, steps=1))
    with pytest.raises(TrainingError, match=f"{message}; go on with the same words"):
        Trainer(request(tmp_path, **changes), parts())


def test_other_material_does_not_go_on_in_the_same_run(tmp_path: Path) -> None:
    run(request(tmp_path, steps=1))
    with pytest.raises(TrainingError, match="other pictures under the same words"):
        Trainer(request(tmp_path), parts(digest="1"))
    with pytest.raises(TrainingError, match="wanted personas ada, grace, got personas persona"):
        Trainer(request(tmp_path), parts("ada", "grace"))


def test_precision_and_batch_are_the_runs_own_where_nothing_is_said(tmp_path: Path) -> None:
    run(request(tmp_path, steps=1, batch=4, precision="bf16"))
    trainer = Trainer(request(tmp_path, steps=2, batch=None, precision="auto"), parts(batch=4))
    assert (trainer.card.batch, trainer.card.precision) == (4, "bf16")


def test_a_run_leaves_previews_a_readable_card_and_averaged_weights_for_each_persona(tmp_path: Path) -> None:
    seen: list[Progress] = []
    Trainer(request(tmp_path, steps=2), parts("ada", "grace")).run(seen.append)
    assert [one.place.step for one in seen] == [1, 2]
    assert set(seen[0].parts) == {"performer", "ada", "grace"}
    assert (tmp_path / "preview-000002.jpg").stat().st_size > 1000
    card = json.loads((tmp_path / "run.json").read_text())
    assert card["step"] == card["steps"] == 2
    assert card["material"] == {"performer": "performer.jpg", "ada": "ada.jpg", "grace": "grace.jpg"}
    assert card["seconds"] > 0
    assert "core" in card["machine"]
    network, found, step = load_average(tmp_path)
    assert (step, found.decoders, set(network.decoders)) == (2, ("performer", "ada", "grace"), set(found.decoders))
    assert not network.training
