"""A faceset's index: any bytes, or a whole one with some of a record changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from models.faceset.index import read_faceset
from models.faceset.journal import INDEX, header, read_index
from models.faceset.record import FaceRecord, MediaRecord, to_json
from realtime.errors import TrainingError
from tests.fuzz import place
from tests.fuzz.draw import Draw, edit

FACE = FaceRecord("film-000000-0.jpg", "film.mp4", "ab" * 32, 0.0, 0, np.zeros((478, 3), np.float32), *[0.1] * 15)
MEDIUM = MediaRecord("film.mp4", "ab" * 32, "film", "every 3, at most 512 px", 30, 1, True)
_PLAIN = re.compile(r"[^/\\:\x00-\x1f]+")


def one_input(data: bytes) -> None:
    """Read it; names that are let through lead nowhere else."""
    folder = place.folder("faceset")
    (folder / INDEX).write_bytes(_index(Draw(data)))
    try:
        faces, media = read_index(folder)
        read_faceset(folder)
    except TrainingError:
        return
    for name in (*(face.file for face in faces), *(face.aside or "x" for face in faces), *(one.stem for one in media)):
        assert _PLAIN.fullmatch(name) and name not in (".", "..")
    for record in (*faces, *media):
        json.dumps(to_json(record), allow_nan=False).encode()


def seeds() -> Iterator[bytes]:
    """Whole indexes, and a change of each kind of record."""
    short = to_json(replace(FACE, landmarks=np.zeros((0, 3), np.float32)))
    yield b"\0" + _first_line() + json.dumps(short).encode() + b"\n" + json.dumps(to_json(MEDIUM)).encode() + b"\n"
    yield b"\1" + json.dumps(short).encode() + b"\n{}\n[]\n"
    yield from (bytes([2, kind, 0, 0, 1, 2, 3]) for kind in range(2))


def _index(draw: Draw) -> bytes:
    way = draw.below(3)
    if way == 0:
        return draw.rest()
    if way == 1:
        return _first_line() + draw.rest()
    facts = edit(draw, json.loads(draw.one_of(_records())))
    return _first_line() + json.dumps(facts).encode() + b"\n" + draw.rest()


@cache
def _records() -> tuple[str, str]:
    return json.dumps(to_json(FACE)), json.dumps(to_json(MEDIUM))


def _first_line() -> bytes:
    return json.dumps(header("0")).encode() + b"\n"
