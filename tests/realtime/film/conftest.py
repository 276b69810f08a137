"""A conversion that needs no command line, its key in a folder of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from drawn_films import FPS, performance, write_film

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.errors import ThespisError
from realtime.film.conversion import Asked, Conversion, Made
from realtime.film.crew import Crew, News
from realtime.film.order import Task, Wishes
from realtime.film.piece import make_piece
from realtime.persona.catalog import BUILTIN, load_persona


class HereCrew(Crew):
    """Makes pieces in this very process, the last that was asked for first."""

    def __init__(self, size: int = 2) -> None:
        self.size, self.said = size, "this process"
        self.made: list[Task] = []
        self._waiting: list[Task] = []

    def start(self, task: Task) -> None:
        self._waiting.append(task)

    def news(self, timeout_s: float) -> News | None:
        task = self._waiting.pop()
        self.made.append(task)
        try:
            make_piece(task, lambda done: None)
        except ThespisError as error:
            return News(task.piece.number, error=str(error))
        return News(task.piece.number, finished=True)

    def close(self) -> None:
        self._waiting = []


def wishes(**given: object) -> Wishes:
    """The words of a command that says nothing."""
    told = {
        "personas": (), "fits": ({},), "cast": "everyone", "when_lost": "hold", "badge": True,
        "badge_corner": "top-right", "faces": 1, "region": "", "known_performer": False, "provider": "cpu",
        "precision": "auto", "quality": 18,
    }  # fmt: skip
    return Wishes(**told | given)


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return FileSigner(lambda: local_key(tmp_path / "credentials"))


@pytest.fixture
def convert(signer: FileSigner) -> Callable[..., Made]:
    """Converts a film in this process."""

    def run(film: Path, out: Path, crew: Crew | None = None, *, piece_s: float | None = None, **given: object) -> Made:
        ways = {name: given.pop(name) for name in ("anew", "overwrite") if name in given}
        persona = load_persona("hopper")
        asked = Asked(film, out, [persona], [BUILTIN / "hopper.persona"], wishes(**given), piece_s=piece_s, **ways)
        made = Conversion(asked, signer).run(crew or HereCrew(), lambda progress: None, lambda: False)
        assert made is not None
        return made

    return run


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Four seconds of the built-in performer with a tone, a key frame every second."""
    return write_film(tmp_path / "film.mp4", performance(4 * FPS), title="A film")
