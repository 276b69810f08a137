"""A frame's index and capture time, written into its pixels and read back at the other end.

What a viewer receives is a picture, so drops, order and age are proved from pictures: 112 bits (index,
capture time, checksum) as black and white squares along the top edge. A square is 8 pixels wide, 4 in small
frames, and is read as the mean of its middle, which survives 4:2:0 chroma, H.264 and an invisible watermark.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.tap import SinkTap, SourceTap
from realtime.timing import now_s

INDEX_BYTES, TIME_BYTES, CHECK_BYTES = 4, 6, 4
BITS = 8 * (INDEX_BYTES + TIME_BYTES + CHECK_BYTES)
SQUARES_PX = (8, 4)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is written into a picture."""

    index: int
    captured_s: float


def stamp_size_wh(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels of what a stamp covers, at the top left, in frames of this size.

    Raises:
        ValueError: The frame is too small to carry one.
    """
    square_px, columns, rows = _grid(size_wh)
    return columns * square_px, rows * square_px


def write_stamp(image: BgrImage, stamp: Stamp) -> None:
    """Draw a stamp into a picture, (H, W, 3) uint8 BGR, in place.

    Raises:
        ValueError: The picture is too small, or the index or time does not fit.
    """
    try:
        body = stamp.index.to_bytes(INDEX_BYTES, "big")
        body += round(stamp.captured_s * 1e6).to_bytes(TIME_BYTES, "big")
    except OverflowError as error:
        raise ValueError(f"stamp: {stamp} does not fit into {BITS} bits") from error
    bits = np.unpackbits(np.frombuffer(body + _checksum(body), np.uint8))
    square_px, columns, rows = _grid((image.shape[1], image.shape[0]))
    grid = np.zeros(columns * rows, np.uint8)
    grid[:BITS] = bits * 255
    squares = grid.reshape(rows, columns).repeat(square_px, axis=0).repeat(square_px, axis=1)
    image[: squares.shape[0], : squares.shape[1]] = squares[..., None]


def read_stamp(image: BgrImage) -> Stamp | None:
    """Read the stamp of a picture, (H, W, 3) uint8 BGR.

    Returns:
        The stamp, its time rounded to a microsecond; None where there is none or its checksum is wrong.
    """
    try:
        square_px, columns, rows = _grid((image.shape[1], image.shape[0]))
    except ValueError:
        return None
    area: npt.NDArray[np.uint8] = image[: rows * square_px, : columns * square_px]
    squares = area.reshape(rows, square_px, columns, square_px, 3)
    rim = square_px // 4
    middles = squares[:, rim:-rim, :, rim:-rim].mean(axis=(1, 3, 4))  # (rows, columns)
    packed = np.packbits(middles.reshape(-1)[:BITS] > 127.5).tobytes()
    body, check = packed[:-CHECK_BYTES], packed[-CHECK_BYTES:]
    if check != _checksum(body):
        return None
    index, time_us = body[:INDEX_BYTES], body[INDEX_BYTES:]
    return Stamp(int.from_bytes(index, "big"), int.from_bytes(time_us, "big") / 1e6)


def _checksum(body: bytes) -> bytes:
    # Started from the stamp's own number, so that a black picture is no valid stamp.
    return zlib.crc32(body, BITS).to_bytes(CHECK_BYTES, "big")


def _grid(size_wh: tuple[int, int]) -> tuple[int, int, int]:
    """Size of a square in pixels, squares in a row, rows."""
    for square_px in SQUARES_PX:
        columns = min(size_wh[0] // square_px, BITS)
        rows = -(-BITS // columns) if columns else 0
        if columns and rows * square_px <= size_wh[1] // 2:
            return square_px, columns, rows
    raise ValueError(f"stamp: a frame of {size_wh[0]}x{size_wh[1]} is too small for {BITS} bits")


class StampingSource(SourceTap):
    """A source whose every picture carries its index and capture time.

    Args:
        source: Where the pictures come from.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source, self._stamp)

    def _stamp(self, frame: Frame) -> Frame:
        write_stamp(frame.image, Stamp(frame.index, frame.captured_s))
        return frame


@dataclass(frozen=True, slots=True)
class Sighting:
    """One picture that arrived.

    Attributes:
        stamp: What its pixels said; None where they could not be read (a concealed picture, for one).
        seen_s: When it had arrived, monotonic seconds.
    """

    stamp: Stamp | None
    seen_s: float


class StampReadingSink(SinkTap):
    """A sink that also reads the stamp from the pixels of every picture it was given.

    Args:
        sink: Where the pictures go.
        clock: Monotonic seconds, the clock of the stamps.

    Attributes:
        sightings: What arrived, in order of arrival; about 100 bytes for each picture.
    """

    def __init__(self, sink: Sink, clock: Callable[[], float] = now_s) -> None:
        super().__init__(sink, self._see)
        self._clock = clock
        self.sightings: list[Sighting] = []

    def _see(self, frame: Frame) -> None:
        seen_s = self._clock()
        self.sightings.append(Sighting(read_stamp(frame.image), seen_s))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the pictures prove.

    Attributes:
        captured_s: (N,) float64, capture times as read from the pixels.
        seen_s: (N,) float64, when those pictures arrived.
        dropped: Indices between the first and the last that never arrived, in as far as no unreadable or
            repeated picture stands in their place.
        unreadable: Pictures without a readable stamp: those concealed whole, while no swap was good.
        repeated: Pictures that showed the one before once more: those held while no swap was good.
        out_of_order: Pictures older than the one before.
    """

    captured_s: npt.NDArray[np.float64]
    seen_s: npt.NDArray[np.float64]
    dropped: int
    unreadable: int
    repeated: int
    out_of_order: int

    @classmethod
    def of(cls, sightings: Sequence[Sighting]) -> Evidence:
        """Judge what arrived, in order of arrival."""
        read = [(s.stamp.index, s.stamp.captured_s, s.seen_s) for s in sightings if s.stamp is not None]
        table = np.array(read, np.float64).reshape(-1, 3)
        indices = table[:, 0]
        steps = np.diff(indices)
        unreadable, repeated = len(sightings) - len(read), int(np.count_nonzero(steps == 0))
        spanned = int(np.ptp(indices)) + 1 if indices.size else 0
        return cls(
            captured_s=table[:, 1],
            seen_s=table[:, 2],
            dropped=max(0, spanned - len(set(indices.tolist())) - unreadable - repeated),
            unreadable=unreadable,
            repeated=repeated,
            out_of_order=int(np.count_nonzero(steps < 0)),
        )
