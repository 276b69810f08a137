"""Which personas there are, and how a name becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import platformdirs

from realtime.errors import PersonaError
from realtime.persona.identity import read_identity
from realtime.persona.instant import card_beside, is_photo, persona_of_photo
from realtime.persona.package import Persona, read_mark, read_persona

ENDING = ".persona"
BUILTIN = Path(__file__).parent / "builtin"


@dataclass(frozen=True, slots=True)
class Entry:
    """A persona that can be called by its name.

    Attributes:
        name: What to call it.
        path: Its file, not yet read.
        builtin: Whether it came with Thespis.
    """

    name: str
    path: Path
    builtin: bool


def user_folder() -> Path:
    """Where the user's own personas live; the folder need not be there."""
    return Path(platformdirs.user_data_dir("thespis", appauthor=False)) / "personas"


def list_personas(*, builtin: Path = BUILTIN, user: Path | None = None) -> tuple[Entry, ...]:
    """Every persona with a name, the built-in ones first; a user's file cannot take a built-in one's name."""
    found: dict[str, Entry] = {}
    for folder, own in ((builtin, True), (user or user_folder(), False)):
        for path in sorted(folder.glob(f"*{ENDING}")):
            found.setdefault(path.stem, Entry(path.stem, path, own))
    return tuple(found.values())


def load_persona(
    name_or_path: str | Path,
    *,
    card: Path | None = None,
    today: date | None = None,
    builtin: Path = BUILTIN,
    user: Path | None = None,
) -> Persona:
    """Load a persona by its name or its file.

    Args:
        name_or_path: A name out of `list_personas`, or a path: a photo, what ends in `.persona`, or holds a slash.
        card: Says whose face a photo shows; by default the file beside it, of its name and ending in `.toml`.
        today: The day on which it is to be worn; by default, today.
        builtin: Folder of the built-in personas.
        user: Folder of the user's own; by default `user_folder()`.

    Raises:
        PersonaError: There is none of that name, or `read_persona` refuses it.
    """
    day = today or date.today()
    path = Path(name_or_path).expanduser()
    if is_photo(path):
        return persona_of_photo(path, read_identity(card or card_beside(path)), today=day)
    if card is not None:
        raise PersonaError(
            f"identity card {card}",
            wanted="a photo to go with it",
            got=f"persona {name_or_path}, which has its own",
            next_step="leave --identity out",
        )
    return read_persona(find_persona(name_or_path, builtin=builtin, user=user), today=day)


def mark_of_persona(name_or_path: str | Path, *, builtin: Path = BUILTIN, user: Path | None = None) -> int:
    """What the watermark says of a persona, by its name or its file, also of a file that may no longer be worn.

    Args:
        name_or_path: As for `load_persona`; a photo needs its card, and that it may be worn today.
        builtin: Folder of the built-in personas.
        user: Folder of the user's own; by default `user_folder()`.

    Raises:
        PersonaError: There is none of that name, or its file is broken.
    """
    if is_photo(Path(name_or_path)):
        return load_persona(name_or_path).mark
    return read_mark(find_persona(name_or_path, builtin=builtin, user=user))


def find_persona(name_or_path: str | Path, *, builtin: Path = BUILTIN, user: Path | None = None) -> Path:
    """The file of a persona by its name; a path is its own file, there or not.

    Args:
        name_or_path: See `load_persona`; no photo.
        builtin: Folder of the built-in personas.
        user: Folder of the user's own; by default `user_folder()`.

    Raises:
        PersonaError: There is none of that name.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(ENDING) or {"/", "\\"} & set(name_or_path):
        return Path(name_or_path).expanduser()
    entries = list_personas(builtin=builtin, user=user)
    for entry in entries:
        if entry.name == name_or_path:
            return entry.path
    raise PersonaError(
        f"persona {name_or_path!r}",
        wanted="one of " + (", ".join(entry.name for entry in entries) or "none: no persona is installed"),
        got="no such name",
        next_step=f"use one of these, or give the path of a {ENDING} file",
    )
