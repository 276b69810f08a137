"""Workers that are processes of their own: the same film, whoever of them is killed, and none that is left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from drawn_films import content_of
from film_rig import HereCrew

from realtime.errors import ThespisError
from realtime.film.conversion import Made
from realtime.film.crew import News
from realtime.film.local import LocalCrew, _Process
from realtime.film.order import Task

Convert = Callable[..., Made]
GONE_S = 20.0


class WatchedCrew(LocalCrew):
    """Kills its first worker as soon as that has told how far it is."""

    killed = 0

    def news(self, timeout_s: float) -> News | None:
        news = super().news(timeout_s)
        if news is not None and news.frames and not self.killed:
            self.killed = self._all[0]._process.pid
            os.kill(self.killed, signal.SIGKILL)
        return news


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_one_that_is_killed_is_replaced_and_the_film_is_that_of_one_process(
    film: Path, tmp_path: Path, convert: Convert
) -> None:
    with WatchedCrew(2) as crew:
        convert(film, tmp_path / "out.mp4", crew, piece_s=2.0)
        workers = [psutil.Process(worker._process.pid) for worker in crew._all]
    assert crew.killed
    assert workers
    assert not any(worker.is_running() for worker in workers)
    convert(film, tmp_path / "one.mp4", HereCrew(1), piece_s=2.0)
    assert content_of(tmp_path / "out.mp4") == content_of(tmp_path / "one.mp4")


def test_one_that_has_made_enough_makes_way_for_another(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.film.local.PIECES_EACH", 1)
    begun: list[int] = []

    class CountedCrew(LocalCrew):
        def start(self, task: Task) -> None:
            super().start(task)
            begun.append(self._all[-1]._process.pid)

    with CountedCrew(1) as crew:
        made = convert(film, tmp_path / "out.mp4", crew, piece_s=2.0)
    assert len(set(begun)) == len(made.records) == 2


def test_what_a_worker_cannot_do_is_told_in_its_words(film: Path, tmp_path: Path, convert: Convert) -> None:
    class FilmlessCrew(LocalCrew):
        def start(self, task: Task) -> None:
            film.unlink(missing_ok=True)
            super().start(task)

    with FilmlessCrew(1) as crew, pytest.raises(ThespisError, match=r"film\.mp4.*No such file"):
        convert(film, tmp_path / "out.mp4", crew)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_workers_end_with_who_began_them() -> None:
    begin = (
        "import sys, time; from realtime.film.local import LocalCrew, _Process; crew = LocalCrew(1);"
        "worker = _Process(crew._news); print(worker._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", begin], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    _, left = psutil.wait_procs([worker], timeout=GONE_S)
    assert not [one for one in left if one.status() != psutil.STATUS_ZOMBIE]


class SpokenWorker:
    """A worker of which only the words are there."""

    def __init__(self, number: int, stdout: list[str]) -> None:
        self.number, self.pieces = number, 1
        self._process = SimpleNamespace(stdout=stdout)

    def end(self) -> None:
        self.number = -1


def test_one_that_dies_after_it_was_given_the_next_piece_dies_over_that() -> None:
    crew, worker = LocalCrew(1), SpokenWorker(0, ['{"frames": 3}\n', '{"finished": true}\n', '{"fram'])
    crew._all.append(worker)  # type: ignore[arg-type]
    _Process._listen(worker, crew._news)  # type: ignore[arg-type]
    assert crew.news(0) == News(0, frames=3)
    assert crew.news(0) == News(0, finished=True)
    assert crew._idle.pop() is worker
    worker.number = 1
    assert crew.news(0) == News(1, died=True)
    assert not crew._all


def test_where_no_process_can_be_begun_that_is_told(
    film: Path, tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("realtime.film.local.subprocess.Popen", refuse)
    with LocalCrew(1) as crew, pytest.raises(ThespisError, match=r"Cannot allocate memory.*the same words"):
        convert(film, tmp_path / "out.mp4", crew)
