"""Runs that somebody else made: cards of other types, numbers that are none, links in their folder."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file

from models import checkpoint
from models.average import load_average
from models.checkpoint import Checkpoint, RunCard, write_whole
from models.contest import Standing
from models.fields import parse_table, read_record
from models.logbook import EVALUATIONS, Logbook
from models.pool import Pool, PoolPlan, make_pool
from models.preparing import read_seconds
from models.schedule import Place
from models.things.footage import MOST, Footage, load_footage, save_footage
from realtime.errors import TrainingError

CARD = RunCard(
    preset="tiny",
    material={"performer": "demo", "persona": "photo.jpg"},
    digests={"performer": "0" * 64, "persona": "1" * 64},
    seed=1,
    batch=2,
    precision="fp32",
    steps=8,
)
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
TENSORS = {"average.x": torch.ones(2)}


def write(run: Path, **changes: Any) -> Path:
    """A checkpoint whose JSON says something else, its checksum true."""
    metadata: dict[str, Any] = {"card": asdict(CARD), "place": asdict(Place(4, 2.0)), "contest": {}}
    for key, value in changes.items():
        part, _, name = key.partition("__")
        if name:
            metadata[part][name] = value
        else:
            metadata[part] = value
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in metadata.items()}
    texts |= {"format_version": str(checkpoint.FORMAT_VERSION), "crc32": str(checkpoint._checksum(TENSORS))}
    run.mkdir(exist_ok=True)
    save_file(TENSORS, run / "checkpoint.safetensors", texts)
    return run


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    found = checkpoint.load(write(tmp_path / "run"))
    assert (found.card, found.place) == (CARD, Place(4, 2.0))


@pytest.mark.parametrize(
    "changes",
    [
        *({"card": "[" * 50_000}, {"card": "[]"}, {"card": "x" * 300_000}, {"card": "{"}, {"contest": "[]"}),
        *({"card__preset": 3}, {"card__seed": "1"}, {"card__seed": -1}, {"card__seed": True}, {"card__steps": 1.5}),
        *({"card__minutes": float("nan")}, {"card__minutes": 10**400}, {"card__extra": 1}, {"card__patience": None}),
        *({"card__material": {"performer": 3}}, {"card__material": {}}, {"card__material": []}),
        *({"card__material": {f"p{n}": "demo" for n in range(100)}}, {"card__digests": {}}),
        *({"place__begun_step": 5}, {"place__begun_seconds": 3.0}, {"place__cooling_step": 9}),
        *({"place__cooling_share": 2.0}, {"place__cooling_share": -1.0}),
        *({"place__step": "four"}, {"place__seconds": float("inf")}, {"place__best": "high"}, {"place__step": 2**70}),
    ],
    ids=str,
)
def test_what_a_card_may_not_be(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="wanted a whole checkpoint"):
        checkpoint.load(write(tmp_path / "run", **changes))


@pytest.mark.parametrize("preset", ["tiny", "no such"])
def test_weights_of_another_network_are_told_at_export(tmp_path: Path, preset: str) -> None:
    with pytest.raises(TrainingError, match="preset"):
        load_average(write(tmp_path / "run", card__preset=preset))


@pytest.mark.parametrize("name", ["a.b", "", "keys"])
def test_a_decoder_of_a_name_that_none_can_bear(tmp_path: Path, name: str) -> None:
    names = {"performer": "demo", name: "demo"}
    with pytest.raises(TrainingError, match="weights of preset tiny"):
        load_average(write(tmp_path / "run", card__material=names, card__digests=names))


@pytest.mark.parametrize("facts", [{"trust": "x"}, {"over": 3}, {"best": []}, {"more": 1}])
def test_a_contest_that_stands_otherwise(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no |unknown"):
        read_record(Standing, facts)


def test_a_table_without_end() -> None:
    with pytest.raises(ValueError, match="nested without end"):
        parse_table('{"a":' * 50_000)


@needs_links
def test_nothing_is_written_through_a_planted_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    run = tmp_path / "run"
    run.mkdir()
    for name in ("checkpoint.safetensors", "run.json", "preview-000001.jpg"):
        (run / f"{name}.new").symlink_to(mine)
    checkpoint.save(run, Checkpoint(CARD, Place(), TENSORS))
    write_whole(run / "preview-000001.jpg", b"picture")
    (run / "crops.new").symlink_to(mine)
    planes = np.zeros((1, 3, 8, 8), np.uint8)
    save_footage(run / "crops.safetensors", Footage(planes, planes[:, :1]), "digest")
    assert mine.read_bytes() == b"mine"
    assert checkpoint.load(run).card == CARD


@needs_links
def test_a_logbook_does_not_write_elsewhere(tmp_path: Path) -> None:
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    (run / EVALUATIONS).symlink_to(elsewhere / "not there yet")
    (run / "tensorboard").symlink_to(elsewhere, target_is_directory=True)
    log = Logbook(run, 0, tensorboard=True)
    log.evaluation(Place(1, 2.0), 0.5)
    log.close()
    assert not any(elsewhere.iterdir())
    assert (run / EVALUATIONS).is_file()


@needs_links
def test_a_pool_is_not_made_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pool.json").write_text("mine")
    (elsewhere / "model.safetensors").write_text("mine")
    plan = PoolPlan({"persona": "0" * 64}, {"persona": 32}, 8, 0)
    (tmp_path / "pool").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(TrainingError, match="a link to another place"):
        make_pool(tmp_path / "pool", [], plan, lambda done, of: None, threading.Event())
    own = tmp_path / "own"
    own.mkdir()
    (own / "pool.json").symlink_to(elsewhere / "pool.json")
    stopped = threading.Event()
    stopped.set()
    assert not make_pool(own, [], plan, lambda done, of: None, stopped)
    assert sorted(path.read_text() for path in elsewhere.iterdir()) == ["mine", "mine"]


@pytest.mark.parametrize(
    "content", [b"", b"[" * 900, b"{}", b'{"seconds": 1e999}', b'{"seconds": -5}', b'{"seconds": "x"}', b"\xff" * 2000]
)
def test_time_that_is_none_counts_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "preparing.json").write_bytes(content)
    assert read_seconds(tmp_path) == 0


def test_a_logbook_of_anything_goes_on(tmp_path: Path) -> None:
    lines = [b'{"step": 1}', b"\xff\xfe", b"[" * 50_000, b'{"step": 1e999}', b'{"step": []}', b'{"step": 9}', b"3"]
    (tmp_path / EVALUATIONS).write_bytes(b"\n".join(lines) + b"\n")
    Logbook(tmp_path, 4, tensorboard=False).close()
    assert (tmp_path / EVALUATIONS).read_bytes() == b'{"step": 1}\n'


def test_a_logbook_without_end_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / EVALUATIONS).open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(TrainingError, match="cannot read"):
        Logbook(tmp_path, 4, tensorboard=False)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"view": np.zeros((32, 3, 8, 8), np.float32)},
        {"view": np.zeros((31, 3, 8, 8), np.uint8)},
        {"view": np.zeros((), np.uint8)},
    ],
    ids=["none", "floats", "too few", "a number"],
)
def test_a_block_of_something_else_is_told(tmp_path: Path, arrays: dict[str, Any]) -> None:
    save_arrays(arrays, tmp_path / "persona-00000.safetensors")
    with pytest.raises(TrainingError, match="wanted whole blocks"):
        Pool(tmp_path, "persona", 32)


@pytest.mark.parametrize(
    ("views", "masks"),
    [
        (np.zeros((2, 3, 8, 8), np.float32), np.zeros((2, 1, 8, 8), np.float32)),
        (np.zeros((2, 3, 8, 8), np.uint8), np.zeros((1, 1, 8, 8), np.uint8)),
        (np.zeros((2, 3, 9, 8), np.uint8), np.zeros((2, 1, 9, 8), np.uint8)),
        (np.zeros((), np.uint8), np.zeros((), np.uint8)),
        (np.zeros((MOST + 1, 3, 8, 8), np.uint8), np.zeros((MOST + 1, 1, 8, 8), np.uint8)),
    ],
)
def test_crops_of_another_form_are_cut_anew(tmp_path: Path, views: Any, masks: Any) -> None:
    path = tmp_path / "crops.safetensors"
    save_footage(path, Footage(views, masks), "digest")
    assert load_footage(path, "digest", 8) is None
