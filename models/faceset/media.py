"""From what a user names to the media that are read: films and photos, one by one."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.faceset.journal import INDEX
from realtime.errors import SourceError, TrainingError
from realtime.frame import Frame
from realtime.source.base import Source
from realtime.source.image import PICTURE_EXTENSIONS, ImageSource
from realtime.source.video import VideoSource

FILM_EXTENSIONS = (
    ".mp4",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".ts",
    ".mts",
    ".wmv",
    ".flv",
    ".3gp",
)
_ENDS = 1 << 20


@dataclass(frozen=True, slots=True)
class Medium:
    """One film or photo.

    Attributes:
        path: Its file.
        origin: What records call it.
        photo: Whether it is a single picture.
    """

    path: Path
    origin: str
    photo: bool

    def source(self) -> Source:
        """What reads it, as fast as it decodes."""
        return ImageSource(self.path, live=False) if self.photo else VideoSource(self.path)


def medium_of(path: Path, origin: str | None = None) -> Medium:
    """A file as a medium; what has no picture's extension is read as a film."""
    return Medium(path, origin or path.name, path.suffix.lower() in PICTURE_EXTENSIONS)


def find_media(paths: Sequence[Path]) -> list[Medium]:
    """The media of files and folders, in the order named; folders are searched through and sorted.

    Raises:
        TrainingError: One is not there, or a folder has neither films nor photos in it.
    """
    found: dict[Path, Medium] = {}
    for path in paths:
        for file in _files_in(path) if path.is_dir() else [_existing(path)]:
            found.setdefault(file.resolve(), medium_of(file))
    return list(found.values())


def digest_of(path: Path) -> str:
    """SHA-256 of a file's size, first and last mebibyte: cheap for films, and enough to know one again.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            digest = hashlib.sha256(f"{size}:".encode() + file.read(_ENDS))
            file.seek(max(size - _ENDS, 0))
            digest.update(file.read(_ENDS))
    except OSError as error:
        raise SourceError(f"{path}", got=error.strerror or str(error), next_step="check the path") from error
    return digest.hexdigest()


def stem_of(medium: Medium, taken: set[str]) -> str:
    """What the names of a medium's crops begin with: plain letters, and no other medium's."""
    plain = re.sub(r"[^\w-]+", "-", Path(medium.origin).stem).strip("-")[:60] or "media"
    number, stem = 1, plain
    while stem.casefold() in taken:  # two that differ in case only are one file for some systems
        number += 1
        stem = f"{plain}~{number}"
    return stem


@contextmanager
def reading_ahead(source: Source) -> Iterator[Iterator[Frame]]:
    """An open source's frames, the next one read in a thread of its own while one is looked at."""
    with ThreadPoolExecutor(1, "read") as reader:

        def frames() -> Iterator[Frame]:
            ahead = reader.submit(source.read)
            while (frame := ahead.result()) is not None:
                ahead = reader.submit(source.read)
                yield frame

        yield frames()


def passed_over(folder: Path) -> Counter[str]:
    """How many files of a folder are neither films nor photos that can be read, by their ending."""
    wanted = (*PICTURE_EXTENSIONS, *FILM_EXTENSIONS)
    endings = (path.suffix.lower() for path in _visible(folder))
    return Counter(ending or "no ending" for ending in endings if ending not in wanted)


def _visible(folder: Path) -> list[Path]:
    """The files of a folder and the folders in it, but for hidden ones and for facesets: those are no footage."""
    facesets = {index.parent for index in folder.rglob(INDEX)}
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and facesets.isdisjoint(path.parents)
    ]


def _files_in(folder: Path) -> list[Path]:
    wanted = (*PICTURE_EXTENSIONS, *FILM_EXTENSIONS)
    files = _visible(folder)
    media = [path for path in files if path.suffix.lower() in wanted]
    if not media:
        some = ", ".join(path.name for path in files[:3])
        raise TrainingError(
            f"folder {folder}",
            wanted="films or photos",
            got=f"{len(files)} other files ({some}{' ...' if len(files) > 3 else ''})" if files else "an empty folder",
            next_step="name a folder with .jpg, .png, .mp4, .mov or the like in it",
        )
    return media


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise TrainingError(
            f"media {path}",
            wanted="a film, a photo, a folder of them, or `camera`",
            got="no such file",
            next_step="check the path",
        )
    return path
