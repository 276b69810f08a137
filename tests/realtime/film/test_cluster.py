"""What a cluster is given and gives back, without a cluster; `tests/system/test_films_on_ray.py` has one."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn_films import content_of
from film_rig import HereCrew

from realtime.errors import ThespisError
from realtime.film import cluster
from realtime.film.conversion import Made
from realtime.film.crew import News
from realtime.film.digest import likeness_of
from realtime.film.piece import put, record_file

Convert = Callable[..., Made]


class BytesCrew(HereCrew):
    """Makes pieces as a machine of a cluster does, elsewhere, and takes their bytes."""

    def news(self, timeout_s: float) -> News | None:
        task = self._waiting.pop()
        goods = {path: (likeness_of(Path(path)), []) for path in (task.film, *task.wishes.personas)}
        error, content, record = cluster._make(task.to_json(), goods)
        if error:
            return News(task.piece.number, error=error)
        put(Path(task.out), content)
        put(record_file(Path(task.out)), record)
        return News(task.piece.number, finished=True)


def test_pieces_that_come_as_bytes_make_the_same_film(film: Path, tmp_path: Path, convert: Convert) -> None:
    convert(film, tmp_path / "out.mp4", BytesCrew(), piece_s=2.0)
    convert(film, tmp_path / "one.mp4", HereCrew(1), piece_s=2.0)
    assert content_of(tmp_path / "out.mp4") == content_of(tmp_path / "one.mp4")


def test_a_machine_that_sees_another_film_under_that_name_says_so(film: Path, tmp_path: Path, convert: Convert) -> None:
    class StrangeCrew(HereCrew):
        def news(self, timeout_s: float) -> News | None:
            task = self._waiting.pop()
            error, _, _ = cluster._make(task.to_json(), {task.film: ("12-another", [])})
            return News(task.piece.number, error=error)

    with pytest.raises(ThespisError, match="unseen"):
        convert(film, tmp_path / "out.mp4", StrangeCrew())


def test_bytes_that_are_no_piece_do_not_count(film: Path, tmp_path: Path, convert: Convert) -> None:
    class LyingCrew(BytesCrew):
        def news(self, timeout_s: float) -> News | None:
            number = self._waiting[-1].piece.number
            out = Path(self._waiting[-1].out)
            news = super().news(timeout_s)
            put(out, b"something else")
            assert news is not None
            assert news.number == number
            return news

    with pytest.raises(ThespisError, match="wanted a whole file"):
        convert(film, tmp_path / "out.mp4", LyingCrew())


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere", "127.0.0.1:port"])
def test_a_cluster_that_is_not_there_is_told_at_once(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(ThespisError, match="wanted one that answers"):
        cluster.RayCrew(address)


def test_without_ray_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "ray":
            raise ImportError("no ray")
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ThespisError, match=r"pip install -c constraints\.txt '\.\[cluster\]'"):
        cluster.RayCrew()
