"""The few bytes that no digest of C2PA covers, held to what Thespis writes there.

By its specification neither the head of the box, segment or chunk that carries the credentials, nor the labels and the
padding in them, nor a film's `ftyp` are covered: a thousand bytes, any of which could be changed unseen. Nothing
that is shown or said lies there; but a file that was changed is to say so.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO

_LARGEST = 16 * 1024 * 1024
_FILM_ID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # of the box that carries C2PA, by its specification
_FILM_START = _FILM_ID + bytes(4) + b"manifest\0" + bytes(8)
_FILM_BOXES = (b"ftyp", b"uuid", b"moov", b"mdat", b"free", b"wide")
_JPEG_START = b"JP\x02\x11"
_PARTS = (b"c2pa.assertions", b"c2pa.claim.v2", b"c2pa.signature")
_SALTED, _PLAIN = 0x13, 0x03
_PAD = b"\xa1\x63pad\x59"  # CBOR: a map of one, its key "pad", and a byte string whose length takes two bytes


class _LooseError(ValueError):
    """A byte that is not as Thespis writes it."""


def ftyp_sha256(file: BinaryIO) -> str:
    """Digest of the box that a film begins with; empty where it begins with another."""
    file.seek(0)
    header = file.read(8)
    if header[4:] != b"ftyp":
        return ""
    return hashlib.sha256(header + file.read(min(_LARGEST, int.from_bytes(header[:4], "big") - 8))).hexdigest()


def envelope_fault(file: BinaryIO, kind: str, ftyp: str) -> str:
    """What in a signed file is not as Thespis writes it; empty where all is.

    Args:
        file: An open file that Thespis signed, by its own word.
        kind: Its media type.
        ftyp: Digest of the box it began with when it was signed; empty for pictures.
    """
    try:
        if ftyp_sha256(file) != ftyp:
            return "another ftyp"
        (store,) = _boxes(_CARRIERS[kind](file))
        _check_super(store, 0)
    except (ValueError, struct.error, KeyError) as error:
        return f"around the credentials: {error}"
    return ""


def _film(file: BinaryIO) -> bytes:
    """The credentials in a film: of the one box that carries them."""
    end, at, found = file.seek(0, io.SEEK_END), 0, []
    while at < end:
        file.seek(at)
        size, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", file.read(8))[0], 16
        if name not in _FILM_BOXES or not header <= size <= end - at:
            raise _LooseError("a box that does not belong there")
        if name == b"uuid":
            found.append(file.read(min(size - header, _LARGEST)))
        at += size
    (body,) = found
    if not body.startswith(_FILM_START):
        raise _LooseError("the box's header")
    return body[len(_FILM_START) :]


def _jpeg(file: BinaryIO) -> bytes:
    """The credentials in a JPEG: of one APP11 segment, or more where they are long."""
    file.seek(2)
    store, count = b"", 0
    while True:
        marker, size = struct.unpack(">HH", file.read(4))
        if marker == 0xFFDA or marker >> 8 != 0xFF:
            return store
        body = file.read(size - 2)
        if marker == 0xFFEB:
            count += 1
            if not body.startswith(_JPEG_START + count.to_bytes(4, "big")):
                raise _LooseError("a segment's header")
            if store and body[8:16] != store[:8]:
                raise _LooseError("a segment's box")
            store += body[16 if store else 8 :]


def _png(file: BinaryIO) -> bytes:
    """The credentials in a PNG: of its one caBX chunk."""
    file.seek(8)
    found = []
    while len(header := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", header)
        body, check = file.read(min(size, _LARGEST)), file.read(4)
        if zlib.crc32(name + body).to_bytes(4, "big") != check:
            raise _LooseError("a chunk's checksum")
        if name == b"caBX":
            found.append(body)
    (store,) = found
    return store


_CARRIERS: Mapping[str, Callable[[BinaryIO], bytes]] = MappingProxyType(
    {"video/mp4": _film, "video/quicktime": _film, "image/jpeg": _jpeg, "image/png": _png}
)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies of the JUMBF boxes (ISO 19566-5) that fill these bytes to the last."""
    at = 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if not 8 <= size <= len(data) - at:
            raise _LooseError("a box's length")
        yield name, data[at + 8 : at + size]
        at += size


def _check_super(box: tuple[bytes, bytes], depth: int) -> None:
    """A box of boxes: its description, and whatever superboxes are in it."""
    (first, described), *rest = _boxes(box[1])
    if box[0] != b"jumb" or first != b"jumd" or depth > 4:
        raise _LooseError("a box in the place of another")
    label = _label(described)
    wanted = {0: (b"c2pa",), 2: _PARTS}.get(depth, (label,))
    if label not in wanted:
        raise _LooseError("a label")
    for name, body in rest:
        if name == b"jumb":
            _check_super((name, body), depth + 1)
        elif depth == 2 and label == _PARTS[2]:
            _check_pad(body)


def _label(described: bytes) -> bytes:
    """The label of a description box: 16 bytes of type, toggles, the label; salt where the toggles say so."""
    label, end, salt = described[17:].partition(b"\0")
    if described[16] not in (_SALTED, _PLAIN) or not end:
        raise _LooseError("a description")
    if [name for name, _ in _boxes(salt)] != ([b"c2sh"] if described[16] == _SALTED else []):
        raise _LooseError("a salt")
    return label


def _check_pad(signature: bytes) -> None:
    """The padding of a COSE signature, which is nought."""
    _, found, rest = signature.partition(_PAD)
    size = int.from_bytes(rest[:2], "big")
    if not found or rest[2 : 2 + size].strip(b"\0"):
        raise _LooseError("the padding")
