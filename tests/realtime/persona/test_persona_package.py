"""The persona file: what is refused, and that what is written comes back."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repacked import edit_json, read, repack
from tiny_personas import PORTRAIT, make_graph, make_manifest

from realtime.errors import PersonaError
from realtime.persona.manifest import CHANNELS
from realtime.persona.package import read_mark, write_persona

Write = Callable[..., Path]


def test_a_mark_of_its_own(persona_file: Write) -> None:
    path = persona_file()
    mark = read(path).mark
    assert mark == read_mark(path)
    assert read_mark(edit_json(path, tool_version="9.9.9")) != mark


def test_no_mark_of_what_is_no_persona(tmp_path: Path) -> None:
    (tmp_path / "text.persona").write_text("All the world's a stage. " * 100)
    for name in ("gone.persona", "text.persona"):
        with pytest.raises(PersonaError):
            read_mark(tmp_path / name)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="No such file"):
        read(tmp_path / "none.persona")


def test_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="wanted a readable file"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG" * 100, b"PK\x05\x06" + b"\0" * 18])
def test_no_persona_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.persona"
    path.write_bytes(content)
    with pytest.raises(PersonaError):
        read(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99, 0.999])
def test_cut_short(persona_file: Write, share: float) -> None:
    path = persona_file()
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PersonaError, match=r"cut short|whole zip"):
        read(path)


@pytest.mark.parametrize("name", ["swap.fp32.onnx", "portrait.jpg"])
def test_altered_member(persona_file: Write, name: str) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members[name] += b"\0"

    with pytest.raises(PersonaError, match=f"wanted {name} with SHA-256 .* altered"):
        read(repack(persona_file(), edit))


@pytest.mark.parametrize("name", ["persona.json", "portrait.jpg", "swap.fp32.onnx"])
def test_missing_member(persona_file: Write, name: str) -> None:
    with pytest.raises(PersonaError, match="wanted"):
        read(repack(persona_file(), lambda members: members.__delitem__(name)))


def test_no_graph_at_all(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match=r"wanted one of swap\.fp32\.onnx"):
        read(persona_file({}))


@pytest.mark.parametrize("name", ["../evil.onnx", "/etc/passwd", "C:\\x", "a/b.onnx", "PERSONA.JSON", "x.py"])
def test_foreign_member(persona_file: Write, name: str) -> None:
    with pytest.raises(PersonaError, match="wanted only the members"):
        read(repack(persona_file(), lambda members: members.update({name: b"x"})))


def test_name_with_a_zero_byte(persona_file: Write) -> None:
    path = repack(persona_file(), lambda members: members.update({"portrait.jpg#evil": b"x"}))
    path.write_bytes(path.read_bytes().replace(b"portrait.jpg#evil", b"portrait.jpg\0evil"))
    with pytest.raises(PersonaError, match="wanted only the members"):
        read(path)


def test_member_twice(persona_file: Write) -> None:
    path = persona_file()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("portrait.jpg", PORTRAIT)
    with pytest.raises(PersonaError, match=r"wanted one portrait\.jpg, got 2"):
        read(path)


def test_compressed(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="stored as it is, got a compressed one"):
        read(repack(persona_file(), lambda members: None, compression=zipfile.ZIP_DEFLATED))


def test_bomb(persona_file: Write) -> None:
    """A member that unpacks to more than its limit is refused from the directory, before it is read."""

    def edit(members: dict[str, bytes]) -> None:
        members["persona.json"] = b" " * (300 * 1024)

    with pytest.raises(PersonaError, match=r"persona\.json of at most"):
        read(repack(persona_file(), edit))


def test_too_many_members(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="at most 5 members, got 1003"):
        read(repack(persona_file(), lambda members: members.update({f"{n}": b"" for n in range(1000)})))


def test_members_that_share_their_bytes(persona_file: Write) -> None:
    """Three graphs of a gibibyte each could come out of one."""

    def edit(members: dict[str, bytes]) -> None:
        members["swap.fp16.onnx"] = members["swap.int8.onnx"] = members["swap.fp32.onnx"] = bytes(9000)

    path = repack(persona_file(), edit)
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        start = archive.start_dir
    first = entries["swap.fp32.onnx"]
    directory = path.read_bytes()[start:]
    for name in ("swap.fp16.onnx", "swap.int8.onnx"):
        offset = entries[name].header_offset.to_bytes(4, "little")
        at = directory.index(name.encode()) - 4
        assert directory[at : at + 4] == offset
        directory = directory[:at] + first.header_offset.to_bytes(4, "little") + directory[at + 4 :]
    head = path.read_bytes()[: first.header_offset + 9100]
    directory = directory[:-6] + len(head).to_bytes(4, "little") + directory[-2:]
    path.write_bytes(head + directory)
    with pytest.raises(PersonaError, match="members beside each other"):
        read(path)


def test_zip_with_a_comment(persona_file: Write) -> None:
    path = persona_file()
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK\x05\x06"
    with pytest.raises(PersonaError, match="no zip directory at its end"):
        read(path)


def test_comes_back_as_it_was_written(persona_file: Write) -> None:
    graphs = {"int8": make_graph(), "fp32": make_graph(weights=np.ones((4, len(CHANNELS))))}
    persona = read(persona_file(graphs, name="hopper"))
    assert persona.name == "hopper"
    assert persona.manifest == make_manifest()
    assert dict(persona.graphs) == graphs
    assert persona.portrait == PORTRAIT


def test_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        write_persona(tmp_path / name, make_manifest(), {"fp32": make_graph()}, PORTRAIT)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_unwritable_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PersonaError, match="choose another --out"):
        write_persona(tmp_path / "file" / "x.persona", make_manifest(), {"fp32": make_graph()}, PORTRAIT)


def test_digest_in_the_file_is_sha256(persona_file: Write) -> None:
    with zipfile.ZipFile(persona_file()) as archive:
        facts = json.loads(archive.read("persona.json"))
        for name, digest in facts["sha256"].items():
            assert digest == hashlib.sha256(archive.read(name)).hexdigest()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.data())
def test_any_damage_is_a_persona_error_or_no_damage(persona_file: Write, data: st.DataObject) -> None:
    path = persona_file()
    whole = path.read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(damaged)))
        del damaged[at : at + data.draw(st.integers(0, 64))]
    path.write_bytes(damaged)
    try:
        persona = read(path)
    except PersonaError:
        return
    assert persona.graphs["fp32"] == make_graph()
