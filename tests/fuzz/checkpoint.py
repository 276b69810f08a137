"""A run's checkpoint: any bytes, or a whole one with some of its JSON changed and its checksum left true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache

import torch
from safetensors.torch import save_file

from models import checkpoint
from models.checkpoint import Checkpoint, RunCard
from models.resume import budget_of
from models.schedule import Place, progress, rate
from realtime.errors import TrainingError
from tests.fuzz import place
from tests.fuzz.draw import Draw, edit, splice

CARD = RunCard(
    preset="tiny",
    material={"performer": "demo", "persona": "photo.jpg"},
    digests={"performer": "0" * 64, "persona": "1" * 64},
    seed=1,
    batch=2,
    precision="fp32",
    steps=8,
)
TENSORS = {"network.x": torch.arange(4.0), "average.x": torch.ones(2, 2)}


def one_input(data: bytes) -> None:
    """Read it; what is not refused can be gone on from, as far as numbers say."""
    run = place.folder("checkpoint")
    draw = Draw(data)
    way = draw.below(4)
    path = run / "checkpoint.safetensors"
    if way == 0:
        path.write_bytes(draw.rest())
    elif way == 1:
        path.write_bytes(splice(draw, _whole()))
    else:
        metadata = dict(_metadata())
        name = draw.one_of(("card", "place", "contest"))
        metadata[name] = (
            draw.rest().decode("utf-8", "replace") if way == 2 else json.dumps(_edited(draw, metadata[name]))
        )
        save_file(TENSORS, path, metadata)
    try:
        found = checkpoint.load(run)
    except TrainingError:
        return
    share, _ = progress(budget_of(found.card), found.place)
    assert 0 <= share <= 1
    assert rate(budget_of(found.card), found.place) >= 0
    assert "performer" in found.card.decoders


def seeds() -> Iterator[bytes]:
    """A whole file, and a change of each part."""
    yield b"\0" + _whole()
    yield from (bytes([1, 0, 0, 1, 1]), *(bytes([3, part, 0, 0, 0, 1]) for part in range(3)))
    yield from (bytes([2, part]) + _metadata()[name].encode() for part, name in enumerate(("card", "place", "contest")))


def _edited(draw: Draw, text: str) -> object:
    return edit(draw, json.loads(text))


@cache
def _whole() -> bytes:
    run = place.folder("whole-checkpoint")
    checkpoint.save(run, Checkpoint(CARD, Place(4, 2.0), TENSORS, {"trust": 1.0}))
    return (run / "checkpoint.safetensors").read_bytes()


@cache
def _metadata() -> dict[str, str]:
    return {
        "format_version": str(checkpoint.FORMAT_VERSION),
        "card": json.dumps(asdict(CARD)),
        "place": json.dumps(asdict(Place(4, 2.0))),
        "contest": json.dumps({"trust": 1.0}),
        "crc32": str(checkpoint._checksum(TENSORS)),
    }
