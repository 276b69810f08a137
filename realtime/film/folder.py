"""The folder beside a film that is being made: its pieces, so that a program that was killed goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import av

from realtime.errors import PersonaError, SinkError
from realtime.film.digest import sha256_of
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
_PARTIAL = ".partial"
_LARGEST = 64 * 1024


class WorkFolder:
    """Lies beside the film, so that what is whole moves into its place at once.

    Args:
        out: The film that is being made.

    Attributes:
        path: The folder.
        whole: The film put together, before it moves to its place.
    """

    def __init__(self, out: Path) -> None:
        self._out = out.absolute()
        self.path = self._out.with_name(f".{out.name}.thespis")
        self.whole = self.path / f"whole{out.suffix.lower()}"

    def begin(self, plan: Mapping[str, str], *, anew: bool) -> bool:
        """Make the folder, or find it as it was left.

        Args:
            plan: Digests of all that the pieces depend on, by what that is in the user's words.
            anew: Throw away what another plan has left.

        Returns:
            Whether something is there to go on from.

        Raises:
            SinkError: It was begun with another plan, is not ours, or cannot be made.
        """
        try:
            before = self._plan() if self.path.exists() else None
            if before == plan and not anew:
                return True
            if before is not None:
                changed = sorted(name for name in {*before, *plan} if before.get(name) != plan.get(name))
                if before and not anew:
                    raise SinkError(
                        f"film {self._out}",
                        wanted="the words with which it was begun",
                        got=f"another {', '.join(changed)}",
                        next_step=f"give the same words, or --anew to throw away what is in {self.path}",
                    )
                shutil.rmtree(self.path)
            self.path.mkdir(mode=0o700)  # a persona of the user's own lies in it meanwhile
            self._write(_PLAN, plan)
        except OSError as error:
            raise broken(f"folder {self.path}", error) from error
        return False

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

    def finish(self) -> None:
        """Move the film to its place, and let the folder go.

        Raises:
            SinkError: It cannot be moved.
        """
        try:
            self._write(_DONE, {"sha256": sha256_of(self.whole)})
            self.whole.replace(self._out)
        except OSError as error:
            raise broken(f"film {self._out}", error) from error
        self.clear()

    @property
    def was_finished(self) -> bool:
        """Whether the film is in its place already: the program was killed before the folder was gone."""
        try:
            done = Table(_DONE, decode(_DONE, read_bounded(self.path / _DONE, _LARGEST))).texts()
            return self._out.is_file() and done.get("sha256") == sha256_of(self._out)
        except (OSError, PersonaError):
            return False

    def clear(self) -> None:
        """Let the folder go."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _plan(self) -> Mapping[str, str]:
        """The plan it was begun with; empty where that cannot be told, or nothing was begun.

        Raises:
            SinkError: There are things in it, and no plan.
        """
        others = [path for path in self.path.iterdir() if path.suffix != _PARTIAL]
        if others and not (self.path / _PLAN).exists():
            raise SinkError(
                f"folder {self.path}", wanted="a folder of a film that is being made", got="another one",
                next_step="move it away, or choose another name for the film",
            )  # fmt: skip
        try:
            return Table(_PLAN, decode(_PLAN, read_bounded(self.path / _PLAN, _LARGEST))).texts()
        except (OSError, PersonaError):
            return {}

    def _write(self, name: str, told: Mapping[str, str]) -> None:
        partial = self.path / f"{name}{_PARTIAL}"
        partial.write_text(json.dumps(dict(told)), encoding="utf-8")
        partial.replace(self.path / name)


def _holds(path: Path, piece: Piece, frames: int) -> bool:
    """Whether a file holds so many pictures, each of the piece and each after the one before."""
    if not frames:
        return True
    with av.open(str(path), format=PIECE_FORMAT) as container:
        (stream,) = container.streams
        stamps = [packet.pts for packet in container.demux(stream) if packet.size]
    known = [stamp for stamp in stamps if stamp is not None]
    growing = all(one < other for one, other in pairwise(known))
    return len(known) == len(stamps) == frames and growing and known[0] >= piece.start and stream.name == "h264"
