"""The persona file: as any bytes, or as a whole one with one of its parts made otherwise and its digests put right."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import sys
import warnings
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "realtime" / "persona"))
from tiny_personas import TODAY, make_graph, make_manifest

from realtime.errors import PersonaError
from realtime.persona.manifest import dump_manifest, parse_manifest
from realtime.persona.package import MANIFEST, PORTRAIT, read_persona, write_persona
from realtime.persona.portrait import decode_portrait, portrait_points
from tests.fuzz import place
from tests.fuzz.draw import Draw, edit, splice

GRAPH = "swap.fp32.onnx"
_WHOLE, _JSON, _FACTS, _GRAPH, _PORTRAIT, _ZIP = range(6)


def one_input(data: bytes) -> None:
    """Read it; what is not refused must be usable, and come back the same when written."""
    path = place.folder("persona") / "fuzzed.persona"
    path.write_bytes(_file(Draw(data)))
    try:
        persona = read_persona(path, today=TODAY)
    except PersonaError:
        return
    assert parse_manifest(dump_manifest(persona.manifest, {}))[0] == persona.manifest
    try:
        portrait_points(persona, decode_portrait(persona))
    except PersonaError:
        return


def seeds() -> Iterator[bytes]:
    """Whole files of two kinds, and a change of each part."""
    for kind in _members():
        yield bytes([_WHOLE]) + _packed(_members()[kind])
        for way in (_FACTS, _GRAPH, _PORTRAIT, _ZIP):
            yield bytes([way, kind, 0, 0, 1, 2, 3, 4])
        yield bytes([_JSON, kind]) + _members()[kind][MANIFEST][:1500]


def _file(draw: Draw) -> bytes:
    way = draw.below(6)
    if way == _WHOLE:
        return draw.rest()
    members = dict(_members()[draw.below(len(_members()))])
    if way == _ZIP:
        return _repacked(draw, members)
    name = {_GRAPH: GRAPH, _PORTRAIT: PORTRAIT}.get(way)
    if name in members:
        members[name] = splice(draw, members[name])
    facts = json.loads(members[MANIFEST])
    facts["sha256"] = {one: hashlib.sha256(content).hexdigest() for one, content in members.items() if one != MANIFEST}
    if way == _FACTS:
        facts = edit(draw, facts)
    members[MANIFEST] = draw.rest() if way == _JSON else json.dumps(facts).encode()
    return _packed(members)


def _repacked(draw: Draw, members: dict[str, bytes]) -> bytes:
    """A zip whose directory says other things than it should."""
    packed = io.BytesIO()
    with zipfile.ZipFile(
        packed, "w", draw.one_of((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    ) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(
                draw.one_of((name, name, name, "../" + name, name.upper(), "x")), (1980, 1, 1, 0, 0, 0)
            )
            entry.compress_type = draw.one_of((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            entry.extra = draw.take(draw.below(16)) if draw.below(4) == 3 else b""
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a name that stands twice, which is the point
                archive.writestr(entry, content)
        archive.comment = draw.take(draw.below(16)) if draw.below(4) == 3 else b""
    edited = bytearray(packed.getvalue())
    directory = edited.rfind(b"PK\x01\x02")
    for _ in range(draw.below(4)):  # sizes, offsets and flags of the last entries and of the end
        at = directory + draw.below(max(1, len(edited) - directory))
        edited[at : at + 4] = struct.pack("<I", draw.one_of((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, len(edited))))
    return bytes(edited)


def _packed(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


@cache
def _members() -> dict[int, dict[str, bytes]]:
    """The members of a persona with a network, and of one that is a photo."""
    grid = np.stack(np.meshgrid(np.arange(64), np.arange(64)), -1).sum(-1).astype(np.uint8)
    portrait = cv2.imencode(".jpg", np.repeat(grid[..., None], 3, 2), [cv2.IMWRITE_JPEG_QUALITY, 30])[1].tobytes()
    points = tuple(float(value) for value in np.round(np.random.default_rng(0).uniform(8, 56, 1434)))
    photo: dict[str, Any] = {
        "kind": "photo",
        "ends": None,
        "trained_from": None,
        "parity": {},
        "portrait_points": points,
    }
    folder, made = place.folder("persona"), {}
    for kind, (graphs, changes) in enumerate((({"fp32": make_graph()}, {}), ({}, photo))):
        path = folder / f"{kind}.persona"
        write_persona(path, make_manifest(**changes), graphs, portrait)
        with zipfile.ZipFile(path) as archive:
            made[kind] = {name: archive.read(name) for name in archive.namelist()}
    return made
