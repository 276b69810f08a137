"""What the words of a user mean: a photo, footage, or both, for one of the faces that take part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.faceset.index import Faceset, read_faceset
from models.faceset.journal import INDEX
from models.faceset.media import FILM_EXTENSIONS
from models.rendered import PortraitFaceset
from realtime.errors import TrainingError
from realtime.source.canvas import load_photo, portrait_digest

DEMO = "demo"
AND = "+"


@dataclass(frozen=True, slots=True)
class Words:
    """One face's material as a user names it.

    Attributes:
        name: Of its decoder.
        photo: A portrait's file, `demo` for the built-in one, None where there is footage alone.
        footage: A faceset's folder.
    """

    name: str
    photo: str | None
    footage: Path | None


@dataclass(frozen=True, slots=True)
class Material:
    """The same, read.

    Attributes:
        name: Of its decoder.
        portrait: Can be drawn in any expression.
        footage: Real crops.
    """

    name: str
    portrait: PortraitFaceset | None
    footage: Faceset | None


def parse_material(name: str, text: str) -> Words:
    """A photo, a faceset's folder, or both joined by `+`.

    Raises:
        TrainingError: Something else, or nothing that is there.
    """
    photo: str | None = None
    footage: Path | None = None
    for part in split_material(text):
        path = Path(part)
        if part == DEMO or (path.is_file() and path.suffix.lower() not in FILM_EXTENSIONS):
            _refuse_second(text, photo, "photo", "choose one; `thespis extract` makes one faceset of many photos")
            photo = part
        elif (path / INDEX).is_file():
            _refuse_second(text, footage, "footage", "`thespis extract A B --out FACESET` makes one faceset of both")
            footage = path
        else:
            raise _no_material(part)
    return Words(name, photo, footage)


def split_material(text: str) -> list[str]:
    """The parts of a material's text; a file or folder of that very name is one part."""
    return [text] if Path(text).exists() else text.split(AND)


def _refuse_second(text: str, first: str | Path | None, what: str, next_step: str) -> None:
    if first is not None:
        raise TrainingError(f"material {text}", wanted=f"one {what}", got="two", next_step=next_step)


def _no_material(part: str) -> TrainingError:
    path = Path(part)
    if path.is_file():
        got, next_step = "a film", f"thespis extract {part} --out FACESET"
    elif path.is_dir():
        got, next_step = "a folder without an index", f"thespis extract {part} --out FACESET"
    else:
        got, next_step = "no such file", "check the path"
    return TrainingError(
        f"material {part}", wanted="demo, a photo, or a faceset's folder", got=got, next_step=next_step
    )


def read_material(words: Words, size: int) -> Material:
    """Load what the words name; crops of a side of `size` will be asked of it.

    Raises:
        SourceError: The photo cannot be read.
        FaceError: The photo shows no face.
        TrainingError: The faceset cannot be read, or is empty.
    """
    photo = None if words.photo is None else (None if words.photo == DEMO else Path(words.photo))
    portrait = PortraitFaceset(photo, size) if words.photo is not None else None
    footage = read_faceset(words.footage) if words.footage else None
    if footage is not None and footage.unfinished:
        raise TrainingError(
            f"faceset {words.footage}",
            wanted="one that is finished",
            got=f"one broken off in {', '.join(footage.unfinished)}",
            next_step="the same words of extract go on",
        )
    if footage is not None and not footage.records:
        raise TrainingError(f"faceset {words.footage}", wanted="crops", got="none", next_step="extract it again")
    return Material(words.name, portrait, footage)


def digest_of(words: Words) -> str:
    """SHA-256 of the material: a portrait's pixels; with footage, of that and of which crops there are."""
    photo = "" if words.photo is None else portrait_digest(load_photo(_path(words.photo)))
    if words.footage is None:
        return photo
    whole = hashlib.sha256(photo.encode())
    for record in read_faceset(words.footage).records:
        whole.update(f"{record.file} {record.origin_sha256}\n".encode())
    return whole.hexdigest()


def _path(photo: str) -> Path | None:
    return None if photo == DEMO else Path(photo)
