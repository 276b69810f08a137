"""A film and what is to be found in it, as a user writes it: `colour:red@apples.mp4`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from realtime.errors import TrainingError
from realtime.region import box, colour
from realtime.region.base import Thing

AT = "@"
_READERS: Mapping[str, Callable[[str], Thing]] = MappingProxyType(
    {box.PREFIX: box.parse_box, colour.PREFIX: colour.parse_colours}
)


@dataclass(frozen=True, slots=True)
class ThingWords:
    """One thing's material.

    Attributes:
        name: Of its decoder.
        region: Finds it.
        film: Shows it.
    """

    name: str
    region: Thing
    film: Path


def is_thing(text: str) -> bool:
    """Whether material is a film with a region that is no face."""
    return AT in text and text.startswith(tuple(_READERS))


def parse_thing(name: str, text: str) -> ThingWords:
    """Read one thing's material.

    Raises:
        RegionError: It names no region.
        TrainingError: It names no region at all, or no film that is there.
    """
    words, _, film = text.partition(AT)
    read = next((reader for prefix, reader in _READERS.items() if words.startswith(prefix)), None)
    if read is None or not Path(film).is_file():
        raise TrainingError(
            f"material {text}",
            wanted="REGION@FILM for all or none, as colour:red@apples.mp4",
            got="no region" if read is None else f"no file {film}",
            next_step="say --region, or write it before the film" if read is None else "check the path",
        )
    return ThingWords(name, read(words), Path(film))


def digest_of(words: ThingWords) -> str:
    """SHA-256 of the film and of what is to be found in it."""
    with words.film.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256")
    whole.update(words.region.words.encode())
    return whole.hexdigest()
