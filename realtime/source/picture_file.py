"""Picture files, decoded only after their headers were found to claim no more than there is room for."""

from __future__ import annotations

import io
import re
import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from realtime.errors import SourceError
from realtime.frame import BgrImage
from realtime.plain_file import read_bounded

PICTURE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
MOST_BYTES = 256 * 1024 * 1024
MOST_PIXELS = 128_000_000
"""The largest phones take 12,000 x 9,000."""
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
"""Pillow knows dozens more, each with a parser of its own that a stranger's file need not reach."""
_MOST_SCANS = 100
"""Of a progressive JPEG; programs write ten or twelve. Each costs a pass over all pixels, however little it holds."""
_MOST_SEGMENTS = 10_000
_SCAN, _END, _BARE = 0xDA, 0xD9, (0x01, *range(0xD0, 0xD9))
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""Within a scan's data, zero and restart markers are part of it."""


def read_encoded(path: Path, name: str) -> bytes:
    """A picture file's bytes.

    Args:
        path: The file.
        name: What errors call it.

    Raises:
        SourceError: It is not there, is no plain file, or is larger than `MOST_BYTES`.
    """
    try:
        return read_bounded(path, MOST_BYTES)
    except OSError as error:
        raise SourceError(
            name, wanted="a picture", got=error.strerror or str(error), next_step="check the path"
        ) from error


def decode_picture(encoded: bytes, name: str, most_pixels: int = MOST_PIXELS) -> BgrImage:
    """A picture file's content as pixels, turned upright as its camera noted it (EXIF).

    Args:
        encoded: The file.
        name: What errors call it.
        most_pixels: A header that claims more is refused before anything is decoded.

    Returns:
        (H, W, 3) uint8 BGR, 16 bits and transparency dropped.

    Raises:
        SourceError: It is no picture, a broken one, or a larger one.
    """
    if encoded.startswith(b"\xff\xd8") and _is_laboured(encoded):
        wanted = f"a JPEG of at most {_MOST_SCANS} scans"
        raise SourceError(name, wanted=wanted, got="more", next_step="open it in a picture viewer and save it anew")
    try:
        size = _claimed_size(encoded)
    except Image.DecompressionBombError as error:
        raise _too_large(name, most_pixels, "far more") from error
    if size is not None and size[0] * size[1] > most_pixels:
        raise _too_large(name, most_pixels, f"{size[0]}x{size[1]}")
    try:
        picture = None if size is None else cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # what it asserts of headers
        picture = None
    if picture is None:
        raise SourceError(
            name,
            wanted=f"a picture ({', '.join(PICTURE_EXTENSIONS)})",
            got=f"{len(encoded)} bytes of something else",
            next_step="open it in a picture viewer to see whether it is whole",
        )
    return np.ascontiguousarray(picture, np.uint8)


def picture_size(encoded: bytes) -> tuple[int, int] | None:
    """Width and height that a picture file claims, before any of it is decoded; None where it is no picture."""
    try:
        return _claimed_size(encoded)
    except Image.DecompressionBombError:
        return None


def _claimed_size(encoded: bytes) -> tuple[int, int] | None:
    """As `picture_size`.

    Raises:
        DecompressionBombError: Pillow finds the claim beyond reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged by whoever asks; broken EXIF is no matter here
            with Image.open(io.BytesIO(encoded), formats=_FORMATS) as header:
                return header.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, ArithmeticError, LookupError, struct.error):
        return None


def _is_laboured(encoded: bytes) -> bool:
    """Whether a JPEG has more scans, or segments before them, than any program writes (ITU-T T.81, B.1.1)."""
    at, scans = 2, 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(encoded, at)
        if found is None:
            return False
        marker, at = encoded[found.end() - 1], found.end()
        scans += marker == _SCAN
        if scans > _MOST_SCANS:
            return True
        if marker == _END:  # what phones put after it is another file: a film, a map of depths
            return False
        if marker not in _BARE:
            at += int.from_bytes(encoded[at : at + 2], "big")
    return True


def _too_large(name: str, most_pixels: int, got: str) -> SourceError:
    return SourceError(name, wanted=f"at most {most_pixels // 10**6} megapixels", got=got, next_step="scale it down")
