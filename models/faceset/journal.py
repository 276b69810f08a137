"""The index file of a faceset: a header, then one JSON object a line for each crop and for each medium.

It is only ever appended to or replaced whole, so that a kill leaves at worst a torn last line, which is left out.
"""

from __future__ import annotations

import json
from pathlib import Path

from models.faceset.record import FaceRecord, MediaRecord, face_from_json, media_from_json
from realtime.errors import TrainingError
from realtime.face.align import CROP_SIDE, TEMPLATE_NAME

INDEX, FACES, ASIDE = "faceset.jsonl", "faces", "aside"
FORMAT_VERSION = 1
_VERSION_KEY = "thespis_faceset"
_EXTRACT = "make one with `thespis extract MEDIA --out FOLDER`"


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
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last newline is a torn line
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TrainingError(f"faceset {folder}", wanted=INDEX, got=_found_in(folder), next_step=_EXTRACT) from error
    except OSError as error:
        raise TrainingError(f"faceset {folder}", wanted=INDEX, got=error.strerror or str(error)) from error
    _check_header(path, lines[0] if lines else b"")
    faces: dict[str, FaceRecord] = {}
    media: dict[str, MediaRecord] = {}
    for number, line in enumerate(lines[1:], 2):
        try:
            fields = json.loads(line)
            if "media" in fields:
                medium = media_from_json(fields)
                media[medium.stem] = medium
            else:
                face = face_from_json(fields)
                faces[face.file] = face
        except (ValueError, TypeError, KeyError) as error:
            raise TrainingError(
                f"{path}, line {number}",
                wanted="a crop's record",
                got=f"{type(error).__name__}: {error}",
                next_step="delete that line: the others stay usable",
            ) from error
    return tuple(faces.values()), tuple(media.values())


def _check_header(path: Path, line: bytes) -> None:
    """Refuse what is no index of ours, or one whose crops are aligned otherwise.

    Raises:
        TrainingError: It is.
    """
    try:
        found = json.loads(line)
        got = {key: found[key] for key in (_VERSION_KEY, "template", "crop_side")}
    except (ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"faceset index {path}", wanted=f"a first line with {_VERSION_KEY}", got="none", next_step=_EXTRACT
        ) from error
    wanted = {_VERSION_KEY: FORMAT_VERSION, "template": TEMPLATE_NAME, "crop_side": CROP_SIDE}
    if got != wanted:
        raise TrainingError(
            f"faceset index {path}",
            wanted=json.dumps(wanted),
            got=json.dumps(got),
            next_step="extract the footage again with this version, into another folder",
        )


def _found_in(folder: Path) -> str:
    if not folder.exists():
        return "no such folder"
    if not folder.is_dir():
        return "a file"
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return "an empty folder"
    return f"a folder of {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
