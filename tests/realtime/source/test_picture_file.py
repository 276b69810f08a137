"""Picture files whose headers claim more than there is room for, and others that would keep a decoder busy."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.source import picture_file
from realtime.source.picture_file import decode_picture, picture_size

PICTURE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
JPEG = cv2.imencode(".jpg", PICTURE)[1].tobytes()


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int) -> bytes:
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


def bmp(width: int, height: int) -> bytes:
    whole = cv2.imencode(".bmp", PICTURE)[1].tobytes()
    return whole[:18] + struct.pack("<ii", width, height) + whole[26:]


def tiff(width: int, height: int) -> bytes:
    """One strip of next to nothing."""
    fields = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height)]
    fields.append((279, 4, 8))
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + struct.pack("<I", 0)


def webp(width: int, height: int) -> bytes:
    whole = cv2.imencode(".webp", PICTURE, [cv2.IMWRITE_WEBP_QUALITY, 50])[1].tobytes()
    at = whole.index(b"\x9d\x01\x2a") + 3
    return whole[:at] + struct.pack("<HH", width, height) + whole[at + 4 :]


@pytest.mark.parametrize(
    "encoded",
    [
        *(png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), png(1, 2**31 - 1), jpeg(65_500, 65_500)),
        *(bmp(40_000, -40_000), tiff(2**31, 2**31), tiff(100_000, 2_000), webp(16_383, 16_383)),
    ],
    ids=["png", "largest png", "png of one column", "jpeg", "bmp", "tiff", "wide tiff", "webp"],
)
def test_what_claims_to_be_huge_is_not_decoded(encoded: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(picture_file.cv2, "imdecode", decode)
    with pytest.raises(SourceError, match=r"megapixels|of something else"):
        decode_picture(encoded, "picture")


def test_its_bound_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode_picture(JPEG, "picture", 48 * 64).shape == (48, 64, 3)
    with pytest.raises(SourceError, match="got 64x48; scale it down"):
        decode_picture(JPEG, "picture", 48 * 64 - 1)


def test_a_jpeg_of_thousands_of_scans_is_not_decoded() -> None:
    """Each of them costs a pass over all pixels."""
    progressive = cv2.imencode(".jpg", PICTURE, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert decode_picture(progressive, "picture").shape == (48, 64, 3)
    last = progressive.rindex(b"\xff\xda")
    laboured = progressive[:last] + progressive[last:-2] * 2000 + b"\xff\xd9"
    with pytest.raises(SourceError, match="at most 100 scans"):
        decode_picture(laboured, "picture")


def test_a_film_behind_a_photo_is_no_scan() -> None:
    """As phones append it."""
    assert decode_picture(JPEG + b"\xff\xda" * 5000, "picture").shape == (48, 64, 3)


def test_a_jpeg_of_endless_segments_is_not_decoded() -> None:
    with pytest.raises(SourceError, match="scans"):
        decode_picture(JPEG[:2] + b"\xff\xfe\x00\x02" * 100_000 + JPEG[2:], "picture")


@pytest.mark.parametrize("encoded", [b"GIF89a" + bytes(50), b"%!PS-Adobe-3.0 EPSF", b"8BPS\0\1" + bytes(40), b""])
def test_other_formats_are_none(encoded: bytes) -> None:
    assert picture_size(encoded) is None
    with pytest.raises(SourceError, match="something else"):
        decode_picture(encoded, "picture")
