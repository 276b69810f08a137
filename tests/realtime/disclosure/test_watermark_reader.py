"""Reading the mark back: never where there is none, and through what films go through."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import av
import cv2
import numpy as np
import pytest
from drawn_scenes import scene, with_noise, worn

from realtime.disclosure.mark_search import count_cuts
from realtime.disclosure.watermark import Watermark
from realtime.disclosure.watermark_reader import LEAST_SCORE, TRIES, Verdict, WindowReader, chance_of
from realtime.frame import BgrImage

MARK = 0x3FA2C110


def verdict(pictures: list[BgrImage]) -> Verdict:
    window = WindowReader()
    for picture in pictures:
        window.add(picture)
    return window.verdict()


@pytest.fixture(scope="module")
def marked() -> list[BgrImage]:
    watermark = Watermark()
    return [watermark(worn(with_noise(scene(1), seed), MARK, index=seed)).image for seed in range(6)]


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((360, 640, 3), np.uint8),
        np.full((360, 640, 3), 128, np.uint8),
        np.full((1, 1, 3), 128, np.uint8),
        np.full((64, 64, 3), 255, np.uint8),
        np.full((3, 2000, 3), 99, np.uint8),
    ],
)
def test_nothing_in_even_pictures(picture: BgrImage) -> None:
    got = verdict([picture])
    assert (got.found, got.mark, got.score, got.confidence) == (False, None, 0.0, 0.0)


def test_nothing_added() -> None:
    assert not WindowReader().verdict().found


@pytest.mark.parametrize("seed", range(6))
def test_nothing_in_unmarked_pictures(seed: int) -> None:
    got = verdict([with_noise(scene(seed), seed), with_noise(scene(seed), seed + 1)])
    assert not got.found
    assert got.score < LEAST_SCORE
    assert 0 <= got.confidence <= 0.5


def test_false_alarms_are_rarer_than_one_in_a_million() -> None:
    assert chance_of(LEAST_SCORE) * 4 * TRIES / 2**16 < 1e-6
    assert chance_of(0.0) == chance_of(-3.0) == 1.0
    assert chance_of(7.0) == pytest.approx(4 * count_cuts() * math.exp(-24.5))


def test_read_whole(marked: list[BgrImage]) -> None:
    got = verdict(marked)
    assert (got.found, got.mark, got.mirrored) == (True, MARK, False)
    assert got.confidence > 0.999999
    assert got.cut is not None
    np.testing.assert_allclose((got.cut.left, got.cut.top, got.cut.width, got.cut.height), (0, 0, 1, 1), atol=0.004)


def test_one_picture_is_enough(marked: list[BgrImage]) -> None:
    assert verdict(marked[:1]).mark == MARK


def cropped(left: float, top: float, width: float = 0.9, height: float = 0.9) -> Callable[[BgrImage], BgrImage]:
    def crop(picture: BgrImage) -> BgrImage:
        rows, columns = picture.shape[:2]
        x, y = round(left * columns), round(top * rows)
        return picture[y : y + round(height * rows), x : x + round(width * columns)]

    return crop


def letterboxed(picture: BgrImage) -> BgrImage:
    box = np.zeros((720, 960, 3), np.uint8)
    box[90:630] = cv2.resize(picture, (960, 540), interpolation=cv2.INTER_AREA)
    return box


def jpeg(picture: BgrImage) -> BgrImage:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


CHANGES: dict[str, Callable[[BgrImage], BgrImage]] = {
    "cropped": cropped(0.05, 0.05),
    "cropped off centre": cropped(0.083, 0.011),
    "cropped to 4:3": cropped(0.125, 0.0, 0.75, 1.0),
    "letterboxed": letterboxed,
    "half as large": lambda picture: cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "twice as large": lambda picture: cv2.resize(picture, None, fx=2, fy=2),
    "stretched": lambda picture: cv2.resize(picture, (500, 500)),
    "JPEG": jpeg,
    "brighter": lambda picture: cv2.convertScaleAbs(picture, alpha=1.2),
    "darker": lambda picture: cv2.convertScaleAbs(picture, alpha=0.8),
    "grey": lambda picture: cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
}


@pytest.mark.parametrize("name", CHANGES)
def test_read_through(marked: list[BgrImage], name: str) -> None:
    assert verdict([CHANGES[name](picture) for picture in marked]).mark == MARK


def test_read_mirrored(marked: list[BgrImage]) -> None:
    got = verdict([picture[:, ::-1] for picture in marked])
    assert (got.mark, got.mirrored) == (MARK, True)


def test_a_dark_room_is_no_black_bar() -> None:
    watermark, picture = Watermark(), scene(1)
    lit = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(lit, (320, 180), (110, 150), 0, 0, 360, 1.0, -1)
    dark = np.clip(picture * cv2.GaussianBlur(lit, (0, 0), 9)[..., None] + 4, 0, 255).astype(np.uint8)
    pictures = [watermark(worn(with_noise(dark, seed), MARK, index=seed)).image for seed in range(4)]
    assert verdict(pictures).mark == MARK


def test_says_where_it_was_cut(marked: list[BgrImage]) -> None:
    cut = verdict([cropped(0.083, 0.011)(picture) for picture in marked]).cut
    assert cut is not None
    np.testing.assert_allclose((cut.left, cut.top, cut.width, cut.height), (0.083, 0.011, 0.9, 0.9), atol=0.006)


def test_half_a_mark_is_none(marked: list[BgrImage]) -> None:
    """What is left of a tenth of the picture is not enough, and is not taken for another mark."""
    assert verdict([cropped(0.3, 0.3, 0.3, 0.3)(picture) for picture in marked]).mark is None


def test_sizes_that_change_midway(marked: list[BgrImage]) -> None:
    halves = [cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA) for picture in marked[3:]]
    assert verdict([*marked[:3], *halves]).mark == MARK


@pytest.mark.parametrize(("codec", "bit_rate"), [("libx264", 300_000), ("libvpx", 400_000), ("libvpx-vp9", 400_000)])
def test_read_through_films(marked: list[BgrImage], codec: str, bit_rate: int) -> None:
    got = verdict(decoded(coded(marked * 4, codec, bit_rate)))
    assert got.mark == MARK


def coded(pictures: list[BgrImage], codec: str, bit_rate: int) -> io.BytesIO:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options = {"preset": "veryfast"} if codec == "libx264" else {"deadline": "realtime", "cpu-used": "8"}
        stream = container.add_stream(codec, rate=30, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    file.seek(0)
    return file


def decoded(file: io.BytesIO) -> list[BgrImage]:
    with av.open(file) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
