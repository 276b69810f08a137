"""A film made from first to last: looked at, cut, made, put together, signed, moved to its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from realtime.disclosure.formats import media_type
from realtime.disclosure.shown import ShownPersona
from realtime.disclosure.signing import FileSigner
from realtime.errors import CredentialsError, SinkError, SourceError
from realtime.film.conductor import Conductor, Progress
from realtime.film.crew import Crew
from realtime.film.facts import Film, read_film
from realtime.film.folder import WorkFolder, plan_digest
from realtime.film.join import Written, join
from realtime.film.order import Wishes, task_of, way
from realtime.film.pieces import Piece, cut
from realtime.film.record import Record
from realtime.film.streams import FORMATS, Cargo, choose
from realtime.persona.choosing import steady_provider
from realtime.persona.package import Persona


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks for.

    Attributes:
        film: The film.
        out: The film that is to be made.
        personas: Who is worn.
        files: Their files; None for one that has none.
        wishes: How; where the personas lie is filled in.
        piece_s: See `cut`.
        anew: Throw away what was begun with other words.
        overwrite: Replace a file that is there.
    """

    film: Path
    out: Path
    personas: Sequence[Persona]
    files: Sequence[Path | None]
    wishes: Wishes
    piece_s: float | None = None
    anew: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What became of it.

    Attributes:
        records: What is known of each piece.
        written: What the film holds.
        signed: One line about its credentials.
        now: Pictures of those pieces that were not there before.
    """

    records: Sequence[Record]
    written: Written
    signed: str
    now: int


class Conversion:
    """One film on its way; from its making to `close` no other program works at it.

    Args:
        asked: What is asked for.
        signer: Signs what was made.

    Attributes:
        film: The film as it is.
        pieces: How it is cut.
        cargo: What goes along with the pictures.
        resumed: Whether there are pieces from before.
        done: Whether all was done before already: a program was killed in its last moment.

    Raises:
        SourceError: There is no such film, or no picture in it.
        SinkError: The new film has no place, or something was begun there with other words.
        CredentialsError: There is no key that may sign.
    """

    def __init__(self, asked: Asked, signer: FileSigner) -> None:
        # Settled here, once: pieces by several workers, or gone on with tomorrow, are to be of one kind.
        provider = steady_provider(asked.personas, asked.wishes.provider)
        asked = replace(asked, wishes=replace(asked.wishes, provider=provider))
        self._asked, self._signer = asked, signer
        self._folder = WorkFolder(asked.out)
        _check_place(asked)
        finished = self._folder.finished
        if finished is None:
            _check_free(asked)
        self.film: Film = read_film(asked.film)
        self.cargo: Cargo = choose(asked.film, asked.out)
        # Who wears what goes by who came first, and that is known from the beginning on alone.
        whole = asked.wishes.cast != "everyone" or not self.film.stamped
        self.pieces: tuple[Piece, ...] = cut(self.film, whole=whole, piece_s=asked.piece_s)
        self._plan = _plan(self.film, self.pieces, asked)
        self.done = finished == plan_digest(self._plan)
        if self.done:
            self._folder.hold()
            self._folder.clear()
            return
        _check_free(asked)
        self._signable = media_type(asked.out) is not None
        if self._signable:
            signer.prepare()
        # What was finished with other words is a film of its own: what it was made of goes.
        self.resumed = self._folder.begin(self._plan, anew=asked.anew or finished is not None)

    def close(self) -> None:
        """Let other programs work at the film; may be called twice."""
        self._folder.release()

    def run(self, crew: Crew, on_progress: Callable[[Progress], None], stopped: Callable[[], bool]) -> Made | None:
        """Make it.

        Args:
            crew: Makes the pieces.
            on_progress: Called now and then.
            stopped: Whether to end before it is done; what is there stays, to go on from.

        Returns:
            What became of it; None where it was stopped.

        Raises:
            ThespisError: It could not be made; what is there stays.
        """
        asked, folder = self._asked, self._folder
        kept = [
            folder.keep_persona(number, persona, file)
            for number, (persona, file) in enumerate(zip(asked.personas, asked.files, strict=True))
        ]
        wishes = replace(asked.wishes, personas=tuple(map(str, kept)))
        threads = 1 if len(self.pieces) > 1 else 0

        conductor = Conductor(
            self.pieces,
            lambda piece, form: task_of(self.film, wishes, piece, form, folder.piece_file(piece), threads=threads),
            crew,
            folder,
        )
        records = conductor.run(on_progress, stopped)
        return None if records is None else self._finish(records, conductor.made)

    def _finish(self, records: Sequence[Record], now: Collection[int]) -> Made:
        files = [
            self._folder.piece_file(piece) for piece, record in zip(self.pieces, records, strict=True) if record.frames
        ]
        if not files:
            raise SourceError(f"film {self.film.path}", wanted="pictures", got="none that can be decoded")
        for persona in self._asked.personas:
            persona.manifest.identity.check(date.today())  # a film may take days
        written = join(self.film, files, self.cargo, self._folder.whole)
        signed = self._sign(records)
        self._folder.finish(self._plan)
        return Made(records, written, signed, sum(record.frames for record in records if record.number in now))

    def _sign(self, records: Sequence[Record]) -> str:
        name = self._asked.out
        if not self._signable:
            return f"unsigned: {name.suffix} has no place for credentials; name it .mp4 to have it signed"
        if not any(record.marked for record in records):
            return f"{name} is not signed as made with AI: no frame shows a persona"
        numbers = dict.fromkeys(number for record in records for number in record.shown)
        shown = [
            ShownPersona(persona.name, persona.manifest.identity)
            for number, persona in enumerate(self._asked.personas)
            if number in numbers
        ]
        try:
            self._signer.sign(self._folder.whole, shown)
        except CredentialsError as error:
            error.add_note("the same words again go on from here")
            raise
        names = ", ".join(dict.fromkeys(one.identity.name for one in shown))
        return f"{name} is signed as made with AI{f', showing {names}' if names else ''}"


def _check_place(asked: Asked) -> None:
    if asked.out.suffix.lower() not in FORMATS:
        raise SinkError(
            f"film {asked.out}",
            wanted=f"a name that ends in {', '.join(FORMATS)}",
            got=asked.out.suffix or "no extension",
        )
    if asked.out.exists() and asked.film.exists() and asked.out.samefile(asked.film):
        raise SinkError(
            f"film {asked.out}",
            wanted="another file than the film",
            got="the film itself",
            next_step="choose another name",
        )
    if asked.out.is_dir() or not asked.out.absolute().parent.is_dir():
        raise SinkError(
            f"film {asked.out}",
            wanted="a file in a folder that is there",
            got="a folder" if asked.out.is_dir() else "no such folder",
            next_step="make the folder, or choose another name",
        )


def _check_free(asked: Asked) -> None:
    if asked.out.exists() and not asked.overwrite:
        raise SinkError(
            f"film {asked.out}",
            wanted="a name that is free",
            got="a file that is there",
            next_step="choose another name, or give --overwrite",
        )


def _plan(film: Film, pieces: Sequence[Piece], asked: Asked) -> dict[str, str]:
    """Digests of all that the pieces depend on, by what a user would call it."""
    wishes = {name: value for name, value in asdict(asked.wishes).items() if name != "personas"}
    return {
        "film": film.sha256,
        "persona": _digest([persona.manifest_sha256 for persona in asked.personas]),
        "settings": _digest([wishes, [asdict(piece) for piece in pieces]]),
        "version of Thespis": way(),
    }


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
