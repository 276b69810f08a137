"""Where the guides lie on this computer, whatever folder the user is in."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

FOLDER = "docs"
_INSTALLED = ("share", "doc", "thespis")
"""Where an installation puts them, below its prefix: see `data-files` in pyproject.toml."""


def guide(name: str) -> str:
    """A guide's full path, or, where none came along, what it is called in the project.

    Args:
        name: `troubleshooting.md`.
    """
    found = Path(__file__).parents[1] / FOLDER / name  # a checkout
    if found.is_file():
        return str(found)
    return _installed(name) or f"{name} among the project's guides"


def _installed(name: str) -> str:
    try:
        files = metadata.files("thespis") or []
    except metadata.PackageNotFoundError:
        return ""
    for file in files:
        if file.parts[-4:] == (*_INSTALLED, name):
            place = Path(str(file.locate())).resolve()
            return str(place) if place.is_file() else ""
    return ""
