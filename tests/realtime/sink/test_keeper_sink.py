"""Recordings and snapshots that are asked for while frames go by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
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
from realtime.sound.base import Sound, SoundBlock, SoundFeed
from realtime.timing import now_s

FrameAt = Callable[..., Frame]
LIMIT_S = 10.0
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
    keeper.close()


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


class Hung(RecorderSink):
    """A write hangs, as it does on a disk that does not answer, until somebody lets it go on."""

    entered, go_on = threading.Event(), threading.Event()

    def write(self, frame: Frame) -> None:
        super().write(frame)
        self.entered.set()
        assert self.go_on.wait(LIMIT_S)


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hung]]:
    kind = type("HungNow", (Hung,), {"entered": threading.Event(), "go_on": threading.Event()})
    monkeypatch.setattr(keeper_module, "RecorderSink", kind)
    monkeypatch.setattr(keeper_module, "HUNG_S", 0.05)
    yield kind
    kind.go_on.set()


def test_a_disk_that_hangs_keeps_nobody_from_stopping(
    keeper: KeeperSink, frame_at: FrameAt, keys: Path, said: list[str], hung: type[Hung]
) -> None:
    keeper.open((64, 48), 25.0)
    path = keeper.start_recording()
    with ThreadPoolExecutor(2) as threads:
        try:
            written = threads.submit(keeper.write, frame_at(0))
            assert hung.entered.wait(LIMIT_S)
            with pytest.raises(SinkError, match="got a disk that does not answer"):
                threads.submit(keeper.stop_recording).result(LIMIT_S)
            threads.submit(keeper.close).result(LIMIT_S)
            assert keeper.recording is None
        finally:
            hung.go_on.set()
        written.result(LIMIT_S)
    with av.open(str(path)) as film:
        assert sum(1 for _ in film.decode(video=0)) == 1, "whoever was writing has finished it"
    assert read_credentials(path, anchors=local_anchors(keys)) is not None
    assert said == []


def test_a_show_that_ends_while_the_disk_hangs_says_so(
    keeper: KeeperSink, frame_at: FrameAt, said: list[str], hung: type[Hung]
) -> None:
    keeper.open((64, 48), 25.0)
    keeper.start_recording()
    with ThreadPoolExecutor(2) as threads:
        try:
            threads.submit(keeper.write, frame_at(0))
            assert hung.entered.wait(LIMIT_S)
            threads.submit(keeper.close).result(LIMIT_S)
        finally:
            hung.go_on.set()
    assert len(said) == 1
    assert "got a disk that does not answer" in said[0]


class Heard(Sound, SoundFeed):
    """Silent, and remembers up to when it was asked for."""

    name, rate, channels, captured = "heard", 48_000, 1, True

    def __init__(self) -> None:
        self.until_s: list[float] = []
        self.closed = False

    def listen(self) -> SoundFeed:
        return self

    def take(self, until_s: float) -> Sequence[SoundBlock]:
        self.until_s.append(until_s)
        return ()

    def close(self) -> None:
        self.closed = True


def test_sound_is_taken_while_no_picture_comes(keeper: KeeperSink, frame_at: FrameAt) -> None:
    keeper.sound = heard = Heard()
    keeper.open((64, 48), 25.0)
    keeper.rest()
    keeper.start_recording()
    keeper.write(replace(frame_at(0), captured_s=now_s()))
    asked = len(heard.until_s)
    keeper.rest()
    assert len(heard.until_s) == asked + 1
    assert "is signed" in keeper.stop_recording()
    assert heard.closed


def test_one_that_breaks_while_no_picture_comes_is_told_and_not_signed(
    keeper: KeeperSink, frame_at: FrameAt, keys: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(RecorderSink):
        def rest(self) -> None:
            raise SinkError(f"recording {self.name}", got="a full disk")

    monkeypatch.setattr(keeper_module, "RecorderSink", Full)
    keeper.open((64, 48), 25.0)
    path = keeper.start_recording()
    keeper.write(frame_at(0))
    keeper.rest()
    keeper.rest()
    assert keeper.recording is None
    assert len(said) == 1
    assert "got a full disk; all else goes on" in said[0]
    with av.open(str(path)) as film:
        assert sum(1 for _ in film.decode(video=0)) == 1
    assert read_credentials(path, anchors=local_anchors(keys)) is None
