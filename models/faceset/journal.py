"""The index file of a faceset: a header, then one JSON object a line for each crop and for each medium.

It is only ever appended to or replaced whole, so that a kill leaves at worst a torn last line, which is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from models.faceset.folders import refuse_link
from models.faceset.record import FaceRecord, MediaRecord, face_from_json, media_from_json
from realtime.errors import TrainingError
from realtime.face.align import CROP_SIDE, TEMPLATE_NAME
from realtime.plain_file import open_plain

INDEX = "faceset.jsonl"
MOST_RECORDS = 500_000
"""Of crops and media together: twelve hours of one face, ten crops a second."""
MAX_LINE = 64 * 1024
"""A crop of 478 points takes a fifth of it."""
FORMAT_VERSION = 1
_VERSION_KEY = "thespis_faceset"
_EXTRACT = "make one with `thespis extract MEDIA --out FOLDER`"
# Also what numbers too large for a float and nesting without end bring about.
_NOT_RECORDS = (ValueError, TypeError, KeyError, OverflowError, RecursionError)


def header(tool_version: str) -> dict[str, object]:
    """The index's first line."""
    return {
        _VERSION_KEY: FORMAT_VERSION,
        "template": TEMPLATE_NAME,
        "crop_side": CROP_SIDE,
        "tool": tool_version,
    }


def read_index(folder: Path) -> tuple[tuple[FaceRecord, ...], tuple[MediaRecord, ...]]:
    """All records of an index, also of crops that are gone; of records with one name the last counts.

    Raises:
        TrainingError: As `read_faceset`.
    """
    path = folder / INDEX
    refuse_link(path)
    lines = _lines(folder)
    _check_header(path, next(lines, b""))
    faces: dict[str, FaceRecord] = {}
    media: dict[str, MediaRecord] = {}
    for number, line in enumerate(lines, 2):
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise ValueError("no object")
            if "media" in fields:
                medium = media_from_json(fields)
                media[medium.stem] = medium
            else:
                face = face_from_json(fields)
                faces[face.file] = face
        except _NOT_RECORDS as error:
            raise TrainingError(
                f"{path}, line {number}",
                wanted="a crop's record",
                got=f"{type(error).__name__}: {str(error)[:120]}",
                next_step="delete that line: the others stay usable",
            ) from error
    return tuple(faces.values()), tuple(media.values())


def _lines(folder: Path) -> Iterator[bytes]:
    """The index's whole lines, one after the other: what follows the last newline is a torn one.

    Raises:
        TrainingError: There is no index, it cannot be read, or it is longer than one may be.
    """
    path = folder / INDEX
    try:
        with open_plain(path) as file:
            number = 0
            while (line := file.readline(MAX_LINE)).endswith(b"\n"):
                number += 1
                if number > MOST_RECORDS + 1:
                    raise TrainingError(f"faceset index {path}", wanted=f"at most {MOST_RECORDS} records", got="more")
                yield line
            if len(line) == MAX_LINE:
                wanted = f"lines of at most {MAX_LINE} bytes"
                raise TrainingError(f"faceset index {path}", wanted=wanted, got=f"a longer one after line {number}")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TrainingError(f"faceset {folder}", wanted=INDEX, got=_found_in(folder), next_step=_EXTRACT) from error
    except OSError as error:
        raise TrainingError(f"faceset {folder}", wanted=INDEX, got=error.strerror or str(error)) from error


def _check_header(path: Path, line: bytes) -> None:
    """Refuse what is no index of ours, or one whose crops are aligned otherwise.

    Raises:
        TrainingError: It is.
    """
    try:
        found = json.loads(line)
        got = {key: found[key] for key in (_VERSION_KEY, "template", "crop_side")}
    except _NOT_RECORDS as error:
        raise TrainingError(
            f"faceset index {path}", wanted=f"a first line with {_VERSION_KEY}", got="none", next_step=_EXTRACT
        ) from error
    wanted = {_VERSION_KEY: FORMAT_VERSION, "template": TEMPLATE_NAME, "crop_side": CROP_SIDE}
    if got != wanted:
        raise TrainingError(
            f"faceset index {path}",
            wanted=json.dumps(wanted),
            got=json.dumps(got)[:120],
            next_step="extract the footage again with this version, into another folder",
        )


def _found_in(folder: Path) -> str:
    if not folder.exists():
        return "no such folder"
    if not folder.is_dir():
        return "a file"
    names = sorted(path.name for path in islice(folder.iterdir(), 1000))
    if not names:
        return "an empty folder"
    return f"a folder of {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
