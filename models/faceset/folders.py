"""The folders of a faceset and the crops in them: its own, never links to places elsewhere.

A faceset that came from a stranger may hold a link for a folder; crops that its index names would then be read, moved
and deleted wherever that link leads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from realtime.errors import TrainingError

FACES, ASIDE = "faces", "aside"
CROP_ENDING = ".jpg"
_MOST_REASONS = 100
MOST_CROPS = 1_000_000


def kept_names(folder: Path) -> set[str]:
    """Names of the crops in `faces/`.

    Raises:
        TrainingError: That is a link, or holds too many.
    """
    return set(_crops(folder / FACES))


def reasons_by_name(folder: Path) -> dict[str, str]:
    """For each crop that was set aside the folder, within `aside/`, in which it lies.

    Raises:
        TrainingError: One of the folders is a link, or they hold too many.
    """
    return {name: reason.name for reason in reason_folders(folder) for name in _crops(reason)}


def reason_folders(folder: Path) -> list[Path]:
    """The folders in `aside/`, sorted.

    Raises:
        TrainingError: One is a link, or there are too many.
    """
    aside = folder / ASIDE
    refuse_link(aside)
    if not aside.is_dir():
        return []
    with os.scandir(aside) as entries:
        names = sorted(entry.name for entry in islice(entries, _MOST_REASONS + 1) if entry.is_dir())
    if len(names) > _MOST_REASONS:
        raise TrainingError(f"folder {aside}", wanted=f"at most {_MOST_REASONS} reasons", got="more")
    for name in names:
        refuse_link(aside / name)
    return [aside / name for name in names]


def refuse_link(place: Path) -> None:
    """Refuse a file or folder that is a link.

    Raises:
        TrainingError: It is.
    """
    if place.is_symlink():
        raise TrainingError(
            f"faceset {place.parent}",
            wanted=f"{place.name} in the faceset itself",
            got="a link to another place",
            next_step="put in its place what it leads to",
        )


def _crops(folder: Path) -> Iterator[str]:
    """Names of the crops in a folder.

    Raises:
        TrainingError: The folder or a crop is a link, or it holds too many.
    """
    refuse_link(folder)
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MOST_CROPS:
                raise TrainingError(f"folder {folder}", wanted=f"at most {MOST_CROPS} crops", got="more")
            if not entry.name.endswith(CROP_ENDING):
                continue
            refuse_link(folder / entry.name)
            if entry.is_file():
                yield entry.name
