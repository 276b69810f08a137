"""The facts in a persona file: which are refused, and that those that are right come back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repacked import edit_json, read, repack
from tiny_personas import TODAY, make_manifest

from realtime.errors import PersonaError
from realtime.persona.identity import Identity
from realtime.persona.manifest import TrainedFrom, dump_manifest, parse_manifest

Write = Callable[..., Path]


@pytest.mark.parametrize("version", [0, 2, 999])
def test_other_version(persona_file: Write, version: int) -> None:
    with pytest.raises(PersonaError, match=rf"format_version: wanted 1, got {version}; .*update Thespis"):
        read(edit_json(persona_file(), format_version=version))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "magic"},
        {"kind": 3},
        {"kind": None},
        {"crop_size": 64.0},
        {"crop_size": True},
        {"crop_size": 8},
        {"crop_size": 10**30},
        {"coverage": "wide"},
        {"channels": "rgb"},
        {"channels": []},
        {"channels": ["r", "r"]},
        {"channels": ["r", "depth"]},
        {"colour_order": "bgr"},
        {"value_range": [0, 255]},
        {"outputs": {"image": "image"}},
        {"outputs": {"image": "image", "mask": 4}},
        {"identity": None},
        {"identity": {}},
        {"identity": {"name": "x", "ground": "because"}},
        {"trained_from": {"digests": {"persona": "short"}, "counts": {}, "iterations": 1}},
        {"trained_from": {"digests": {}, "counts": {}, "iterations": -1}},
        {"trained_from": {"digests": {}, "counts": {}, "iterations": 1, "more": 1}},
        {"parity": {"fp64": {}}},
        {"parity": {"fp32": {"x": "small"}}},
        {"tool_version": "x" * 1000},
        {"tool_version": "a\x1b[2Jb"},
        {"sha256": {}},
        {"sha256": {"portrait.jpg": "0" * 64, "swap.fp32.onnx": "0" * 64, "extra": "0" * 64}},
        {"surprise": 1},
        {"portrait_points": []},
        {"portrait_points": [1.0] * 1433},
        {"portrait_points": [1.0] * 1433 + ["x"]},
        {"portrait_points": [1.0] * 1433 + [True]},
        {"portrait_points": [1.0] * 1433 + [1e300]},
        {"portrait_points": "many"},
    ],
)
def test_wrong_fact(persona_file: Write, changes: dict[str, Any]) -> None:
    with pytest.raises(PersonaError):
        read(edit_json(persona_file(), **changes))


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"format_version": NaN}',
        b'{"format_version": 1, "format_version": 1}',
        b'{"format_version": ' + b"9" * 5000 + b"}",
    ],
)
def test_manifest_that_is_none(persona_file: Write, text: bytes) -> None:
    with pytest.raises(PersonaError, match=r"persona\.json"):
        read(repack(persona_file(), lambda members: members.update({"persona.json": text})))


def test_past_its_end_date(persona_file: Write) -> None:
    card = Identity("Ann", "consent", document_sha256="a" * 64, until=date(2026, 11, 22))
    with pytest.raises(PersonaError, match="Ann may no longer be worn: wanted a day up to 2026-11-22"):
        read(persona_file(identity=card))


def test_worn_on_its_last_day(persona_file: Write) -> None:
    card = Identity("Ann", "consent", document_sha256="a" * 64, until=TODAY)
    assert read(persona_file(identity=card)).manifest.identity == card


def test_the_portraits_points_come_back(persona_file: Write) -> None:
    points = tuple(number / 8 for number in range(3 * 478))
    assert read(persona_file(portrait_points=points)).manifest.portrait_points == points


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(json.loads(dump_manifest(make_manifest(), {})))),
)
def test_any_json_is_a_manifest_or_a_persona_error(value: Any, key: str) -> None:
    facts = json.loads(dump_manifest(make_manifest(), {"portrait.jpg": "0" * 64}))
    facts[key] = value
    try:
        parse_manifest(json.dumps(facts).encode())
    except PersonaError:
        return


def test_how_long_and_on_what_it_was_trained(persona_file: Write) -> None:
    trained = TrainedFrom({}, {}, 9000, seconds=4212.5, machine="AMD EPYC, 2 cores")
    assert read(persona_file(trained_from=trained)).manifest.trained_from == trained


def test_a_file_from_before_time_and_machine_were_written(persona_file: Write) -> None:
    path = persona_file()
    with zipfile.ZipFile(path) as archive:
        trained = json.loads(archive.read("persona.json"))["trained_from"]
    assert set(trained) == {"digests", "counts", "iterations"}
    assert read(path).manifest.trained_from.machine is None


@pytest.mark.parametrize("change", [{"seconds": "long"}, {"seconds": None}, {"machine": 7}, {"machine": "a\nb"}])
def test_wrong_time_or_machine(persona_file: Write, change: dict[str, Any]) -> None:
    with pytest.raises(PersonaError, match="trained_from"):
        read(edit_json(persona_file(), trained_from={"digests": {}, "counts": {}, "iterations": 1, **change}))
