"""Broken off, damaged, out of order, begun with other words: in the end it is the same film, or is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from drawn_films import FPS, content_of, performance, pictures_of, write_film
from film_rig import HereCrew, convert_film

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.errors import SinkError, ThespisError
from realtime.film.conversion import Made
from realtime.film.crew import MOST_TRIES, News
from realtime.film.order import Task
from realtime.film.piece import record_file
from realtime.film.pieces import LONG_WARM_S, WARM_S

Convert = Callable[..., Made]


class BrokenOffError(Exception):
    """Ends a conversion in its middle, as a kill does."""


class ShortCrew(HereCrew):
    """Breaks off after some pieces."""

    def __init__(self, pieces: int) -> None:
        super().__init__(1)
        self._left = pieces

    def news(self, timeout_s: float) -> News | None:
        if not self._left:
            raise BrokenOffError
        self._left -= 1
        return super().news(timeout_s)


class DyingCrew(HereCrew):
    """Loses its worker so often before a piece is made."""

    def __init__(self, deaths: int) -> None:
        super().__init__(1)
        self.deaths = deaths

    def news(self, timeout_s: float) -> News | None:
        if self.deaths:
            self.deaths -= 1
            return News(self._waiting.pop().piece.number, died=True)
        return super().news(timeout_s)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".out.mp4.thespis"


@pytest.fixture
def begun(film: Path, tmp_path: Path, convert: Convert) -> Path:
    """A film of which two pieces of four are made."""
    with pytest.raises(BrokenOffError):
        convert(film, tmp_path / "out.mp4", ShortCrew(2), piece_s=1.0)
    assert not (tmp_path / "out.mp4").exists()
    return tmp_path / "out.mp4"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What becomes of the film when nothing happens."""
    place = tmp_path_factory.mktemp("unbroken")
    film = write_film(place / "film.mp4", performance(4 * FPS), title="A film")
    signer = FileSigner(lambda: local_key(place / "credentials"))
    convert_film(film, place / "out.mp4", HereCrew(1), signer=signer, piece_s=1.0)
    return content_of(place / "out.mp4")


def test_what_was_broken_off_goes_on(film: Path, begun: Path, folder: Path, convert: Convert, unbroken: str) -> None:
    crew = HereCrew()
    assert convert(film, begun, crew, piece_s=1.0).now == 2 * FPS
    assert sorted(task.piece.number for task in crew.made) == [2, 3]
    assert content_of(begun) == unbroken
    assert not folder.exists()


def test_pieces_that_are_damaged_are_made_again(
    film: Path, begun: Path, folder: Path, convert: Convert, unbroken: str
) -> None:
    piece, other = sorted(folder.glob("piece-*.nut"))
    piece.write_bytes(piece.read_bytes()[:-100])
    record_file(other).write_text("[]")
    crew = HereCrew()
    convert(film, begun, crew, piece_s=1.0)
    assert len(crew.made) == 4
    assert content_of(begun) == unbroken


def test_a_piece_of_another_film_does_not_count(film: Path, begun: Path, folder: Path, convert: Convert) -> None:
    first, second = (record_file(piece) for piece in sorted(folder.glob("piece-*.nut")))
    second.write_text(first.read_text().replace('"number": 0', '"number": 1'))
    second.with_suffix(".nut").write_bytes(first.with_suffix(".nut").read_bytes())
    crew = HereCrew()
    convert(film, begun, crew, piece_s=1.0)
    assert sorted(task.piece.number for task in crew.made) == [1, 2, 3]


def test_other_words_are_refused_until_the_user_says_so(
    film: Path, begun: Path, folder: Path, convert: Convert
) -> None:
    with pytest.raises(SinkError, match=r"another settings.*--anew"):
        convert(film, begun, piece_s=1.0, quality=30)
    assert len(list(folder.glob("piece-*.nut"))) == 2
    crew = HereCrew()
    convert(film, begun, crew, piece_s=1.0, quality=30, anew=True)
    assert len(crew.made) == 4


def test_another_film_or_a_strange_folder_is_refused(
    tmp_path: Path, begun: Path, folder: Path, convert: Convert
) -> None:
    other = write_film(tmp_path / "other.mp4", performance(20))
    with pytest.raises(SinkError, match="another film"):
        convert(other, begun, piece_s=1.0)
    (folder / "plan.json").unlink()
    with pytest.raises(SinkError, match="another one; move it away"):
        convert(other, begun, piece_s=1.0)
    assert len(list(folder.glob("piece-*.nut"))) == 2


