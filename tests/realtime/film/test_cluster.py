"""What a cluster is given and gives back, without a cluster; `tests/system/test_films_on_ray.py` has one."""

from __future__ import annotations

import builtins
import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from drawn_films import content_of
from film_rig import HereCrew

from realtime.errors import ThespisError
from realtime.film import cluster
from realtime.film.conversion import Made
from realtime.film.crew import News
from realtime.film.digest import likeness_of
from realtime.film.order import Task
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


def test_a_worker_of_another_version_makes_nothing(film: Path, tmp_path: Path, convert: Convert) -> None:
    crew = HereCrew()
    convert(film, tmp_path / "out.mp4", crew)
    told = crew.made[0].to_json().replace('"way": "', '"way": "9.')
    with pytest.raises(ThespisError, match="the same version on every machine"):
        Task.from_json(told)
    assert "the same version" in cluster._make(told, {})[0]


def test_copies_of_a_film_that_killed_workers_left_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, held, young, foreign = (
        tmp_path / name for name in ("thespis-piece-a", "thespis-piece-b", "thespis-piece-c", "d")
    )
    for folder in (left, held, young, foreign):
        folder.mkdir()
        (folder / "lock").touch()
        if folder is not young:
            os.utime(folder, (1, 1))
    lock = cluster.FileLock(held / "lock")
    assert lock.take()
    cluster._sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "thespis-piece-b", "thespis-piece-c"]
    lock.release()


def fake_ray(**given: object) -> SimpleNamespace:
    names = (*cluster._DEAD, *cluster._FULL, "RayError")
    kinds = {name: type(name, (Exception,), {}) for name in names}
    told: list[tuple[object, ...]] = []
    ray = SimpleNamespace(
        told=told, exceptions=SimpleNamespace(**kinds), cluster_resources=lambda: {"CPU": 2}, nodes=lambda: [1],
        init=lambda *words, **more: told.append(words), shutdown=lambda: None,
        remote=lambda **more: lambda make: SimpleNamespace(remote=lambda *words: "ref"),
        wait=lambda refs, **more: (refs, []),
    )  # fmt: skip
    vars(ray).update(given)
    return ray


def test_no_cluster_is_joined_that_nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = fake_ray()
    monkeypatch.setattr(cluster, "_ray", lambda: ray)
    with cluster.RayCrew():
        assert ray.told == [("local",)]


def test_a_cluster_of_our_own_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []

    def begin(*words: object, _temp_dir: str, **more: object) -> None:
        folders.append(Path(_temp_dir))
        (folders[0] / "session_1" / "logs").mkdir(parents=True)

    monkeypatch.setattr(cluster, "_ray", lambda: fake_ray(init=begin))
    with cluster.RayCrew():
        assert folders[0].is_dir()
    assert not folders[0].exists()


@pytest.mark.parametrize("kind", [*cluster._DEAD, *cluster._FULL])
def test_what_a_cluster_lacks_is_no_fault_of_the_program(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ray = fake_ray()

    def lost(ref: object) -> object:
        raise getattr(ray.exceptions, kind)("none left")

    ray.get = lost
    monkeypatch.setattr(cluster, "_ray", lambda: ray)
    words = "workers that died" if kind in cluster._DEAD else "none left; the same words again"
    with cluster.RayCrew() as crew, pytest.raises(ThespisError, match=words):
        convert(film, tmp_path / "out.mp4", crew)


def test_a_full_disk_is_told_where_pieces_come_as_bytes(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    ray = fake_ray(get=lambda ref: ("", b"piece", b"record"))
    monkeypatch.setattr(cluster, "_ray", lambda: ray)
    monkeypatch.setattr(cluster, "put", full)
    with cluster.RayCrew() as crew, pytest.raises(ThespisError, match="a full disk; free some space"):
        convert(film, tmp_path / "out.mp4", crew)
