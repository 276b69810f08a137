"""What every sink promises, asked of each of them."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.panel.preview import PreviewSink
from realtime.sink.base import Sink
from realtime.sink.first import FirstSink
from realtime.sink.keeper import KeeperSink
from realtime.sink.mjpeg import MjpegSink
from realtime.sink.mpegts import MpegTsSink
from realtime.sink.null import NullSink
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.pipewire_camera import PipeWireCamera
from realtime.sink.recorder import RecorderSink
from realtime.sink.signing import SigningSink
from realtime.sink.snapshot import SnapshotSink
from realtime.sink.srt import SrtLink
from realtime.sink.udp import UdpLink
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.sink.window import WindowSink
from tests.realtime.sink.fake_pipewire import FakePipeWire

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux's")
PIPEWIRE = pytest.param("pipewire", marks=LINUX)
MEMBERS = [
    *("null", "camera", "window", "mp4", "mov", "mkv", "png", "jpg", "signed mp4", "signed png", "kept", "preview"),
    *("mjpeg", "udp", "srt", PIPEWIRE, "first"),
]
FrameAt = Callable[..., Frame]


@pytest.fixture(params=MEMBERS)
def sink(request, tmp_path: Path, driver, gui, pretend_ffmpeg) -> Sink:
    signer = FileSigner(lambda: local_key(tmp_path / "credentials"))
    return {
        "null": NullSink,
        "camera": VirtualCameraSink,
        "pipewire": lambda: PipeWireSink(make=partial(PipeWireCamera, start=FakePipeWire())),
        "first": lambda: FirstSink([RecorderSink(tmp_path / "film.avi"), VirtualCameraSink()]),
        "window": lambda: WindowSink(gui=gui, why_not=lambda: ""),
        "mp4": lambda: RecorderSink(tmp_path / "film.mp4"),
        "mov": lambda: RecorderSink(tmp_path / "film.mov"),
        "mkv": lambda: RecorderSink(tmp_path / "film.mkv"),
        "png": lambda: SnapshotSink(tmp_path / "me.png"),
        "jpg": lambda: SnapshotSink(tmp_path / "me.jpg"),
        "signed mp4": lambda: SigningSink(RecorderSink(tmp_path / "film.mp4"), tmp_path / "film.mp4", signer),
        "signed png": lambda: SigningSink(
            SnapshotSink(tmp_path / "me.png"), tmp_path / "me.png", signer, last_only=True
        ),
        "mjpeg": lambda: MjpegSink("mjpeg://127.0.0.1:0"),
        "udp": lambda: MpegTsSink(UdpLink("udp://127.0.0.1:9")),
        "srt": lambda: MpegTsSink(SrtLink("srt://127.0.0.1:9", which=pretend_ffmpeg)),
        "kept": lambda: KeeperSink(signer, folder=tmp_path / "kept"),
        "preview": PreviewSink,
    }[request.param]()


@pytest.fixture(params=["camera", "window", "mp4", "png", "mjpeg", "udp", "srt", PIPEWIRE, "first"])
def refused(request, tmp_path: Path, driver, gui) -> Sink:
    """A sink whose device is not there."""
    driver.refusal = "no device found"
    return {
        "camera": VirtualCameraSink,
        "pipewire": lambda: PipeWireSink(make=partial(PipeWireCamera, start=FakePipeWire(away=True))),
        "first": lambda: FirstSink([VirtualCameraSink(), RecorderSink(tmp_path / "film.avi")]),
        "window": lambda: WindowSink(gui=gui, why_not=lambda: "no screen"),
        "mp4": lambda: RecorderSink(tmp_path / "no folder" / "film.mp4"),
        "png": lambda: SnapshotSink(tmp_path / "no folder" / "me.png"),
        "mjpeg": lambda: MjpegSink("mjpeg://203.0.113.1:8090"),  # nobody's (RFC 5737)
        "udp": lambda: MpegTsSink(UdpLink("udp://no-such-host.invalid:9")),
        "srt": lambda: MpegTsSink(SrtLink("srt://127.0.0.1:9", which=lambda name: None)),
    }[request.param]()


def test_what_is_not_there_is_a_sink_error_at_open(refused: Sink) -> None:
    for _ in range(2):
        with pytest.raises(SinkError) as told:
            refused.open((64, 48), 25.0)
        assert told.value.next_step
        assert "\n" not in str(told.value)
        refused.close()
        refused.close()


def test_closing_is_allowed_before_open_and_twice(sink: Sink, frame_at: FrameAt) -> None:
    sink.close()
    sink.open((64, 48), 25.0)
    sink.write(frame_at(0))
    sink.close()
    sink.close()


def test_opening_again_begins_again(sink: Sink, frame_at: FrameAt) -> None:
    for size_wh in ((64, 48), (32, 24)):
        with sink:
            sink.open(size_wh, 25.0)
            sink.write(frame_at(0, size_wh=size_wh))


def test_it_may_be_closed_without_a_frame(sink: Sink) -> None:
    sink.open((64, 48), 25.0)
    assert sink.notice
    sink.close()


@pytest.mark.parametrize("size_wh", [(64, 64), (853, 479)])
def test_frames_are_neither_changed_nor_kept(sink: Sink, frame_at: FrameAt, size_wh: tuple[int, int]) -> None:
    with sink:
        sink.open(size_wh, 25.0)
        kept: list[weakref.ref[np.ndarray]] = []
        for index in range(5):
            frame = frame_at(index, size_wh=size_wh)
            before = frame.image.copy()
            sink.write(frame)
            assert np.array_equal(frame.image, before)
            kept.append(weakref.ref(frame.image))
            del frame
        gc.collect()
        assert [picture() is None for picture in kept] == [True] * 5


def test_gaps_in_the_indices_are_fine(sink: Sink, frame_at: FrameAt) -> None:
    with sink:
        sink.open((64, 48), 25.0)
        for index in (3, 4, 9, 40):
            sink.write(frame_at(index))


def test_only_windows_need_the_main_thread(sink: Sink) -> None:
    assert sink.main_thread == isinstance(sink, WindowSink)


@pytest.mark.parametrize("sink", ["mjpeg", "udp", "srt"], indirect=True)
def test_streams_refuse_frames_of_another_size_and_while_closed(sink: Sink, frame_at: FrameAt) -> None:
    with sink:
        sink.open((64, 48), 25.0)
        with pytest.raises(SinkError, match="wanted frames of 64x48, got 32x24"):
            sink.write(frame_at(0, size_wh=(32, 24)))
        sink.write(frame_at(1))
    with pytest.raises(SinkError, match="not open"):
        sink.write(frame_at(2))
