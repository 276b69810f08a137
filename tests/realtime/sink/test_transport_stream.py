"""A transport stream's bytes, looked at one packet after the other."""

from __future__ import annotations

import io
from itertools import pairwise

import av
import numpy as np
import pytest

from realtime.sink.transport_stream import TransportStream

SIZE_WH = (256, 144)
PACKET = 188


def picture(index: int) -> np.ndarray:
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    image[20:60, 5 * (index % 40) :] = 200
    return image


class Kept:
    """What a stream wrote."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def write(self, data: bytes) -> int:
        self.bytes += data
        return len(data)


def test_each_picture_leaves_whole_and_at_once() -> None:
    kept = Kept()
    stream = TransportStream(kept, SIZE_WH, 30.0)
    lengths = []
    for index in range(10):
        stream.write(picture(index), index / 30)
        lengths.append(len(kept.bytes))
    assert all(after > before for before, after in pairwise([0, *lengths]))
    assert all(length % PACKET == 0 for length in lengths)
    stream.close()


def test_key_frames_come_each_second_by_time() -> None:
    kept = Kept()
    stream = TransportStream(kept, SIZE_WH, 30.0)
    for index in range(31):
        stream.write(picture(index), index / 10)
    stream.close()
    with av.open(io.BytesIO(bytes(kept.bytes)), format="mpegts") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size and packet.pts is not None]
        first_s = float(packets[0].pts * packets[0].time_base)
        keys = [float(packet.pts * packet.time_base) - first_s for packet in packets if packet.is_keyframe]
    assert keys == pytest.approx([0.0, 1.0, 2.0, 3.0])


@pytest.mark.parametrize("colour", [(120, 150, 210), (40, 190, 60), (200, 60, 30), (128, 128, 128)])
def test_colours_come_back_as_they_were(colour: tuple[int, int, int]) -> None:
    kept = Kept()
    stream = TransportStream(kept, (65, 49), 30.0)
    for index in range(3):
        stream.write(np.full((49, 65, 3), colour, np.uint8), index / 30)
    stream.close()
    with av.open(io.BytesIO(bytes(kept.bytes)), format="mpegts") as container:
        frame = next(container.decode(video=0))
        assert container.metadata is not None
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)
    assert (frame.width, frame.height) == (66, 50)
    assert frame.to_ndarray(format="bgr24")[24, 32].tolist() == pytest.approx(list(colour), abs=5)


def test_the_rate_is_held_even_of_noise() -> None:
    kept, random = Kept(), np.random.default_rng(0)
    stream = TransportStream(kept, (640, 360), 30.0)
    for index in range(60):
        stream.write(random.integers(0, 255, (360, 640, 3), np.uint8), index / 30)
    stream.close()
    assert len(kept.bytes) * 8 / 2 < 2 * 0.25 * 640 * 360 * 30 + 200_000
