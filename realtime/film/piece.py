"""One piece made, by the loop that live pictures go through."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import cv2

from realtime.casting import Casting
from realtime.disclosure.shown import ShownPersonas
from realtime.errors import SinkError, printable
from realtime.film.digest import sha256_of
from realtime.film.order import Task
from realtime.film.record import Joint, Record, joint_of
from realtime.film.sink import PieceSink
from realtime.film.source import PieceSource, time_stamp
from realtime.fit import Fit
from realtime.frame import Frame
from realtime.mirror import Mirror
from realtime.persona.package import Persona, read_persona
from realtime.persona.strict_json import MAX_TEXT
from realtime.pipeline import Pipeline
from realtime.region.catalog import read_region
from realtime.settings import Live, Settings
from realtime.tap import SinkTap, SourceTap
from realtime.wear import Wearing, wearing

RECORD_ENDING = ".json"


def make_piece(task: Task, on_frame: Callable[[int], None]) -> Record:
    """Make one piece: its file, and beside it, once that is whole, its record.

    Args:
        task: Which, and how.
        on_frame: Told how many of its pictures are done.

    Raises:
        ThespisError: The film cannot be read, a persona not be worn, or the file not be written.
    """
    if task.threads:
        cv2.setNumThreads(task.threads)
    personas = [read_persona(Path(path), today=date.today()) for path in task.wishes.personas]
    out = Path(task.out)
    partial = out.with_name(f"{out.name}.{os.getpid()}.partial")
    notes, source = _Notes(task, personas, on_frame), PieceSource(task)
    try:
        with _dressed(task, personas) as worn:
            mirrored = SourceTap(source, Mirror(worn.places[0]))
            Pipeline(mirrored, worn.threads, [SinkTap(PieceSink(task, partial), notes)]).run()
        record = notes.record(sha256_of(partial), source.failure)
        partial.replace(out)
        put(record_file(out), record.to_json().encode())
    except OSError as error:
        raise SinkError(f"piece {out}", got=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return record


def put(path: Path, content: bytes) -> None:
    """Write a file that is either there and whole, or not there.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def record_file(piece: Path) -> Path:
    """Where the record of a piece lies."""
    return piece.with_suffix(RECORD_ENDING)


@contextmanager
def _dressed(task: Task, personas: list[Persona]) -> Iterator[Wearing]:
    wishes = task.wishes
    settings = Settings(when_lost=wishes.when_lost, badge=wishes.badge, badge_corner=wishes.badge_corner)  # type: ignore[arg-type]
    with wearing(
        personas,
        Live(settings),
        fits=[Fit().with_values(values) for values in wishes.fits],
        casting=Casting(wishes.cast),  # type: ignore[arg-type]  # both are checked where they are built
        provider=wishes.provider,
        precision=wishes.precision,
        max_faces=wishes.faces,
        knows_performer=wishes.known_performer,
        region=read_region(wishes.region) if wishes.region else None,
        threads=task.threads or None,
        began=task.form.began,
    ) as worn:
        yield worn


class _Notes:
    """Takes note of each finished frame of a piece. One thread at a time."""

    def __init__(self, task: Task, personas: list[Persona], on_frame: Callable[[int], None]) -> None:
        self._task, self._on_frame = task, on_frame
        self._names = [persona.name for persona in personas]
        self._shown = ShownPersonas()
        self._frames = self._unworn = self._without_face = 0
        self._began = task.form.began
        self._before: Joint | None = None
        self._last: Joint | None = None

    def __call__(self, frame: Frame) -> None:
        if time_stamp(self._task, frame) < self._task.piece.start:
            self._before = joint_of(frame)
            return
        self._shown.note(frame)
        self._frames += 1
        self._unworn += not frame.worn
        self._without_face += not frame.faces
        self._began = self._began or frame.worn
        self._last = joint_of(frame)
        self._on_frame(self._frames)

    def record(self, sha256: str, failure: str) -> Record:
        """What there is to say of the piece."""
        return Record(
            number=self._task.piece.number,
            form=self._task.form,
            sha256=sha256,
            frames=self._frames,
            unworn=self._unworn,
            without_face=self._without_face,
            marked=self._shown.any,
            shown=tuple(self._names.index(one.persona) for one in self._shown.personas),
            began=self._began,
            before=self._before,
            after=self._last,
            failure=printable(" ".join(failure.split()))[:MAX_TEXT],
        )
