"""Writes a faceset so that a kill or a full disk at any moment leaves it valid."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import cv2

from models.faceset.folders import ASIDE, FACES, kept_names, reason_folders, reasons_by_name, refuse_link
from models.faceset.journal import INDEX, MAX_LINE, header, read_index
from models.faceset.record import FaceRecord, MediaRecord, to_json
from realtime.errors import TrainingError
from realtime.frame import BgrImage

JPEG_QUALITY = 95


class FacesetWriter:
    """Adds crops to a faceset, new or begun. Each crop is whole on the disk before the index speaks of it.

    Args:
        folder: The faceset's folder; made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open the index for appending, a torn last line cut off.

        Raises:
            TrainingError: The folder holds something else, another version's faceset, or cannot be written.
        """
        with _writing(self.folder):
            if not (self.folder / INDEX).exists():
                _begin(self.folder)
            read_index(self.folder)
            self._index = (self.folder / INDEX).open("r+b")
            start = max(0, self._index.seek(0, os.SEEK_END) - MAX_LINE)
            self._index.seek(start)
            self._index.truncate(start + self._index.read().rfind(b"\n") + 1)
            self._index.seek(0, os.SEEK_END)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index. May be called twice."""
        index, self._index = self._index, None
        if index is not None:
            # Every line was flushed: what is left over was told of when it could not be written.
            with suppress(OSError):
                index.close()

    def add(self, record: FaceRecord, crop: BgrImage) -> None:
        """Store a crop as JPEG and append its record.

        Args:
            record: What is known of it; `aside` says which folder it goes to.
            crop: (S, S, 3) uint8 BGR.

        Raises:
            TrainingError: The disk is full or cannot be written.
        """
        _, coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        with _writing(self.folder):
            place = _made(self.folder, record.aside)
            _replace(place / record.file, coded.tobytes())
        self._append(record)

    def note(self, medium: MediaRecord) -> None:
        """Append how far a medium has come, and see to it that all so far is on the disk.

        Raises:
            TrainingError: The disk is full or cannot be written.
        """
        self._append(medium)
        with _writing(self.folder):
            os.fsync(self._opened().fileno())

    def _append(self, record: FaceRecord | MediaRecord) -> None:
        with _writing(self.folder):
            self._opened().write(_line(to_json(record)))
            self._opened().flush()

    def _opened(self) -> BinaryIO:
        if self._index is None:
            raise ValueError("the faceset is not open")
        return self._index


def forget_bare(folder: Path) -> None:
    """Remove a faceset that nothing was put into: its folder, where it holds an index of no faces and empty folders.

    What cannot be removed stays, for it harms nobody.
    """
    index = folder / INDEX
    with suppress(OSError):
        others = [path for path in folder.iterdir() if path != index]
        if any(path.is_symlink() or not path.is_dir() or any(path.iterdir()) for path in others):
            return
        if index.exists() and index.read_bytes().count(b"\n") > 1:
            return
        for path in others:
            path.rmdir()
        index.unlink(missing_ok=True)
        folder.rmdir()


def replace_index(folder: Path, faces: Iterable[FaceRecord], media: Iterable[MediaRecord]) -> None:
    """Write the index anew: whole beside the old one, then renamed over it.

    Raises:
        TrainingError: The disk is full or cannot be written; the old index is still there.
    """
    lines = [_line(header(metadata.version("thespis")))]
    lines += [_line(to_json(face)) for face in faces]
    lines += [_line(to_json(medium)) for medium in media]
    with _writing(folder):
        _replace(folder / INDEX, b"".join(lines))


def _begin(folder: Path) -> None:
    """Make an empty faceset, but not among files that are something else.

    Raises:
        TrainingError: There is something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others:
        raise TrainingError(
            f"faceset {folder}",
            wanted="a new folder, or a faceset begun earlier",
            got=f"a folder with {others[0]} in it",
            next_step="choose another --out",
        )
    _replace(folder / INDEX, _line(header(metadata.version("thespis"))))


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with fresh.open("xb") as file:  # not through a link that somebody else laid there
            file.write(content)
            file.flush()
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Tells in the user's words what the disk says.

    Raises:
        TrainingError: Instead of OSError.
    """
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"faceset {folder}",
            wanted="room to write",
            got=error.strerror or str(error),
            next_step="free some space or choose another --out; what is there is whole, the same words go on from it",
        ) from error


def move_crops(folder: Path, reasons: Mapping[str, str | None]) -> None:
    """Put each crop into the folder of its reason, or into `faces/`; those that are gone stay gone.

    Raises:
        TrainingError: The disk cannot be written; each crop is in its old or its new place.
    """
    with _writing(folder):
        there = _crops(folder)
        for name, reason in reasons.items():
            place = _place(folder, reason) / name
            if name in there and there[name] != place:
                _made(folder, reason)
                there[name].replace(place)
        for reason_folder in reason_folders(folder):
            if not any(reason_folder.iterdir()):
                reason_folder.rmdir()


def forget_crops(folder: Path, names: Collection[str]) -> None:
    """Delete crops that the index no longer speaks of."""
    with _writing(folder):
        there = _crops(folder)
        for name in names:
            if name in there:
                there[name].unlink()


def _crops(folder: Path) -> dict[str, Path]:
    """Where each crop lies; `faces/` counts before `aside/`."""
    aside = {name: folder / ASIDE / reason / name for name, reason in reasons_by_name(folder).items()}
    return aside | {name: folder / FACES / name for name in kept_names(folder)}


def _place(folder: Path, reason: str | None) -> Path:
    return folder / FACES if reason is None else folder / ASIDE / reason


def _made(folder: Path, reason: str | None) -> Path:
    """The folder for crops, made where it is not there.

    Raises:
        TrainingError: It, or the one that it lies in, is a link.
    """
    place = _place(folder, reason)
    for one in (place,) if reason is None else (place.parent, place):
        refuse_link(one)
    place.mkdir(parents=True, exist_ok=True)
    return place
