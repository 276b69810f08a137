"""A picture file: headers first, then the decoder, within bounds small enough to be fast."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from realtime.errors import SourceError
from realtime.source.picture_file import decode_picture
from tests.fuzz.draw import Draw, splice

_MOST_PIXELS = 1 << 20
_PICTURE = np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)
CODED = tuple(cv2.imencode(ending, _PICTURE)[1].tobytes() for ending in (".png", ".jpg", ".bmp", ".webp", ".tiff"))


def one_input(data: bytes) -> None:
    """Decode it; nothing larger than was allowed comes of it."""
    draw = Draw(data)
    encoded = splice(draw, draw.one_of(CODED)) if draw.below(2) else draw.rest()
    try:
        picture = decode_picture(encoded, "picture", _MOST_PIXELS)
    except SourceError:
        return
    assert picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    assert picture.shape[0] * picture.shape[1] <= _MOST_PIXELS


def seeds() -> Iterator[bytes]:
    """One of each format, whole and spliced."""
    yield from (b"\0" + coded for coded in CODED)
    yield from (bytes([1, number, 8, 0, 0, 1]) for number in range(len(CODED)))
