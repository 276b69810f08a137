from __future__ import annotations

import io

import av
import cv2
import numpy as np
import pytest

from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.stamp import (
    Evidence,
    Sighting,
    Stamp,
    StampingSource,
    StampReadingSink,
    read_stamp,
    stamp_size_wh,
    write_stamp,
)

SIZES = [(64, 64), (100, 75), (321, 241), (640, 360), (1280, 720), (3840, 2160)]
STAMP = Stamp(index=123_456, captured_s=1_234_567.890123)


def noise(size_wh: tuple[int, int], seed: int = 0) -> BgrImage:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)


def through_h264(images: list[BgrImage], fps: int = 30) -> list[BgrImage]:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "28"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("size_wh", SIZES)
def test_what_is_written_is_read(size_wh: tuple[int, int]) -> None:
    image = noise(size_wh)
    write_stamp(image, STAMP)
    assert read_stamp(image) == STAMP


@pytest.mark.parametrize("size_wh", SIZES)
def test_a_stamp_touches_the_top_left_only(size_wh: tuple[int, int]) -> None:
    image = noise(size_wh)
    before = image.copy()
    write_stamp(image, STAMP)
    width, height = stamp_size_wh(size_wh)
    assert height <= size_wh[1] // 2
    image[:height, :width] = before[:height, :width]
    assert np.array_equal(image, before)


@pytest.mark.parametrize("size_wh", [(64, 64), (640, 360), (1280, 720)])
def test_it_survives_h264(size_wh: tuple[int, int]) -> None:
    images = [noise(size_wh, seed) // 4 + 90 for seed in range(6)]
    stamps = [Stamp(index, 5.0 + index / 30) for index in range(6)]
    for image, stamp in zip(images, stamps, strict=True):
        write_stamp(image, stamp)
    read = [read_stamp(image) for image in through_h264(images)]
    assert [stamp and stamp.index for stamp in read] == list(range(6))
    assert [stamp.captured_s for stamp in read if stamp] == pytest.approx([s.captured_s for s in stamps], abs=1e-6)


def test_it_survives_yuv_and_jpeg() -> None:
    image = noise((640, 360)) // 2 + 60
    write_stamp(image, STAMP)
    yuv = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    assert read_stamp(np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420), np.uint8)) == STAMP
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 50])
    assert read_stamp(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)) == STAMP


@pytest.mark.parametrize("value", [0, 127, 255])
def test_a_picture_without_a_stamp_has_none(value: int) -> None:
    assert read_stamp(np.full((360, 640, 3), value, np.uint8)) is None
    assert read_stamp(noise((640, 360))) is None
    assert read_stamp(np.full((8, 8, 3), value, np.uint8)) is None


def test_a_damaged_stamp_is_not_read() -> None:
    image = noise((640, 360))
    write_stamp(image, STAMP)
    image[:8, 16:24] = 255 - image[:8, 16:24]
    assert read_stamp(image) is None


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="8x8 is too small"):
        write_stamp(np.zeros((8, 8, 3), np.uint8), STAMP)
    with pytest.raises(ValueError, match="does not fit"):
        write_stamp(noise((640, 360)), Stamp(-1, 0.0))


class TwoPictures(Source):
    name, live = "two", False

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._left = [Frame(n, 1.0 + n, float(n), noise((64, 64))) for n in (1, 0)]

    def open(self) -> None:
        self.calls.append("open")
        self.size_wh, self.fps = (64, 64), 30.0

    def read(self) -> Frame | None:
        return self._left.pop() if self._left else None

    def close(self) -> None:
        self.calls.append("close")


class Keeping(Sink):
    name = "keeping"
    main_thread = True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        self.calls.append(f"open {size_wh} {fps}")

    def write(self, frame: Frame) -> None:
        self.calls.append(f"write {frame.index}")

    def close(self) -> None:
        self.calls.append("close")


def test_from_a_stamping_source_to_a_reading_sink() -> None:
    inner_source, inner_sink = TwoPictures(), Keeping()
    source, sink = StampingSource(inner_source), StampReadingSink(inner_sink, clock=lambda: 9.0)
    assert (source.name, source.live, sink.name, sink.main_thread) == ("two", False, "keeping", True)
    with source, sink:
        sink.open(source.size_wh, source.fps)
        while (frame := source.read()) is not None:
            sink.write(frame)
    assert sink.sightings == [Sighting(Stamp(0, 1.0), 9.0), Sighting(Stamp(1, 2.0), 9.0)]
    assert inner_source.calls == ["open", "close"]
    assert inner_sink.calls == ["open (64, 64) 30.0", "write 0", "write 1", "close"]


def test_evidence_of_drops_order_and_age() -> None:
    seen = [Sighting(Stamp(n, float(n)), n + 0.5) for n in (3, 4, 6, 6, 11, 10)] + [Sighting(None, 10.0)]
    evidence = Evidence.of(seen)  # 5, 7, 8, 9 are missing; one was held, one concealed
    assert (evidence.dropped, evidence.unreadable, evidence.repeated, evidence.out_of_order) == (2, 1, 1, 1)
    assert (evidence.seen_s - evidence.captured_s).tolist() == [0.5] * 6


def test_evidence_of_nothing() -> None:
    evidence = Evidence.of([])
    assert (evidence.dropped, evidence.unreadable, evidence.repeated, evidence.out_of_order) == (0, 0, 0, 0)
    assert evidence.captured_s.size == 0
