"""What goes wrong outside the film: a disk, a share, another program. Nothing is left out of a film for it, or lost."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from drawn_films import FPS, content_of, performance, write_film
from film_rig import HereCrew, conversion_of

from realtime.disclosure.signing import FileSigner
from realtime.errors import SinkError, SourceError, ThespisError
from realtime.film import facts, join, source
from realtime.film.conversion import Made
from realtime.film.facts import read_film
from realtime.film.folder import WorkFolder
from realtime.film.order import Task
from realtime.source.decoder import VideoDecoder, of_this_machine

Convert = Callable[..., Made]
GONE = av.error.OSError(errno.EIO, "Input/output error")
DAMAGED = av.error.InvalidDataError(1094995529, "Invalid data")


class Breaking(VideoDecoder):
    """Ends after some pictures."""

    after = 5
    error: av.FFmpegError | None = None
    harmed = False

    def _decoded(self) -> Iterator[av.VideoFrame]:
        for number, frame in enumerate(super()._decoded()):
            if number == self.after:
                self.damaged, self.read_to = self.harmed, frame.pts
                if self.error is not None:
                    raise self.error
                return
            yield frame


@pytest.mark.parametrize("error", [GONE, None], ids=["an error", "an end"])
def test_a_share_that_goes_ends_it_and_the_same_words_go_on(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch, error: av.FFmpegError | None
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(source, "VideoDecoder", type("Gone", (Breaking,), {"error": error}))
        with pytest.raises(ThespisError, match="the same words again go on from here"):
            convert(film, tmp_path / "out.mp4", piece_s=2.0)
    assert not (tmp_path / "out.mp4").exists()
    assert convert(film, tmp_path / "out.mp4", piece_s=2.0).written.pictures == 4 * FPS


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_film_that_is_shorter_than_when_it_was_looked_at_is_not_made_shorter(
    tmp_path: Path, convert: Convert, suffix: str
) -> None:
    film = write_film(tmp_path / f"film{suffix}", performance(4 * FPS))
    whole = film.read_bytes()

    class ShorteningCrew(HereCrew):
        def start(self, task: Task) -> None:
            film.write_bytes(whole[: len(whole) * 2 // 3])
            super().start(task)

    with pytest.raises(ThespisError, match="the same words again go on from here"):
        convert(film, tmp_path / "out.mkv", ShorteningCrew())
    assert not (tmp_path / "out.mkv").exists()
    film.write_bytes(whole)
    assert convert(film, tmp_path / "out.mkv").written.pictures == 4 * FPS


def test_a_film_that_is_damaged_is_made_without_what_is(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "VideoDecoder", type("Damaged", (Breaking,), {"error": DAMAGED, "harmed": True}))
    made = convert(film, tmp_path / "out.mp4", piece_s=100.0)
    assert [record.failure for record in made.records] == ["Invalid data"]
    assert made.written.pictures == 5


def test_errors_of_the_data_are_told_from_those_of_the_machine() -> None:
    assert of_this_machine(GONE)
    assert of_this_machine(av.error.MemoryError(errno.ENOMEM, "no memory"))
    assert not of_this_machine(DAMAGED)
    assert not of_this_machine(av.error.ArgumentError(errno.EINVAL, "no sense"))


def test_where_no_place_can_be_found_the_film_is_decoded_from_its_start(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unwound(VideoDecoder):
        def __init__(self, *words: object, begin: int | None = None, **more: object) -> None:
            if begin is not None:
                raise av.error.PermissionError(errno.EPERM, "no such place")
            super().__init__(*words, **more)  # type: ignore[arg-type]

    convert(film, tmp_path / "one.mp4", piece_s=1.0)
    monkeypatch.setattr(source, "VideoDecoder", Unwound)
    convert(film, tmp_path / "out.mp4", piece_s=1.0)
    assert content_of(tmp_path / "out.mp4") == content_of(tmp_path / "one.mp4")


class BreakingFilm:
    """A film whose packets end with an error."""

    def __init__(self, path: str, error: av.FFmpegError) -> None:
        self._film, self._error = av.open(path), error

    def __getattr__(self, name: str) -> object:
        return getattr(self._film, name)

    def __enter__(self) -> BreakingFilm:
        return self

    def __exit__(self, *error: object) -> None:
        self._film.close()

    def demux(self, streams: object) -> Iterator[av.Packet]:
        for number, packet in enumerate(self._film.demux(streams)):
            if number == 20:
                raise self._error
            yield packet


def test_sound_that_cannot_be_read_is_told_of_the_film_and_damaged_sound_is_left_out(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(join, "open_film", lambda path: BreakingFilm(path, GONE))
        with pytest.raises(SourceError, match=r"film\.mp4.*Input/output error"):
            convert(film, tmp_path / "out.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(join, "open_film", lambda path: BreakingFilm(path, DAMAGED))
        made = convert(film, tmp_path / "out.mp4")
    assert (made.written.pictures, made.written.others, made.written.failure) == (4 * FPS, 20, "Invalid data")
    assert made.now == 0


def test_a_film_that_is_otherwise_each_time_is_not_begun(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of reading that is gone the next time was not the film's own."""
    opened: list[str] = []

    def once(path: str) -> object:
        opened.append(path)
        return BreakingFilm(path, GONE) if len(opened) == 1 else av.open(path)

    monkeypatch.setattr(facts, "open_film", once)
    with pytest.raises(SourceError, match="a file that can be read"):
        read_film(film)


