"""The persona file: what is refused, and that what is written comes back."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from tiny_personas import PORTRAIT, TODAY, make_graph, make_manifest

from realtime.errors import PersonaError
from realtime.persona.identity import Identity
from realtime.persona.manifest import CHANNELS, TrainedFrom, dump_manifest, parse_manifest
from realtime.persona.onnx_wire import look_into
from realtime.persona.package import read_mark, read_persona, write_persona

Write = Callable[..., Path]


def read(path: Path) -> Any:
    return read_persona(path, today=TODAY)


def repack(path: Path, edit: Callable[[dict[str, bytes]], None], **options: Any) -> Path:
    """The same zip with its members edited."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def edit_json(path: Path, **changes: Any) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        facts = json.loads(members["persona.json"])
        for key, value in changes.items():
            if value is None:
                del facts[key]
            else:
                facts[key] = value
        members["persona.json"] = json.dumps(facts).encode()

    return repack(path, edit)


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


@pytest.mark.parametrize("version", [0, 2, 999])
def test_other_version(persona_file: Write, version: int) -> None:
    with pytest.raises(PersonaError, match=rf"format_version: wanted 1, got {version}; .*update Thespis"):
        read(edit_json(persona_file(), format_version=version))


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


def test_weights_in_another_file(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="weights in another file"):
        read(persona_file({"fp32": make_graph(external=True)}))


@pytest.mark.parametrize("graph", [b"not protobuf", make_graph()[:-5], b"\x0b\x0b", b"\xff" * 20])
def test_graph_that_is_none(persona_file: Write, graph: bytes) -> None:
    with pytest.raises(PersonaError, match="wanted an ONNX graph"):
        read(persona_file({"fp32": graph}))


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


def test_comes_back_as_it_was_written(persona_file: Write) -> None:
    graphs = {"int8": make_graph(), "fp32": make_graph(weights=np.ones((4, len(CHANNELS))))}
    persona = read(persona_file(graphs, name="hopper"))
    assert persona.name == "hopper"
    assert persona.manifest == make_manifest()
    assert dict(persona.graphs) == graphs
    assert persona.portrait == PORTRAIT


def test_the_portraits_points_come_back(persona_file: Write) -> None:
    points = tuple(number / 8 for number in range(3 * 478))
    assert read(persona_file(portrait_points=points)).manifest.portrait_points == points


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


def external_tensor() -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    return tensor


def constant(tensor: onnx.TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["w"], value=tensor)


def graph_of(*nodes: onnx.NodeProto, **parts: Any) -> onnx.GraphProto:
    return helper.make_graph(list(nodes), "g", [], [], **parts)


@pytest.mark.parametrize(
    "model",
    [
        helper.make_model(graph_of(constant(external_tensor()))),
        helper.make_model(graph_of(initializer=[external_tensor()])),
        helper.make_model(
            graph_of(helper.make_node("If", ["c"], ["y"], then_branch=graph_of(constant(external_tensor()))))
        ),
        helper.make_model(
            graph_of(),
            functions=[helper.make_function("d", "f", [], ["w"], [constant(external_tensor())], [])],
        ),
    ],
    ids=["constant", "initializer", "branch", "function"],
)
def test_external_data_is_found_wherever_it_hides(model: onnx.ModelProto) -> None:
    assert look_into(model.SerializeToString()).external


def test_a_graph_that_keeps_its_weights_is_let_through() -> None:
    assert not look_into(make_graph()).external
    inside = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    assert not look_into(helper.make_model(graph_of(constant(inside))).SerializeToString()).external


def test_endless_nesting_is_refused() -> None:
    """Written by hand, since protobuf's own limit does not let it be made."""
    graph = b""
    for field in (6, 5, 1) * 20:  # a graph in an attribute in a node in a graph
        length = len(graph)
        graph = bytes([field << 3 | 2, length & 0x7F | 0x80, length >> 7]) + graph
    with pytest.raises(ValueError, match="nested"):
        look_into(bytes([7 << 3 | 2, len(graph) & 0x7F | 0x80, len(graph) >> 7]) + graph)


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
