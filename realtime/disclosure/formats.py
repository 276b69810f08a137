"""Which files can carry content credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".mp4": "video/mp4",
        ".mov": "video/quicktime",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".png": "image/png",
    }
)
"""Of what Thespis writes, by extension. Matroska has no place for them."""


def media_type(path: Path) -> str | None:
    """The media type of a file that can carry credentials; None for any other."""
    return MEDIA_TYPES.get(path.suffix.lower())
