"""What goes with the pictures: sound, subtitles, fonts, as they are, and in which of them the new file has no place."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from realtime.errors import SinkError
from realtime.film.facts import pictures_of
from realtime.source.decoder import open_film

FORMATS: Mapping[str, str] = MappingProxyType({".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"})
"""What FFmpeg calls the containers, by extension."""
_TAGS = re.compile(r"</?[A-Za-z][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
_ASS_FIELDS = 8


def _from_ass(packet: bytes) -> str:
    text = packet.decode("utf-8", "replace")
    return text.split(",", _ASS_FIELDS)[-1].replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")


def _from_mov_text(packet: bytes) -> str:
    length = struct.unpack(">H", packet[:2])[0] if len(packet) >= 2 else 0
    return packet[2 : 2 + length].decode("utf-8", "replace")


def _to_mov_text(text: str) -> bytes:
    coded = text.encode()[: 2**16 - 1]
    return struct.pack(">H", len(coded)) + coded


_TEXT_OF: Mapping[str, Callable[[bytes], str]] = MappingProxyType(
    {
        "subrip": lambda packet: packet.decode("utf-8", "replace"),
        "text": lambda packet: packet.decode("utf-8", "replace"),
        "webvtt": lambda packet: packet.decode("utf-8", "replace"),
        "ass": _from_ass,
        "ssa": _from_ass,
        "mov_text": _from_mov_text,
    }
)
"""What a packet of each kind of subtitles says."""
_WRITES: Mapping[str, tuple[str, Callable[[str], bytes]]] = MappingProxyType(
    {".mp4": ("mov_text", _to_mov_text), ".mov": ("mov_text", _to_mov_text), ".mkv": ("subrip", str.encode)}
)
"""The kind of subtitles that every player of a container knows, and how it is written."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One stream that goes along.

    Attributes:
        index: Its number in the film.
        what: Its type, in FFmpeg's word.
        kind: What it becomes; empty for what it is.
        convert: Makes packets of that kind of its own; None where they stay.
    """

    index: int
    what: str
    kind: str = ""
    convert: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Cargo:
    """All that goes along.

    Attributes:
        carried: In the film's order.
        notes: What does not, or not as it was; lines for the user.
    """

    carried: tuple[Carried, ...]
    notes: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What goes along just as it was: `sound`, `subtitles`; what becomes something else is in the notes."""
        whole = {one.what for one in self.carried if not one.kind}
        return tuple(name for what, name in (("audio", "sound"), ("subtitle", "subtitles")) if what in whole)


def choose(path: Path, out: Path) -> Cargo:
    """Look what of a film's streams the new file can hold, by writing its head into memory.

    Raises:
        SinkError: Sound has no place there.
    """
    suffix = out.suffix.lower()
    carried, notes = list[Carried](), list[str]()
    with open_film(str(path)) as film:
        main = pictures_of(film)
        for stream in film.streams:
            if stream.index == main.index:
                continue
            if stream.type in ("audio", "subtitle") and _fits(stream, suffix):
                carried.append(Carried(stream.index, stream.type))
            elif stream.type == "audio":
                raise SinkError(
                    f"film {out}",
                    wanted=f"a container that holds its sound, {name_of(stream)}",
                    got=suffix,
                    next_step=f"name it {out.with_suffix('.mkv').name}"
                    if suffix != ".mkv"
                    else "give it other sound first: ffmpeg -i IN -map 0 -c copy -c:a aac OTHER.mkv",
                )
            elif stream.type == "subtitle" and name_of(stream) in _TEXT_OF:
                carried.append(_as_text(stream, suffix))
                notes.append(f"its subtitles, {name_of(stream)}, become {carried[-1].kind}: words stay, styles do not")
            elif not (stream.type == "attachment" and suffix == ".mkv") and not _is_chapters(film, stream):
                notes.append(_left_out(stream, out))
    return Cargo(tuple(carried), tuple(dict.fromkeys(notes)))


def name_of(stream: Stream) -> str:
    """What FFmpeg calls the coding of a stream; empty where it knows none."""
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""


def add_carried(film: InputContainer, out: OutputContainer, cargo: Cargo) -> dict[int, tuple[Stream, Carried]]:
    """Make room for all that goes along; by its number in the film where it goes."""
    places = {}
    for one in cargo.carried:
        stream = film.streams[one.index]
        if one.kind:
            place: Stream = out.add_mux_stream(one.kind)
        else:
            place = out.add_stream_from_template(stream)
        if stream.time_base is not None:
            place.time_base = stream.time_base
        place.metadata.update(honest(stream.metadata))
        places[one.index] = place, one
    return places


_STALE = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration", "vendor_id", "bps")
_STALE_BEGINNINGS = ("_statistics", "number_of_", "bps-", "duration-")


def honest(metadata: Mapping[str, str]) -> dict[str, str]:
    """A film's own words about itself, without those that are of its old file alone."""
    return {
        key: value
        for key, value in metadata.items()
        if key.lower() not in _STALE and not key.lower().startswith(_STALE_BEGINNINGS)
    }


def _fits(stream: Stream, suffix: str) -> bool:
    """Whether a container takes a stream as it is."""
    if stream.codec_context is None:
        return False
    try:
        # Closed before its head is written, FFmpeg has nothing to complain of; the head is what may be refused.
        with av.open(io.BytesIO(), "w", format=FORMATS[suffix]) as trial:
            place = trial.add_stream_from_template(stream)
            place.time_base = stream.time_base
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _as_text(stream: Stream, suffix: str) -> Carried:
    kind, write = _WRITES[suffix]
    read = _TEXT_OF[name_of(stream)]
    return Carried(stream.index, stream.type, kind, lambda packet: write(_TAGS.sub("", read(packet))))


def _is_chapters(film: InputContainer, stream: Stream) -> bool:
    """Whether a stream is how .mp4 keeps chapters, which are kept otherwise."""
    return stream.type == "data" and bool(film.chapters())


def _left_out(stream: Stream, out: Path) -> str:
    what = {"video": "another picture, a cover perhaps", "subtitle": f"subtitles as pictures, {name_of(stream)}"}
    why = {
        "video": "which would show whoever was there before",
        "subtitle": f"which {out.suffix} does not hold",
    }
    kind = stream.type
    return f"{what.get(kind, f'a stream of {kind}')} is left out, {why.get(kind, 'which nobody may need')}"
