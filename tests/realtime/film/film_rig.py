"""A conversion that needs no command line, and workers in the test's own process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from realtime.disclosure.signing import FileSigner
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


def conversion_of(
    film: Path,
    out: Path,
    signer: FileSigner,
    *,
    piece_s: float | None = None,
    anew: bool = False,
    overwrite: bool = False,
    **given: object,
) -> Conversion:
    """A film on its way to wear the built-in persona."""
    persona, file = load_persona("hopper"), BUILTIN / "hopper.persona"
    asked = Asked(film, out, [persona], [file], wishes(**given), piece_s=piece_s, anew=anew, overwrite=overwrite)
    return Conversion(asked, signer)


def convert_film(film: Path, out: Path, crew: Crew | None = None, *, signer: FileSigner, **given: object) -> Made:
    """Converts a film as `conversion_of` has it, in this process unless a crew is given."""
    with closing(conversion_of(film, out, signer, **given)) as conversion:
        made = conversion.run(crew or HereCrew(), lambda progress: None, lambda: False)
    assert made is not None
    return made
