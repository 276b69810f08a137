"""The `.persona` file: a stored zip, checked whole before anything in it is used."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from realtime.disclosure.mark_code import mark_of
from realtime.errors import PersonaError
from realtime.persona.graph_rules import check_graph
from realtime.persona.manifest import PHOTO, PRECISIONS, Manifest, dump_manifest, parse_manifest
from realtime.plain_file import open_plain

MANIFEST = "persona.json"
PORTRAIT = "portrait.jpg"
GRAPHS: Mapping[str, str] = MappingProxyType({f"swap.{name}.onnx": name for name in PRECISIONS})

_KIB, _MIB = 1024, 1024 * 1024
MAX_GRAPH = 1024 * _MIB
"""One-photo networks come in half of that, large DeepFaceLab exports in two thirds."""
_LIMITS: Mapping[str, int] = MappingProxyType(
    {MANIFEST: 256 * _KIB, PORTRAIT: 4 * _MIB, **dict.fromkeys(GRAPHS, MAX_GRAPH)}
)
_MAX_FILE = 2 * MAX_GRAPH
_MAX_DIRECTORY = 4 * _KIB

# The last record of a zip without a comment (APPNOTE 4.3.16), and the mark of a zip64 locator before it.
_END = struct.Struct("<4s4H2LH")
_END_MARK, _ZIP64_MARK, _ZIP64_SIZE = b"PK\x05\x06", b"PK\x06\x07", 20
_ENCRYPTED = 0x1

# What zipfile raises on files that are not what they say, found by feeding it such files.
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
)

_AGAIN = "export or download it again"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Persona:
    """A persona file that was read and found whole.

    Attributes:
        name: The file's name without its ending.
        manifest: What it says about itself.
        graphs: The ONNX graphs by precision, as bytes.
        portrait: A JPEG for display.
        manifest_sha256: Digest of `persona.json` as it is, or would be, in its file; hexadecimal.
    """

    name: str
    manifest: Manifest
    graphs: Mapping[str, bytes]
    portrait: bytes
    manifest_sha256: str = ""

    @property
    def mark(self) -> int:
        """What the watermark says of it, 32 bits; of one that has no file and no digest, what its facts alone give."""
        return mark_of(self.manifest_sha256 or _sha256(dump_manifest(self.manifest, {})))


def read_persona(path: Path, *, today: date | None) -> Persona:
    """Read and check a persona file.

    Args:
        path: The file.
        today: The day on which it is to be worn; None where it is only looked at, and not to be worn.

    Raises:
        PersonaError: It is missing, cut short, not a stored zip of the members it must have, larger than the
            limits, of another version, altered since it was written, or may not be worn today.
    """
    try:
        with open_plain(path) as file:
            members = _read_members(path, file)
    except OSError as error:
        raise _fault(path, "a readable file", error.strerror or str(error), "check the path") from error
    facts = members.pop(MANIFEST)
    try:
        manifest, digests = parse_manifest(facts)
    except PersonaError as error:
        raise PersonaError(
            f"persona {path}: {error.what}", wanted=error.wanted, got=error.got, next_step=error.next_step
        ) from error
    _check_digests(path, members, digests)
    portrait = members.pop(PORTRAIT)
    if not portrait.startswith(b"\xff\xd8"):
        raise _fault(path, f"a JPEG as {PORTRAIT}", repr(portrait[:4]))
    graphs = {GRAPHS[name]: graph for name, graph in members.items()}
    _check_kind(path, manifest, graphs)
    for precision, graph in graphs.items():
        _check_graph(path, precision, graph)
    if today is not None:
        manifest.identity.check(today)
    return Persona(path.stem, manifest, MappingProxyType(graphs), portrait, _sha256(facts))


def read_mark(path: Path) -> int:
    """What the watermark says of a persona, from its file's manifest alone: nothing of it is loaded, or judged.

    Raises:
        PersonaError: It is missing, or no stored zip of the members that a persona has.
    """
    try:
        with open_plain(path) as file:
            return mark_of(_sha256(_read_members(path, file, only=MANIFEST)[MANIFEST]))
    except OSError as error:
        raise _fault(path, "a readable file", error.strerror or str(error), "check the path") from error


def write_persona(path: Path, manifest: Manifest, graphs: Mapping[str, bytes], portrait: bytes) -> None:
    """Write a persona file; the same arguments give the same bytes.

    It is written beside its place and moved there whole: no half a persona is ever found under its name.

    Args:
        path: Where to; a file there is replaced.
        manifest: What it is to say about itself.
        graphs: ONNX graphs by precision.
        portrait: A JPEG for display.

    Raises:
        PersonaError: It could not be written.
    """
    members = {f"swap.{precision}.onnx": graphs[precision] for precision in PRECISIONS if precision in graphs}
    members[PORTRAIT] = portrait
    for name, content in members.items():
        if len(content) > _LIMITS[name]:
            raise _fault(path, f"{name} of at most {_LIMITS[name]} bytes", str(len(content)), "make it smaller")
    digests = {name: _sha256(content) for name, content in members.items()}
    members = {MANIFEST: dump_manifest(manifest, digests), **members}
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                entry = zipfile.ZipInfo(name, _FIXED_TIME)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, content)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        got = error.strerror or str(error)
        raise _fault(path, "a place that can be written", got, "choose another --out") from error


def _read_members(path: Path, file: BinaryIO, *, only: str = "") -> dict[str, bytes]:
    """Every member's bytes by name, or `only` one's; the directory is judged before a byte of them is read."""
    size = _check_end(path, file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_directory(path, entries, size)
            wanted = [entry for entry in entries if only in ("", entry.filename)]
            return {entry.filename: archive.read(entry) for entry in wanted}
    except _ZIP_FAULTS as error:
        raise _fault(path, "a whole zip", str(error)[:120] or type(error).__name__) from error


def _check_end(path: Path, file: BinaryIO) -> int:
    """Judge the size of file and directory from the last record, which zipfile would read unbounded; its size."""
    size = file.seek(0, os.SEEK_END)
    if size > _MAX_FILE:
        raise _fault(path, f"at most {_MAX_FILE // _MIB} MiB", f"{size // _MIB} MiB")
    file.seek(max(0, size - _END.size - _ZIP64_SIZE))
    tail = file.read()
    if len(tail) < _END.size:
        raise _fault(path, "a persona file", f"{size} bytes")
    mark, *_, entries, directory_size, _, comment = _END.unpack(tail[-_END.size :])
    if mark != _END_MARK or comment:
        raise _fault(path, "a persona file, which is a zip", "no zip directory at its end: cut short, or another kind")
    if tail.startswith(_ZIP64_MARK):
        raise _fault(path, "a plain zip", "a zip64")
    if entries > len(_LIMITS) or directory_size > _MAX_DIRECTORY:
        raise _fault(path, f"at most {len(_LIMITS)} members", f"{entries} in {directory_size} bytes")
    file.seek(0)
    return size


def _check_directory(path: Path, entries: list[zipfile.ZipInfo], size: int) -> None:
    names = [entry.orig_filename for entry in entries]
    for entry, name in zip(entries, names, strict=True):
        if name not in _LIMITS:
            raise _fault(path, "only the members " + ", ".join(_LIMITS), repr(name)[:80])
        if names.count(name) > 1:
            raise _fault(path, f"one {name}", str(names.count(name)))
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise _fault(path, f"{name} stored as it is", "a compressed one")
        if entry.flag_bits & _ENCRYPTED:
            raise _fault(path, f"{name} in the clear", "an encrypted one")
        if entry.file_size > _LIMITS[name]:
            raise _fault(path, f"{name} of at most {_LIMITS[name]} bytes", str(entry.file_size))
    if sum(entry.file_size for entry in entries) > size:  # several entries may name the same bytes
        raise _fault(path, "members beside each other", "some that overlap, or reach beyond its end")
    for name in (MANIFEST, PORTRAIT):
        if name not in names:
            raise _fault(path, f"a member {name}", ", ".join(names) or "no members")


def _check_digests(path: Path, members: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
    if set(digests) != set(members):
        wanted = "digests of the members " + ", ".join(sorted(members))
        raise _fault(path, wanted, "digests of " + (", ".join(sorted(digests))[:120] or "none"))
    for name, content in members.items():
        found = _sha256(content)
        if found != digests[name]:
            raise _fault(path, f"{name} with SHA-256 {digests[name][:12]}…", f"{found[:12]}…: it was altered")


def _check_kind(path: Path, manifest: Manifest, graphs: Mapping[str, bytes]) -> None:
    if manifest.ends is None and graphs:
        raise _fault(path, f"no graph beside kind {manifest.kind}", ", ".join(graphs))
    if manifest.ends is not None and not graphs:
        raise _fault(path, "one of " + ", ".join(GRAPHS), "none")
    if manifest.kind == PHOTO and not manifest.portrait_points:
        raise _fault(path, "portrait_points beside kind photo", "none")


def _check_graph(path: Path, precision: str, graph: bytes) -> None:
    try:
        check_graph(graph)
    except PersonaError as error:
        wanted = f"{error.wanted} in swap.{precision}.onnx"
        raise _fault(path, wanted, error.got) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fault(path: Path, wanted: str, got: str, next_step: str = _AGAIN) -> PersonaError:
    return PersonaError(f"persona {path}", wanted=wanted, got=got, next_step=next_step)
