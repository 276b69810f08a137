"""The folder beside a film that is being made: its pieces, so that a program that was killed goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import av

from realtime.errors import PersonaError, SinkError
from realtime.film.digest import sha256_of
from realtime.film.lock import FileLock
from realtime.film.piece import record_file
from realtime.film.pieces import Piece
from realtime.film.record import Record, read_record
from realtime.film.sink import PIECE_FORMAT, broken
from realtime.persona.catalog import ENDING
from realtime.persona.package import Persona, write_persona
from realtime.persona.strict_json import Table, decode
from realtime.plain_file import read_bounded

_PLAN = "plan.json"
_DONE = "done.json"
_LOCK = "lock"
_PARTIAL = ".partial"
_WHOLE = "whole"
_LARGEST = 64 * 1024


class WorkFolder:
    """Lies beside the film, so that what is whole moves into its place at once. One program at a time works in it.

    Args:
        out: The film that is being made.

    Attributes:
        path: The folder.
        whole: The film put together, before it moves to its place.
    """

    def __init__(self, out: Path) -> None:
        self._out = out.absolute()
        self.path = self._out.with_name(f".{out.name}.thespis")
        self.whole = self.path / f"{_WHOLE}-{os.getpid()}{out.suffix.lower()}"
        self._lock = FileLock(self.path / _LOCK)

    def begin(self, plan: Mapping[str, str], *, anew: bool) -> bool:
        """Make the folder, or find it as it was left; it is ours until `release`.

        Args:
            plan: Digests of all that the pieces depend on, by what that is in the user's words.
            anew: Throw away what another plan has left.

        Returns:
            Whether something is there to go on from.

        Raises:
            SinkError: It was begun with another plan, is not ours, cannot be made, or another program works in it.
        """
        try:
            self._refuse_another()
            self.path.mkdir(mode=0o700, exist_ok=True)  # a persona of the user's own lies in it meanwhile
            self.hold()
            return self._begun(plan, anew)
        except BaseException as error:
            self.release()
            if isinstance(error, OSError):
                raise broken(f"folder {self.path}", error) from error
            raise

    def hold(self) -> None:
        """Keep other programs out of the folder, which is there.

        Raises:
            SinkError: One is at work in it.
            OSError: It cannot be written to.
        """
        if not self._lock.take():
            raise SinkError(
                f"film {self._out}", wanted="to make it alone", got="another program that is making it",
                next_step="wait for that one to end, or choose another name for the film",
            )  # fmt: skip

    def release(self) -> None:
        """Let others work in the folder; may be called twice."""
        self._lock.release()

    def keep_persona(self, number: int, persona: Persona, file: Path | None) -> Path:
        """A copy that stays as it is until the film is made.

        Args:
            number: Its place among those that are worn.
            persona: The persona.
            file: Its file; None where it has none, as one that was made of a photo.

        Raises:
            SinkError: It cannot be written.
        """
        folder = self.path / "personas" / str(number)
        kept = folder / f"{persona.name}{ENDING}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if file is None:
                write_persona(kept, persona.manifest, persona.graphs, persona.portrait)
            else:
                partial = kept.with_name("partial")
                shutil.copyfile(file, partial)
                partial.replace(kept)
        except OSError as error:
            raise broken(f"folder {folder}", error) from error
        return kept

    def piece_file(self, piece: Piece) -> Path:
        """Where a piece lies."""
        return self.path / f"piece-{piece.number:05d}.{PIECE_FORMAT}"

    def records(self, pieces: Sequence[Piece]) -> dict[int, Record]:
        """What is known of the pieces that are there and whole."""
        found = {piece.number: self.record(piece) for piece in pieces}
        return {number: record for number, record in found.items() if record is not None}

    def record(self, piece: Piece) -> Record | None:
        """What is known of a piece, if it is there, whole, and what its record says."""
        path = self.piece_file(piece)
        try:
            record = read_record(record_file(path))
            if record is None or record.number != piece.number or sha256_of(path) != record.sha256:
                return None
            return record if _holds(path, piece, record.frames) else None
        except (OSError, av.FFmpegError):
            return None

    def discard(self, piece: Piece) -> None:
        """Forget a piece: it is to be made again."""
        record_file(self.piece_file(piece)).unlink(missing_ok=True)

    def finish(self, plan: Mapping[str, str]) -> None:
        """Move the film to its place, and let the folder go.

        Args:
            plan: As for `begin`.

        Raises:
            SinkError: It cannot be moved.
        """
        try:
            self._write(_DONE, {"sha256": sha256_of(self.whole), "plan": plan_digest(plan)})
            self.whole.replace(self._out)
        except OSError as error:
            raise broken(f"film {self._out}", error) from error
        self.clear()

    @property
    def finished(self) -> str | None:
        """Digest of the plan by which the film that is in its place was made, if the program was then killed before the
        folder was gone; None where it was not so.
        """
        try:
            done = Table(_DONE, decode(_DONE, read_bounded(self.path / _DONE, _LARGEST))).texts()
            in_place = self._out.is_file() and done.get("sha256") == sha256_of(self._out)
        except (OSError, PersonaError):
            return None
        return done.get("plan", "") if in_place else None

    def clear(self) -> None:
        """Let the folder go, what tells that the film is done last."""
        with contextlib.suppress(OSError):
            self._empty()
        self._lock.release(remove=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def _begun(self, plan: Mapping[str, str], anew: bool) -> bool:
        before = self._plan()
        if before == plan and not anew:
            for left in (*self.path.glob(f"*{_PARTIAL}"), *self.path.glob(f"{_WHOLE}*")):
                left.unlink(missing_ok=True)  # of a program that was killed: nobody else is here
            return True
        if before and not anew:
            changed = sorted(name for name in {*before, *plan} if before.get(name) != plan.get(name))
            raise SinkError(
                f"film {self._out}",
                wanted="the words with which it was begun",
                got=f"another {', '.join(changed)}",
                next_step=f"give the same words, or --anew to throw away what is in {self.path}",
            )
        self._empty()
        self._write(_PLAN, plan)
        return False

    def _refuse_another(self) -> None:
        if not self.path.exists() or any((self.path / name).exists() for name in (_PLAN, _DONE)):
            return
        if any(path.suffix != _PARTIAL and path.name != _LOCK for path in self.path.iterdir()):
            raise SinkError(
                f"folder {self.path}", wanted="a folder of a film that is being made", got="another one",
                next_step="move it away, or choose another name for the film",
            )  # fmt: skip

    def _plan(self) -> Mapping[str, str]:
        """The plan it was begun with; empty where that cannot be told, or nothing was begun."""
        try:
            return Table(_PLAN, decode(_PLAN, read_bounded(self.path / _PLAN, _LARGEST))).texts()
        except (OSError, PersonaError):
            return {}

    def _empty(self) -> None:
        for path in sorted(self.path.iterdir(), key=lambda one: one.name == _DONE):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink(missing_ok=True)

    def _write(self, name: str, told: Mapping[str, str]) -> None:
        partial = self.path / f"{name}{_PARTIAL}"
        partial.write_text(json.dumps(dict(told)), encoding="utf-8")
        partial.replace(self.path / name)


def plan_digest(plan: Mapping[str, str]) -> str:
    """By which a plan is known."""
    return hashlib.sha256(json.dumps(dict(plan), sort_keys=True).encode()).hexdigest()


def _holds(path: Path, piece: Piece, frames: int) -> bool:
    """Whether a file holds so many pictures, each of the piece and each after the one before."""
    if not frames:
        return True
    with av.open(f"file:{path}", format=PIECE_FORMAT) as container:
        (stream,) = container.streams
        stamps = [packet.pts for packet in container.demux(stream) if packet.size]
    known = [stamp for stamp in stamps if stamp is not None]
    growing = all(one < other for one, other in pairwise(known))
    return len(known) == len(stamps) == frames and growing and known[0] >= piece.start and stream.name == "h264"