def test_films_joined_end_to_end_are_refused_with_the_way_out(tmp_path: Path) -> None:
    parts = [write_film(tmp_path / f"{frames}.ts", performance(frames)).read_bytes() for frames in (2 * FPS, FPS)]
    (tmp_path / "joined.ts").write_bytes(b"".join(parts))
    with pytest.raises(SourceError, match=r"time stamps that grow.*ffmpeg -i IN -map 0 -c copy"):
        read_film(tmp_path / "joined.ts")
    assert len(read_film(tmp_path / f"{2 * FPS}.ts").keys) == 2


def test_a_film_is_made_by_one_program_at_a_time(film: Path, tmp_path: Path, convert: Convert) -> None:
    other = WorkFolder(tmp_path / "out.mp4")
    assert not other.begin({"film": "another"}, anew=False)
    with pytest.raises(SinkError, match="another program that is making it"):
        convert(film, tmp_path / "out.mp4", anew=True)
    other.release()
    assert convert(film, tmp_path / "out.mp4", anew=True).written.pictures == 4 * FPS
    assert not other.path.exists()


def test_what_a_killed_program_was_writing_goes(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path / "out.mp4")
    folder.begin({"film": "one"}, anew=False)
    folder.release()
    for name in ("piece-00000.nut", "piece-00001.nut.7.partial", "whole-7.mp4"):
        (folder.path / name).write_bytes(b"something")
    assert folder.begin({"film": "one"}, anew=False)
    assert sorted(path.name for path in folder.path.iterdir()) == ["lock", "piece-00000.nut", "plan.json"]
    folder.clear()
    assert not folder.path.exists()


class KilledError(Exception):
    """Ends a conversion where a kill might."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".out.mp4.thespis"


def test_killed_in_the_last_moment_it_is_done(
    film: Path,
    tmp_path: Path,
    folder: Path,
    convert: Convert,
    signer: FileSigner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("realtime.film.folder.WorkFolder.clear", lambda self: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            convert(film, tmp_path / "out.mp4")
    assert set(json.loads((folder / "done.json").read_text())) == {"sha256", "plan"}
    assert WorkFolder(tmp_path / "out.mp4").finished
    with pytest.raises(SinkError, match="--overwrite"):
        convert(film, tmp_path / "out.mp4", quality=30)
    assert (folder / "done.json").exists()
    before = (tmp_path / "out.mp4").read_bytes()
    assert conversion_of(film, tmp_path / "out.mp4", signer).done
    assert (tmp_path / "out.mp4").read_bytes() == before
    assert not folder.exists()


def test_what_was_finished_with_other_words_is_not_what_is_asked_for(
    film: Path, tmp_path: Path, folder: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("realtime.film.folder.WorkFolder.clear", lambda self: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            convert(film, tmp_path / "out.mp4")
    before = content_of(tmp_path / "out.mp4")
    convert(film, tmp_path / "out.mp4", quality=35, overwrite=True)
    assert content_of(tmp_path / "out.mp4") != before
    assert not folder.exists()
    (tmp_path / "out.mp4").write_bytes(b"something else")
    assert WorkFolder(tmp_path / "out.mp4").finished is None
