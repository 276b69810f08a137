"""Digests of files that may be larger than memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from realtime.plain_file import open_plain

_CHUNK_BYTES = 1024 * 1024


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