def test_who_makes_them_and_in_which_order_changes_nothing(
    film: Path, tmp_path: Path, convert: Convert, unbroken: str
) -> None:
    crew = HereCrew(4)
    convert(film, tmp_path / "out.mp4", crew, piece_s=1.0)
    assert [task.piece.number for task in crew.made][:2] == [3, 2]
    assert content_of(tmp_path / "out.mp4") == unbroken


def test_a_worker_that_dies_is_replaced_and_one_that_always_does_is_told(
    film: Path, tmp_path: Path, convert: Convert
) -> None:
    convert(film, tmp_path / "out.mp4", DyingCrew(MOST_TRIES - 1))
    with pytest.raises(ThespisError, match="3 workers that died"):
        convert(film, tmp_path / "other.mp4", DyingCrew(MOST_TRIES))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let any file of ours grow beyond this: a write fails as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [20_000, 150_000])
def test_a_disk_that_fills_up_is_told_and_it_goes_on_later(
    film: Path, tmp_path: Path, convert: Convert, unbroken: str, size: int
) -> None:
    with largest_file(size), pytest.raises(ThespisError, match="the same words"):
        convert(film, tmp_path / "out.mp4", HereCrew(1), piece_s=1.0)
    assert not (tmp_path / "out.mp4").exists()
    convert(film, tmp_path / "out.mp4", HereCrew(1), piece_s=1.0)
    assert content_of(tmp_path / "out.mp4") == unbroken


def landscape(frames: int) -> list[np.ndarray]:
    """A picture in which nobody is."""
    height, width = performance(4)[0].shape[:2]
    sky = np.linspace(60, 200, height, dtype=np.uint8)
    return [np.ascontiguousarray(np.broadcast_to(sky[:, None, None], (height, width, 3)))] * frames


def test_somebody_who_left_before_the_warm_up_is_counted_on_in_the_next_piece(tmp_path: Path, convert: Convert) -> None:
    film = write_film(tmp_path / "film.mp4", [*performance(2 * FPS), *landscape(6 * FPS)])
    crew = HereCrew()
    made = convert(film, tmp_path / "out.mp4", crew, piece_s=4.5)
    assert [record.form.warm_s for record in made.records] == [0.0, LONG_WARM_S]
    assert [task.form.warm_s for task in crew.made if task.piece.number == 1] == [WARM_S, LONG_WARM_S]
    one = convert(film, tmp_path / "one.mp4", piece_s=100.0)
    assert len(one.records) == 1
    assert sum(record.unworn for record in made.records) == sum(record.unworn for record in one.records)


def test_before_anybody_was_worn_a_slate_is_shown_in_later_pieces_too(tmp_path: Path, convert: Convert) -> None:
    film = write_film(tmp_path / "film.mp4", [*landscape(3 * FPS), *performance(2 * FPS)])
    made = convert(film, tmp_path / "out.mp4", piece_s=1.0)
    convert(film, tmp_path / "one.mp4", piece_s=100.0)
    assert len(made.records) == 5
    pieces, one = (pictures_of(tmp_path / name) for name in ("out.mp4", "one.mp4"))
    differences = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(pieces, one, strict=True)]
    assert max(differences) < 3, differences


def test_a_persona_that_may_no_longer_be_worn_ends_it(
    film: Path, tmp_path: Path, begun: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    from realtime.errors import PersonaError
    from realtime.persona.identity import Identity

    def refuse(self: Identity, today: object) -> None:
        raise PersonaError("its last day has passed")

    monkeypatch.setattr(Identity, "check", refuse)
    with pytest.raises(ThespisError, match="last day"):
        convert(film, begun, piece_s=1.0)
    assert not begun.exists()


def test_the_pieces_are_films_of_their_own(begun: Path, folder: Path) -> None:
    for piece in folder.glob("piece-*.nut"):
        with av.open(str(piece)) as container:
            assert sum(1 for _ in container.decode(video=0)) == FPS


def test_an_order_is_read_back_as_it_was_written(film: Path, tmp_path: Path, convert: Convert) -> None:
    crew = HereCrew()
    convert(film, tmp_path / "out.mp4", crew, fits=({"mirror": True, "feather": 0.1},))
    assert all(Task.from_json(task.to_json()) == task for task in crew.made)
    assert crew.made[0].wishes.fits[0]["mirror"] is True
