"""A film converted: nothing dropped, all times kept, sound and words as they were, whatever the film is like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn_films import FPS, look, performance, pictures_of, write_film
from film_rig import HereCrew
from skimage.metrics import structural_similarity

from realtime.disclosure.credentials import read_credentials
from realtime.disclosure.marked_file import read_file
from realtime.errors import SinkError, ThespisError
from realtime.film.conversion import Made
from realtime.film.facts import read_film
from realtime.film.streams import choose
from realtime.persona import candidates, choosing
from realtime.persona.provider import PROVIDERS

Convert = Callable[..., Made]


def by_kind(path: Path) -> dict[str, list]:
    return {one.kind: one for one in look(path)}


def is_worn(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether the middle of the picture, where the performer's face is, is another one."""
    height, width = before.shape[:2]
    middle = np.s_[height // 4 : 3 * height // 4, 3 * width // 8 : 5 * width // 8]
    return float(np.abs(before[middle].astype(int) - after[middle]).mean()) > 6


def test_every_picture_its_time_the_sound_and_the_title_are_kept(film: Path, tmp_path: Path, convert: Convert) -> None:
    made = convert(film, tmp_path / "out.mp4", piece_s=1.5)
    before, after = by_kind(film), by_kind(tmp_path / "out.mp4")
    assert len(made.records) == 2
    assert after["video"].times_s == before["video"].times_s
    assert len(after["video"].times_s) == 4 * FPS
    assert (after["audio"].times_s, after["audio"].sha256) == (before["audio"].times_s, before["audio"].sha256)
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert out.metadata["title"] == "A film"
        assert out.streams.video[0].time_base == Fraction(1, 15_000)
    shown = pictures_of(tmp_path / "out.mp4")
    assert all(is_worn(one, two) for one, two in zip(pictures_of(film), shown, strict=True))
    assert not (tmp_path / ".out.mp4.thespis").exists()


def test_it_is_signed_and_marked(film: Path, tmp_path: Path, convert: Convert) -> None:
    made = convert(film, tmp_path / "out.mp4")
    credentials = read_credentials(tmp_path / "out.mp4")
    assert credentials is not None
    assert [one.persona for one in credentials.personas] == ["hopper"]
    assert "signed as made with AI, showing Grace Hopper" in made.signed
    assert read_file(tmp_path / "out.mp4").found


def test_times_that_are_uneven_and_begin_late_are_kept(tmp_path: Path, convert: Convert) -> None:
    steps = np.random.default_rng(1).integers(300, 2500, 30)
    stamps = [int(stamp) for stamp in 4_500 + np.cumsum(steps)]
    film = write_film(tmp_path / "film.mp4", performance(30), stamps=stamps, gop=8)
    convert(film, tmp_path / "out.mov", piece_s=0.8)
    assert by_kind(tmp_path / "out.mov")["video"].times_s == [stamp * Fraction(1, 15_000) for stamp in stamps]
    assert by_kind(tmp_path / "out.mov")["audio"].times_s == by_kind(film)["audio"].times_s


@pytest.mark.parametrize(("before", "after"), [(".mkv", ".mkv"), (".mkv", ".mp4"), (".mp4", ".mkv")])
def test_subtitles_go_along(tmp_path: Path, convert: Convert, before: str, after: str) -> None:
    words = [(200, 500, "Hello"), (1000, 700, "there")]
    film = write_film(tmp_path / f"film{before}", performance(20), subtitles=words)
    convert(film, tmp_path / f"out{after}")
    with av.open(str(tmp_path / f"out{after}")) as out:
        said = [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in out.demux(subtitles=0)
            if packet.size > 2  # .mp4 fills the time between with empty ones
        ]
    assert [text[-5:] for _, text in said] == [b"Hello", b"there"]
    begin = by_kind(film)["video"].times_s[0]
    shift = by_kind(tmp_path / f"out{after}")["video"].times_s[0] - begin
    assert [float(time_s - shift) for time_s, _ in said] == pytest.approx([0.2, 1.0], abs=0.03)


def test_what_lies_on_its_side_is_stood_up(tmp_path: Path, convert: Convert) -> None:
    upright = performance(12)
    lying = [np.ascontiguousarray(cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE)) for picture in upright]
    film = write_film(tmp_path / "film.mp4", lying, rotation=-90)
    made = convert(film, tmp_path / "out.mp4")
    assert sum(record.without_face for record in made.records) == 0
    shown = pictures_of(tmp_path / "out.mp4")
    assert shown[0].shape == upright[0].shape
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert next(out.decode(video=0)).rotation == 0
    corner = np.s_[-40:, :60]
    assert float(np.abs(shown[5][corner].astype(int) - upright[5][corner]).mean()) < 6


@pytest.mark.parametrize("full_range", [True, False])
def test_colours_keep_their_range_and_stay_where_nobody_is(tmp_path: Path, convert: Convert, full_range: bool) -> None:
    film = write_film(tmp_path / "film.mp4", performance(10), full_range=full_range)
    convert(film, tmp_path / "out.mp4")
    with av.open(str(film)) as one, av.open(str(tmp_path / "out.mp4")) as two:
        before, after = next(one.decode(video=0)), next(two.decode(video=0))
    tags = [
        (frame.color_range if full_range else 1, frame.colorspace, frame.color_primaries, frame.color_trc)
        for frame in (before, after)
    ]
    assert tags[0] == tags[1]
    assert (after.color_range == 2) == full_range
    corner = np.s_[-40:, :60]  # of the luma as it is stored
    first, second = (frame.to_ndarray()[: frame.height][corner].astype(int) for frame in (before, after))
    assert abs(float((first - second).mean())) < 1.5


