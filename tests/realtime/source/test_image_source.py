"""Stills, and files that are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.source.image import ImageSource


@pytest.fixture
def still(tmp_path: Path) -> Path:
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (479, 853, 3), np.uint8))
    return path


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "still.png"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="wanted a picture"):
        ImageSource(path).open()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        ImageSource(tmp_path).open()


def test_a_cut_off_picture_is_refused_or_shown_as_far_as_it_goes(still: Path) -> None:
    still.write_bytes(still.read_bytes()[:5000])
    try:
        with ImageSource(still) as source:
            assert source.size_wh == (853, 479)
    except SourceError as told:
        assert "wanted a picture" in str(told)


def test_once_means_once(still: Path) -> None:
    with ImageSource(still, live=False) as source:
        frame = source.read()
        assert frame is not None
        assert np.array_equal(frame.image, cv2.imread(str(still)))
        assert source.read() is None


@pytest.mark.parametrize(
    ("shape", "dtype", "scale"),
    [((20, 30), np.uint8, 1), ((20, 30, 4), np.uint8, 1), ((20, 30, 3), np.uint16, 256)],
)
def test_other_kinds_of_pictures_become_bgr(tmp_path: Path, shape, dtype, scale: int) -> None:
    path = tmp_path / "odd.png"
    cv2.imwrite(str(path), np.full(shape, 90 * scale, dtype))
    with ImageSource(path, live=False) as source:
        frame = source.read()
    assert frame is not None and frame.image.dtype == np.uint8
    assert frame.image.shape == (20, 30, 3)
    assert (frame.image == 90).all()


@pytest.mark.parametrize(("box", "size_wh"), [((400, 400), (400, 225)), ((1706, 2000), (1706, 958))])
def test_it_fits_into_a_box_without_being_squeezed(still: Path, box, size_wh) -> None:
    with ImageSource(still, size_wh=box) as source:
        assert source.size_wh == size_wh


def test_it_comes_at_its_rate(still: Path, monkeypatch) -> None:
    now_s = [5.0]
    source = ImageSource(still, fps=10, clock=lambda: now_s[0])

    def wait(seconds: float) -> bool:
        now_s[0] += seconds
        return True

    monkeypatch.setattr(source._guard, "wait", wait)
    with source:
        frames = [source.read() for _ in range(4)]
    assert [f.captured_s for f in frames if f] == pytest.approx([5.0, 5.1, 5.2, 5.3])
    assert [f.media_s for f in frames if f] == pytest.approx([0.0, 0.1, 0.2, 0.3])
