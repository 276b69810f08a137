"""Digests of files that may be larger than memory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from realtime.plain_file import open_plain

_CHUNK_BYTES = 1024 * 1024


def likeness_of(path: Path) -> str:
    """Length, and digest of both ends, by which a file is known on another machine without being read through.

    Raises:
        OSError: As of `sha256_of`.
    """
    with open_plain(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        digest = hashlib.sha256(file.read(_CHUNK_BYTES))
        file.seek(max(0, size - _CHUNK_BYTES))
        digest.update(file.read(_CHUNK_BYTES))
    return f"{size}-{digest.hexdigest()}"


def sha256_of(path: Path) -> str:
    """SHA-256 of a plain file's bytes, hexadecimal.

    Raises:
        OSError: It cannot be read, or is a folder, pipe, device or socket.
    """
    digest = hashlib.sha256()
    with open_plain(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
