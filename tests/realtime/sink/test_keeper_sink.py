"""Recordings and snapshots that are asked for while frames go by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import av
import cv2
import pytest

from realtime.disclosure.credentials import read_credentials
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_anchors, local_key
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink import keeper as keeper_module
from realtime.sink.keeper import KeeperSink
from realtime.sink.recorder import RecorderSink

FrameAt = Callable[..., Frame]
NOON = datetime(2026, 11, 23, 12, 0, 0)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def keeper(tmp_path: Path, keys: Path, said: list[str]) -> KeeperSink:
    signer = FileSigner(lambda: local_key(keys))
    return KeeperSink(signer, say=said.append, warn=said.append, folder=tmp_path / "kept", clock=lambda: NOON)


@contextmanager
def going_by(sink: KeeperSink, frame_at: FrameAt) -> Iterator[None]:
    """Frames are written in a thread of their own, as the loop does."""
    over = threading.Event()

    def write() -> None:
        index = 0
        while not over.wait(0.005):
            sink.write(frame_at(index))
            index += 1

    sink.open((64, 48), 25.0)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)
        sink.close()


def test_a_recording_is_signed_and_none_is_written_over(
    keeper: KeeperSink, frame_at: FrameAt, keys: Path, said: list[str]
) -> None:
    with going_by(keeper, frame_at):
        paths = []
        for _ in range(2):
            paths.append(keeper.start_recording())
            assert keeper.recording == paths[-1]
            for index in range(5):
                keeper.write(frame_at(index))
            assert "is signed as made with AI" in keeper.stop_recording()
        assert keeper.recording is None
    assert [path.name for path in paths] == ["Thespis 2026-11-23 12.00.00.mp4", "Thespis 2026-11-23 12.00.00 2.mp4"]
    for path in paths:
        found = read_credentials(path, anchors=local_anchors(keys))
        assert found is not None
        assert found.made_here
        with av.open(str(path)) as film:
            assert sum(1 for _ in film.decode(video=0)) >= 5
    assert len(said) == 2


def test_what_is_being_recorded_when_the_show_ends_is_finished(keeper: KeeperSink, frame_at: FrameAt) -> None:
    with going_by(keeper, frame_at):
        path = keeper.start_recording()
        for index in range(5):
            keeper.write(frame_at(index))
    with av.open(str(path)) as film:
        assert sum(1 for _ in film.decode(video=0)) >= 5


def test_a_snapshot(keeper: KeeperSink, frame_at: FrameAt, keys: Path) -> None:
    with going_by(keeper, frame_at):
        path = keeper.snapshot()
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (48, 64, 3)
    found = read_credentials(path, anchors=local_anchors(keys))
    assert found is not None
    assert found.made_here


def test_where_no_persona_is_seen_there_is_no_snapshot_and_no_file(
    keeper: KeeperSink, frame_at: FrameAt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keeper_module, "PATIENCE_S", 0.05)
    keeper.open((64, 48), 25.0)
    with pytest.raises(SinkError, match="wanted a frame that shows a persona"):
        keeper.snapshot()
    assert not list((tmp_path / "kept").iterdir())


@pytest.mark.parametrize("ask", ["start_recording", "snapshot"])
def test_while_nothing_plays_nothing_is_kept(keeper: KeeperSink, ask: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="wanted a show that plays"):
        getattr(keeper, ask)()
    assert not (tmp_path / "kept").exists()
    assert keeper.stop_recording() == ""


def test_a_second_recording_at_once_is_refused(keeper: KeeperSink) -> None:
    keeper.open((64, 48), 25.0)
    keeper.start_recording()
    with pytest.raises(SinkError, match="one that runs already"):
        keeper.start_recording()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keeper = KeeperSink(folder=tmp_path / "file" / "below")
    keeper.open((64, 48), 25.0)
    with pytest.raises(SinkError, match="wanted a folder that can be written"):
        keeper.start_recording()


def test_a_disk_that_fills_is_told_and_the_loop_goes_on(
    keeper: KeeperSink, frame_at: FrameAt, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(RecorderSink):
        def write(self, frame: Frame) -> None:
            if frame.index == 3:
                raise SinkError(f"recording {self.name}", got="a full disk")
            super().write(frame)

    monkeypatch.setattr(keeper_module, "RecorderSink", Full)
    keeper.open((64, 48), 25.0)
    keeper.start_recording()
    for index in range(6):
        keeper.write(frame_at(index))
    assert keeper.recording is None
    assert len(said) == 1
    assert "got a full disk; all else goes on" in said[0]
    assert keeper.start_recording().name.endswith(" 2.mp4"), "and the next one begins anew"
    keeper.close()
