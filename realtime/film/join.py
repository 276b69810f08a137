"""The film put together: pictures out of its pieces, all else out of the film it was."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream

from realtime.errors import SinkError, SourceError
from realtime.film.facts import Film, pictures_of
from realtime.film.sink import PIECE_FORMAT, broken
from realtime.film.streams import FORMATS, Cargo, add_carried, honest
from realtime.source.decoder import of_this_machine, open_film


@dataclass(frozen=True, slots=True)
class Written:
    """What a film that was put together holds.

    Attributes:
        pictures: How many.
        others: Packets of sound and subtitles.
        failure: Why these end before they should, which is damage; empty for nothing.
    """

    pictures: int
    others: int
    failure: str


def join(film: Film, pieces: Sequence[Path], cargo: Cargo, whole: Path) -> Written:
    """Write the film. Time stamps stay as they were, as finely as the container keeps them.

    Args:
        film: As it was.
        pieces: Files of those that hold pictures, in order.
        cargo: What else goes along.
        whole: Where to.

    Raises:
        SinkError: It cannot be written, or the pieces do not go together.
        SourceError: What goes along cannot be read just now.
    """
    kind = FORMATS[whole.suffix.lower()]
    try:
        source = open_film(str(film.path))
    except av.FFmpegError as error:
        raise _unreadable(film, error) from error
    try:
        with source, av.open(f"file:{whole}", "w", format=kind, options=_options(kind, film)) as out:
            return _write(film, source, pieces, cargo, out)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise broken(f"film {whole}", error) from error


def _options(kind: str, film: Film) -> dict[str, str]:
    """What FFmpeg's muxer is told: to play before all of it is there, and to begin at the very tick."""
    if kind == FORMATS[".mkv"]:
        return {}
    ticks = film.time_base.denominator
    return {"movflags": "+faststart", "movie_timescale": str(ticks * -(-1000 // ticks))}


def _write(film: Film, source: InputContainer, pieces: Sequence[Path], cargo: Cargo, out: OutputContainer) -> Written:
    with av.open(f"file:{pieces[0]}", format=PIECE_FORMAT) as first:
        pictures = out.add_stream_from_template(first.streams.video[0])
    pictures.time_base = Fraction(1, film.time_base.denominator)
    main = pictures_of(source)
    pictures.metadata.update(honest(main.metadata))
    if film.aspect:
        pictures.sample_aspect_ratio = film.aspect
    places = add_carried(source, out, cargo)
    _add_fonts(source, out)
    out.metadata.update(honest(source.metadata))
    out.set_chapters(source.chapters())

    counts = [0, 0]
    own = ((_time_s(packet), 0, packet) for packet in _pictures(film, pieces))
    wanted = [source.streams[index] for index in places]
    others = _Others(film, source, wanted)
    beside = ((_time_s(packet), 1, packet) for packet in others) if wanted else iter(())
    for _, rank, packet in heapq.merge(own, beside, key=lambda one: one[0]):
        if rank == 0:
            packet.stream = pictures
        else:
            place, how = places[packet.stream.index]
            content = None if how.convert is None else how.convert(bytes(packet))
            if content == b"":
                continue  # .mp4 fills the time between words with empty ones
            packet = packet if content is None else _changed(packet, content)
            packet.stream = place
        out.mux(packet)
        counts[rank] += 1
    return Written(counts[0], counts[1], others.failure)


def _pictures(film: Film, pieces: Sequence[Path]) -> Iterator[Packet[Any]]:
    """Every picture's packet, with the length that the next one's time stamp gives it."""
    before: Packet[Any] | None = None
    head: bytes | None = None
    for path in pieces:
        with av.open(f"file:{path}", format=PIECE_FORMAT) as piece:
            stream = piece.streams.video[0]
            head = head or stream.codec_context.extradata
            if stream.codec_context.extradata != head:
                raise SinkError("the pieces", wanted="one kind of coding", got="several", next_step="try --anew")
            for packet in piece.demux(stream):
                if not packet.size:
                    continue
                assert packet.pts is not None
                packet.dts = packet.pts  # there are no B-frames
                if before is not None and before.pts is not None:
                    before.duration = packet.pts - before.pts
                    yield before
                before = packet
    if before is not None:
        before.duration = max(1, round(1 / (film.fps * float(film.time_base))))
        yield before


class _Others:
    """Packets of what goes along, to where the film is damaged.

    Attributes:
        failure: What ended them early; empty for nothing.
    """

    def __init__(self, film: Film, source: InputContainer, wanted: Sequence[Any]) -> None:
        self._film, self._source, self._wanted = film, source, wanted
        self.failure = ""

    def __iter__(self) -> Iterator[Packet[Any]]:
        packets = self._source.demux(self._wanted)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                if of_this_machine(error) and not self._film.breaks_off:
                    raise _unreadable(self._film, error) from error
                self.failure = error.strerror or str(error)
                return
            if packet is None:
                return
            if packet.size:
                yield packet


def _unreadable(film: Film, error: av.FFmpegError) -> SourceError:
    return SourceError(
        f"film {film.path}",
        wanted="to read on",
        got=error.strerror or str(error),
        next_step="see whether its disk or share is there; the same words again go on from here",
    )


def _time_s(packet: Packet[Any]) -> float:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return float((stamp or 0) * packet.time_base)


def _changed(packet: Packet[Any], content: bytes) -> Packet[Any]:
    new: Packet[Any] = Packet(content)
    new.pts, new.dts, new.duration, new.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    return new


def _add_fonts(source: InputContainer, out: OutputContainer) -> None:
    if out.format.name != FORMATS[".mkv"]:
        return
    for stream in source.streams:
        if isinstance(stream, AttachmentStream) and not (stream.mimetype or "").startswith("image/"):
            out.add_attachment(stream.name or "font", stream.mimetype or "application/octet-stream", stream.data)
