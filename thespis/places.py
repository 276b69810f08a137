"""Files that a command is to write: seen to be free and possible before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from realtime.errors import SinkError
from realtime.sink.catalog import is_stream

_NOTHING: Mapping[str, Path | None] = {}
WITH_OVERWRITE = "choose another name, or give --overwrite"
"""What to do about a name that is taken, where the command has that word."""


def is_file(output: str) -> bool:
    """Whether what stands after `--output` names a file."""
    return "://" not in output and bool(Path(output).suffix)


def check_places(
    outputs: Sequence[str] = (),
    files: Mapping[str, Path | None] = _NOTHING,
    *,
    source: str = "",
    overwrite: bool = False,
    next_step: str = WITH_OVERWRITE,
) -> None:
    """Refuse what could not be written, or would write over something.

    Args:
        outputs: As after `--output`; those that are neither files nor addresses are passed over.
        files: What else is written, by the word that names it; `-` is the screen.
        source: As after `--source`; never written over, whatever the user says.
        overwrite: Whether a file that is there may be replaced.
        next_step: What to do about one that may not.

    Raises:
        SinkError: A file is there, is the source, or is named twice; or its folder is missing.
    """
    places = [(f"output {output!r}", Path(output)) for output in outputs if is_file(output)]
    places += [(f"{word} {path}", path) for word, path in files.items() if path is not None and str(path) != "-"]
    read = Path(source.removeprefix("demo:")) if source else None
    for what, path in places:
        if read is not None and read.is_file() and _same(path, read):
            raise SinkError(
                what, wanted="another file than the source", got="the source itself", next_step="choose another name"
            )
    _refuse_twice([(what, str(path.resolve())) for what, path in places])
    _refuse_twice([(f"output {output!r}", output) for output in outputs if is_stream(output)])
    for what, path in places:
        _check(what, path, overwrite=overwrite, next_step=next_step)


def check_folder(word: str, folder: Path) -> None:
    """Refuse a folder that cannot be one; what is in it is for whoever goes on from it to judge.

    Args:
        word: That names it.
        folder: To be made, or gone on with.

    Raises:
        SinkError: There is a file of that name.
    """
    if folder.exists() and not folder.is_dir():
        raise SinkError(
            f"{word} {folder}", wanted="a folder, new or begun", got="a file", next_step="choose another name"
        )


def _refuse_twice(named: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for what, place in named:
        if place in seen:
            raise SinkError(
                what,
                wanted="a name of its own",
                got="the same one twice" if seen[place] == what else f"the name of {seen[place]}",
                next_step="give each another name, or leave one out",
            )
        seen[place] = what


def _check(what: str, path: Path, *, overwrite: bool, next_step: str) -> None:
    folder = path.absolute().parent
    if path.is_dir():
        raise SinkError(what, wanted="a file", got="a folder of that name", next_step="choose another name")
    if not folder.is_dir():
        raise SinkError(
            what,
            wanted="a folder that is there",
            got=f"no folder {path.parent}",
            next_step="make it, or choose another place",
        )
    if not os.access(folder, os.W_OK) and not path.exists():
        raise SinkError(
            what,
            wanted="a folder that can be written to",
            got=f"no permission for {path.parent}",
            next_step="choose another place",
        )
    if path.is_file() and not overwrite:  # a device or a pipe is written to, and not over
        raise SinkError(what, wanted="a name that is free", got="a file that is there", next_step=next_step)


def _same(one: Path, other: Path) -> bool:
    """Whether two names are one file; a hard link has two."""
    return one.resolve() == other.resolve() or (one.exists() and one.samefile(other))