def test_ten_bits_become_eight_and_it_says_so(tmp_path: Path, signer: object, convert: Convert) -> None:
    film = write_film(tmp_path / "film.mkv", performance(6), codec="ffv1", pixels="yuv420p10le", sound="")
    assert any("10 bits" in note for note in read_film(film).notes)
    convert(film, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert out.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_a_side_that_is_odd_becomes_even(tmp_path: Path, convert: Convert) -> None:
    pictures = [np.ascontiguousarray(picture[:-1, :-1]) for picture in performance(6)]
    film = write_film(tmp_path / "film.mkv", pictures, codec="ffv1", pixels="yuv444p", sound="")
    convert(film, tmp_path / "out.mp4")
    assert pictures_of(tmp_path / "out.mp4")[0].shape == performance(6)[0].shape


def test_a_film_that_breaks_off_is_made_up_to_there(film: Path, tmp_path: Path, convert: Convert) -> None:
    whole = write_film(tmp_path / "whole.mkv", performance(4 * FPS))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    made = convert(cut, tmp_path / "out.mp4", piece_s=1.0)
    with av.open(str(cut)) as one:
        readable = sum(1 for packet in one.demux(video=0) if packet.size)
    assert 10 < made.written.pictures <= readable < 4 * FPS


def test_where_nobody_is_found_nothing_of_the_picture_is_seen(tmp_path: Path, convert: Convert) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    noise = cv2.resize(noise, (256, 192), interpolation=cv2.INTER_CUBIC)
    film = write_film(tmp_path / "film.mp4", [*performance(10), *[noise] * 10])
    made = convert(film, tmp_path / "out.mp4", when_lost="blur")
    assert sum(record.unworn for record in made.records) >= 10
    assert structural_similarity(pictures_of(tmp_path / "out.mp4")[-1], noise, channel_axis=2) < 0.3
    shown = convert(film, tmp_path / "shown.mp4", when_lost="show")
    assert sum(record.unworn for record in shown.records) >= 10
    assert structural_similarity(pictures_of(tmp_path / "shown.mp4")[-1], noise, channel_axis=2) > 0.8


def test_another_picture_in_the_film_does_not_go_along(tmp_path: Path, convert: Convert) -> None:
    film = tmp_path / "film.mkv"
    with av.open(str(write_film(tmp_path / "one.mkv", performance(6)))) as one, av.open(str(film), "w") as two:
        place = {stream.index: two.add_stream_from_template(stream) for stream in one.streams}
        other = two.add_stream_from_template(one.streams.video[0])
        for packet in one.demux():
            if packet.size:
                index, data = packet.stream.index, bytes(packet)
                packet.stream = place[index]
                stamps = packet.pts, packet.dts, packet.time_base
                two.mux(packet)
                if index == one.streams.video[0].index:
                    again = av.Packet(data)
                    again.pts, again.dts, again.time_base = stamps
                    again.stream = other
                    two.mux(again)
    assert any("another picture" in note for note in choose(film, tmp_path / "out.mkv").notes)
    convert(film, tmp_path / "out.mkv")
    assert [one.kind for one in look(tmp_path / "out.mkv")].count("video") == 1


def test_sound_that_the_container_cannot_hold_is_told_before_anything_is_made(tmp_path: Path, convert: Convert) -> None:
    film = write_film(tmp_path / "film.mkv", performance(6), sound="tta")
    with pytest.raises(SinkError, match=r"tta.*name it out\.mkv"):
        convert(film, tmp_path / "out.mov")
    assert not list(tmp_path.glob(".out*"))


def test_what_cannot_be_made_is_told(film: Path, tmp_path: Path, convert: Convert) -> None:
    (tmp_path / "words.mp4").write_text("no film")
    (tmp_path / "there.mp4").write_text("something")
    song = tmp_path / "song.mkv"
    with av.open(str(song), "w") as container:
        tone = container.add_stream("aac", rate=44_100, layout="mono")
        container.mux(tone.encode(None))
    for source, out, words in [
        (film, film, "the film itself"),
        (film, tmp_path / "there.mp4", "--overwrite"),
        (film, tmp_path / "none" / "out.mp4", "no such folder"),
        (film, tmp_path / "out.avi", r"\.mkv"),
        (tmp_path / "missing.mp4", tmp_path / "out.mp4", "No such file"),
        (tmp_path / "words.mp4", tmp_path / "out.mp4", "a film that FFmpeg can read"),
        (song, tmp_path / "out.mp4", "film"),
    ]:
        with pytest.raises(ThespisError, match=words):
            convert(source, out)
    assert (tmp_path / "there.mp4").read_text() == "something"
    assert not list(tmp_path.glob(".*thespis"))


@pytest.mark.parametrize(("asked", "told"), [("auto", "cpu:steady"), ("cpu", "cpu:steady")])
def test_every_worker_is_told_one_provider_and_none_measures(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch, asked: str, told: str
) -> None:
    def measured(*_: object) -> float:
        raise AssertionError("a film depends on no clock")

    rows = tuple(replace(row, doubtful=lambda: True) for row in PROVIDERS if row.name == "cpu")
    for module in (candidates, choosing):
        monkeypatch.setattr(module, "PROVIDERS", rows)
    monkeypatch.setattr(choosing, "time_ms", measured)
    crew = HereCrew()
    convert(film, tmp_path / "out.mp4", crew, piece_s=1.5, provider=asked)
    assert [task.wishes.provider for task in crew.made] == [told, told]
