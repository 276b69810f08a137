"""A persona file put among the user's own, so that it can be called by its name and stands in the panel."""

from __future__ import annotations

import contextlib
import shutil
from datetime import date
from pathlib import Path

from realtime.errors import PersonaError
from realtime.persona.catalog import BUILTIN, ENDING, Entry, user_folder
from realtime.persona.package import read_persona
from realtime.plain_file import open_plain


def add_persona(
    path: Path,
    *,
    name: str | None = None,
    overwrite: bool = False,
    today: date | None = None,
    builtin: Path = BUILTIN,
    user: Path | None = None,
) -> Entry:
    """Copy a persona file into the user's folder; it is checked whole before, and lies there whole or not at all.

    Args:
        path: The file; byte for byte the same afterwards in both places, as the watermark counts on its digest.
        name: What it is to be called; by default as it is.
        overwrite: Whether another one of that name may be replaced.
        today: The day on which it is to be worn; by default, today.
        builtin: Folder of the built-in personas, whose names nobody else's can have.
        user: Folder of the user's own; by default `user_folder()`.

    Raises:
        PersonaError: It is none, it may not be worn, its name is taken, or there is no place for it.
    """
    read_persona(path, today=today or date.today())
    called = path.stem if name is None else name
    _check_name(called, builtin)
    folder = user or user_folder()
    target = folder / f"{called}{ENDING}"
    partial = target.with_name(target.name + ".partial")
    try:
        if target.exists():
            if target.samefile(path):
                return Entry(called, target, builtin=False)
            if not overwrite:
                raise PersonaError(
                    f"persona {called!r}",
                    wanted="a name that no other persona of yours has",
                    got=str(target),
                    next_step="`thespis persona add` takes another by --name, or replaces that one by --overwrite",
                )
        folder.mkdir(parents=True, exist_ok=True)
        with open_plain(path) as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise PersonaError(
            f"persona {path}",
            wanted=f"a copy of it in {folder}",
            got=error.strerror or str(error),
            next_step="make room there, or wear it by its path: thespis run --persona FILE",
        ) from error
    return Entry(called, target, builtin=False)


def _check_name(name: str, builtin: Path) -> None:
    if not name or not name.isprintable() or name.startswith(".") or {"/", "\\", ":"} & set(name):
        raise PersonaError(
            f"persona {name!r}", wanted="a name of printable characters without slash or colon", got=repr(name)
        )
    if (builtin / f"{name}{ENDING}").exists():
        raise PersonaError(
            f"persona {name!r}",
            wanted="a name that no built-in persona has",
            got="a built-in one's",
            next_step="`thespis persona add` takes another by --name",
        )
