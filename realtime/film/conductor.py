"""Has every piece of a film made, each in the form that the ones before it ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime.errors import ThespisError
from realtime.film.crew import MOST_TRIES, Crew
from realtime.film.folder import WorkFolder
from realtime.film.order import Task
from realtime.film.pieces import Form, Piece, first_form
from realtime.film.record import Record, wanted_form

_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        frames: Pictures done, those of other sessions too.
        pieces: Pieces that will not be made again.
        of: Pieces in all.
        again: Pieces that were made more than once, since what came before was otherwise than taken for granted.
    """

    frames: int
    pieces: int
    of: int
    again: int


class Conductor:
    """Hands out pieces, first to last, and looks at how they fit together.

    Each piece is begun on the belief that what came more than two seconds before it has settled, and that a persona was
    worn before. Both can be seen, when the piece before it is whole: where they did not hold, it is made again. Which
    pieces these are depends on the film alone, so the outcome is the same whoever made them, in whatever order.

    Args:
        pieces: Of the film, in order.
        task_of: The order for a piece in a form.
        crew: Makes them.
        folder: Where they lie.

    Attributes:
        made: Numbers of the pieces that were not there before.
    """

    def __init__(
        self, pieces: Sequence[Piece], task_of: Callable[[Piece, Form], Task], crew: Crew, folder: WorkFolder
    ) -> None:
        self._pieces, self._task_of, self._crew, self._folder = pieces, task_of, crew, folder
        self._records: dict[int, Record] = {}
        self._settled = 0
        self._running: dict[int, int] = {}
        self._tries: dict[int, int] = {}
        self._forms: dict[int, Form] = {}
        self._again: set[int] = set()
        self.made: set[int] = set()

    def run(self, on_progress: Callable[[Progress], None], stopped: Callable[[], bool]) -> list[Record] | None:
        """Make what is not there yet.

        Args:
            on_progress: Called now and then.
            stopped: Whether to end before it is done.

        Returns:
            What is known of each piece; None where it was stopped.

        Raises:
            ThespisError: A piece cannot be made.
        """
        self._records = self._folder.records(self._pieces)
        self._settle()
        while self._settled < len(self._pieces):
            self._hand_out()
            if stopped():
                return None
            news = self._crew.news(_WAIT_S)
            if news is not None and news.number in self._running:
                self._running[news.number] = news.frames
                if news.fault:
                    raise RuntimeError(f"piece {news.number + 1}: {news.fault}")
                if news.error:
                    raise ThespisError(news.error)
                if news.died:
                    self._bury(news.number)
                if news.finished:
                    self._take(news.number)
            on_progress(self._progress())
        return [self._records[number] for number in range(len(self._pieces))]

    def _hand_out(self) -> None:
        for piece in self._pieces:
            if len(self._running) >= self._crew.size:
                return
            if piece.number not in self._records and piece.number not in self._running:
                form = self._forms.setdefault(piece.number, first_form(piece))
                self._tries[piece.number] = self._tries.get(piece.number, 0) + 1
                self._running[piece.number] = 0
                self._crew.start(self._task_of(piece, form))

    def _bury(self, number: int) -> None:
        del self._running[number]
        if self._tries[number] >= MOST_TRIES:
            raise ThespisError(
                f"piece {number + 1} of {len(self._pieces)}",
                got=f"{MOST_TRIES} workers that died over it",
                next_step="try --workers 1, or more memory; the same words again go on from here",
            )

    def _take(self, number: int) -> None:
        del self._running[number]
        record = self._folder.record(self._pieces[number])
        if record is None or record.form != self._forms[number]:
            raise ThespisError(f"piece {number + 1}", wanted="a whole file", got="none, or one that was altered")
        self._records[number] = record
        self.made.add(number)
        self._tries.pop(number, None)
        self._settle()

    def _settle(self) -> None:
        """Go on over the pieces that will stay; one that will not is forgotten, to be made again."""
        while self._settled in self._records:
            number, record = self._settled, self._records[self._settled]
            if number > 0:
                form = wanted_form(self._records[number - 1], record)
                if form != record.form:
                    self._folder.discard(self._pieces[number])
                    del self._records[number]
                    self._forms[number] = form
                    self._again.add(number)
                    return
            self._settled += 1

    def _progress(self) -> Progress:
        done = sum(record.frames for record in self._records.values()) + sum(self._running.values())
        return Progress(done, self._settled, len(self._pieces), len(self._again))
