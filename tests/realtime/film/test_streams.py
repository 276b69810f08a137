"""What goes along with the pictures, and what a film says of itself that is no longer true."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from drawn_films import performance, write_film

from realtime.film import streams
from realtime.film.conversion import Made

Convert = Callable[..., Made]


@pytest.mark.parametrize(
    ("kind", "packet", "words"),
    [
        ("subrip", b"<i>Hello</i>\nthere", "Hello\nthere"),
        ("subrip", b"{\\an8}3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("ass", b"0,0,Default,,0,0,0,,{\\b1}Hello{\\b0}, you\\Nthere", "Hello, you\nthere"),
        ("mov_text", b"\x00\x05Hello\x00\x00\x00\x0cstyl", "Hello"),
        ("mov_text", b"", ""),
        ("webvtt", b"H\xff", "H\ufffd"),
    ],
)
def test_words_are_read_out_of_every_kind_of_subtitles(kind: str, packet: bytes, words: str) -> None:
    assert streams._TAGS.sub("", streams._TEXT_OF[kind](packet)) == words


def test_words_are_written_as_a_container_has_them() -> None:
    for suffix, kind, coded in ((".mp4", "mov_text", b"\x00\x03\xc3\xa9a"), (".mkv", "subrip", b"\xc3\xa9a")):
        name, write = streams._WRITES[suffix]
        assert (name, write("éa")) == (kind, coded)
    assert len(streams._to_mov_text("é" * 60_000)) == 2**16 + 1


def test_chapters_and_words_about_the_film_go_along_but_none_about_the_file(tmp_path: Path, convert: Convert) -> None:
    film = tmp_path / "film.mkv"
    chapters = [
        {"id": n, "start": 400 * n, "end": 400 * (n + 1), "time_base": Fraction(1, 1000), "metadata": {"title": name}}
        for n, name in enumerate(("First", "Second"))
    ]
    with av.open(str(write_film(tmp_path / "bare.mkv", performance(8)))) as bare, av.open(str(film), "w") as out:
        places = {stream.index: out.add_stream_from_template(stream) for stream in bare.streams}
        places[0].metadata.update({"language": "epo", "BPS": "12345", "_STATISTICS_TAGS": "BPS"})
        out.metadata.update({"title": "A film", "comment": "mine"})
        out.set_chapters(chapters)
        out.add_attachment("face.ttf", "font/ttf", b"a font")
        out.add_attachment("cover.bin", "image/x-cover", b"a cover")
        for packet in bare.demux():
            if packet.size:
                packet.stream = places[packet.stream.index]
                out.mux(packet)
    convert(film, tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as made:
        told = {key.lower(): value for key, value in made.metadata.items()}
        assert (told["title"], told["comment"]) == ("A film", "mine")
        assert [one["metadata"]["title"] for one in made.chapters()] == ["First", "Second"]
        of_pictures = {key.lower(): value for key, value in made.streams.video[0].metadata.items()}
        assert of_pictures["language"] == "epo"
        assert of_pictures.get("bps") != "12345"
        attached = [stream.name for stream in made.streams if stream.type == "attachment"]
        assert attached == ["face.ttf"]


def test_only_what_stays_as_it_was_is_said_to() -> None:
    sound, words = streams.Carried(1, "audio"), streams.Carried(2, "subtitle")
    rewritten = streams.Carried(2, "subtitle", "mov_text", bytes)
    assert streams.Cargo((), ()).kinds == ()
    assert streams.Cargo((sound, words), ()).kinds == ("sound", "subtitles")
    assert streams.Cargo((rewritten, sound), ("its subtitles, subrip, become mov_text",)).kinds == ("sound",)
