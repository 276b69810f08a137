"""Snapshots: no persona, no picture; then what is in it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.snapshot import PICTURES, SnapshotSink

FrameAt = Callable[..., Frame]


def test_where_no_frame_shows_a_persona_there_is_no_picture(tmp_path: Path, frame_at: FrameAt) -> None:
    path = tmp_path / "me.png"
    sink = SnapshotSink(path)
    sink.open((64, 48), 25.0)
    for index in range(3):
        sink.write(replace(frame_at(index), worn=False))
    with pytest.raises(SinkError, match=r"me\.png: wanted a frame that shows a persona, got none in 3; bring a face"):
        sink.close()
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_is_wrong_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.jpg, \.jpeg, \.png, got \.gif"):
        SnapshotSink(tmp_path / "me.gif").open((64, 48), 25.0)
    with pytest.raises(SinkError, match="which cannot be written"):
        SnapshotSink(tmp_path / "none" / "me.png").open((64, 48), 25.0)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SinkError, match="a folder of that name"):
        SnapshotSink(tmp_path / "folder.png").open((64, 48), 25.0)


def test_a_full_disk_is_told_and_what_was_there_stays(
    tmp_path: Path, frame_at: FrameAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "me.png"
    path.write_bytes(b"before")
    monkeypatch.setattr(Path, "replace", full)
    sink = SnapshotSink(path)
    sink.open((64, 48), 25.0)
    sink.write(frame_at(0))
    with pytest.raises(SinkError, match="No space left on device"):
        sink.close()
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["me.png"]


def test_it_is_not_written_through_a_link_that_lies_there(tmp_path: Path, frame_at: FrameAt) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    (tmp_path / ".me.png.partial").symlink_to(mine)
    with SnapshotSink(tmp_path / "me.png") as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
    assert mine.read_bytes() == b"mine"
    assert not (tmp_path / "me.png").is_symlink()


def test_frames_of_another_size_are_refused(tmp_path: Path, frame_at: FrameAt) -> None:
    with SnapshotSink(tmp_path / "me.png") as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
        with pytest.raises(SinkError, match="wanted frames of 64x48, got 32x24"):
            sink.write(frame_at(1, size_wh=(32, 24)))
    assert (tmp_path / "me.png").exists()


def test_a_frame_before_open_is_refused(tmp_path: Path, frame_at: FrameAt) -> None:
    with pytest.raises(SinkError, match="not open"):
        SnapshotSink(tmp_path / "me.png").write(frame_at(0))


@pytest.mark.parametrize("extension", PICTURES)
def test_it_is_the_last_picture_that_shows_a_persona(tmp_path: Path, frame_at: FrameAt, extension: str) -> None:
    path = tmp_path / f"me{extension}"
    with SnapshotSink(path) as sink:
        sink.open((64, 48), 25.0)
        for index in range(6):
            sink.write(replace(frame_at(index), worn=index < 4))
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (48, 64, 3)
    assert float(picture.mean()) == pytest.approx(frame_at(3).image.mean(), abs=1)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
