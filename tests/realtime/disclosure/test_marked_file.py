"""The mark of a whole file: films, pictures, and what is neither."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn_scenes import scene, with_noise, worn

from realtime.disclosure import marked_file
from realtime.disclosure.marked_file import read_file
from realtime.disclosure.watermark import Watermark
from realtime.errors import SourceError
from realtime.frame import BgrImage

ONE, OTHER = 0x3FA2C110, 0x00BEEF10


def pictures(marks: Sequence[int | None]) -> list[BgrImage]:
    watermark = Watermark()
    found = []
    for index, mark in enumerate(marks):
        picture = with_noise(scene(1, (320, 180)), index, 1.0)
        found.append(picture if mark is None else watermark(worn(picture, mark, index=index)).image)
    return found


def write_film(path: Path, frames: Sequence[BgrImage], rate: int = 5) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "ultrafast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())
    return path


def test_no_such_file(tmp_path: Path) -> None:
    for name in ("gone.mp4", "gone.png"):
        with pytest.raises(SourceError, match=r"[Nn]o such file"):
            read_file(tmp_path / name)


@pytest.mark.parametrize("name", ["empty.mp4", "empty.png"])
def test_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError):
        read_file(tmp_path / name)


def test_no_picture_and_no_film(tmp_path: Path) -> None:
    for name in ("text.png", "text.mkv"):
        (tmp_path / name).write_text("All the world's a stage. " * 100)
        with pytest.raises(SourceError, match="text"):
            read_file(tmp_path / name)


def test_larger_than_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked_file, "MOST_PIXELS", 10_000)
    write_film(tmp_path / "large.mp4", pictures([ONE]))
    with pytest.raises(SourceError, match="320x180"):
        read_file(tmp_path / "large.mp4")


def test_an_unmarked_film(tmp_path: Path) -> None:
    got = read_file(write_film(tmp_path / "bare.mp4", pictures([None] * 20)))
    assert (got.windows, got.found, got.mark, got.share, got.frames) == (2, 0, None, 0.0, 20)
    assert 0 <= got.confidence <= 0.5


def test_a_marked_film(tmp_path: Path) -> None:
    moves = []
    film = write_film(tmp_path / "made.mp4", pictures([ONE] * 20))
    got = read_file(film, lambda done_s, of_s: moves.append((done_s, of_s)))
    assert (got.windows, got.found, got.mark, got.broke_off) == (2, 2, ONE, False)
    assert got.confidence > 0.999
    assert [done_s for done_s, _ in moves] == [2.0, 4.0]


def test_the_mark_that_most_windows_carry(tmp_path: Path) -> None:
    got = read_file(write_film(tmp_path / "two.mp4", pictures([OTHER] * 10 + [ONE] * 20 + [None] * 10)))
    assert (got.windows, got.found, got.mark) == (4, 2, ONE)


@pytest.mark.parametrize(("frames", "windows", "judged"), [(3, 1, 3), (13, 1, 10), (16, 2, 16)])
def test_the_rest_of_a_film(tmp_path: Path, frames: int, windows: int, judged: int) -> None:
    """Half a window or more counts, and less where there is no more."""
    got = read_file(write_film(tmp_path / "short.mkv", pictures([ONE] * frames)))
    assert (got.windows, got.found, got.frames) == (windows, windows, judged)


def test_a_film_cut_short(tmp_path: Path) -> None:
    film = write_film(tmp_path / "whole.mkv", pictures([ONE] * 30))
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    got = read_file(film)
    assert got.mark == ONE
    assert got.broke_off


@pytest.mark.parametrize("name", ["made.png", "made.jpg", "made.webp", "made.bmp"])
def test_a_picture(tmp_path: Path, name: str) -> None:
    cv2.imwrite(str(tmp_path / name), pictures([ONE])[0])
    got = read_file(tmp_path / name)
    assert (got.windows, got.found, got.mark, got.frames) == (1, 1, ONE, 1)


def test_an_even_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 128, np.uint8))
    got = read_file(tmp_path / "grey.png")
    assert (got.mark, got.confidence) == (None, 0.0)
