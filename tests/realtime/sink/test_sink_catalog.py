"""From text to sink."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.catalog import is_stream, open_sink
from realtime.sink.first import FirstSink
from realtime.sink.mjpeg import MjpegSink
from realtime.sink.mpegts import MpegTsSink
from realtime.sink.null import NullSink
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.signing import SigningSink
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.sink.window import WindowSink

ADDRESSES = (
    "rtmp://x/y",
    "rtmp://x/y.mp4",
    "tcp://127.0.0.1:9/x.mkv",
    "FILE:///home/me/film.mp4",
    "file:///home/me/me.png",
    "://film.mov",
)


@pytest.mark.parametrize("spec", ["", "film", "film.avi", "cam", *ADDRESSES])
def test_a_text_of_no_form_is_told_all_forms(spec: str) -> None:
    with pytest.raises(SinkError) as told:
        open_sink(spec)
    named = ("camera", "pipewire", "window", "null", "mjpeg://HOST:PORT", "udp://HOST:PORT", "srt://HOST:PORT")
    for form in (*named, "FILE.mp4", "FILE.mov", "FILE.mkv", "FILE.jpg", "FILE.png"):
        assert form in str(told.value)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("camera", FirstSink if sys.platform == "linux" else VirtualCameraSink),
        ("pipewire", PipeWireSink),
        ("window", WindowSink),
        ("null", NullSink),
        ("mjpeg://:8090", MjpegSink),
        ("MJPEG://127.0.0.1:8090/", MjpegSink),
        ("udp://127.0.0.1:9000?pkt_size=1316", MpegTsSink),
        ("srt://:9000?mode=listener", MpegTsSink),
    ],
)
def test_the_form_chooses_the_sink(spec: str, kind: type) -> None:
    assert type(open_sink(spec)) is kind


@pytest.mark.parametrize(
    ("spec", "stream"), [("udp://a:1", True), ("SRT://a:1", True), ("udp", False), ("a.mp4", False)]
)
def test_it_is_known_what_is_watched_at_once(spec: str, stream: bool) -> None:
    assert is_stream(spec) is stream


@pytest.mark.parametrize(
    ("spec", "wrote"),
    [("out/film.MP4", "recording"), ("film.mkv", "recording"), ("camera.mov", "recording"), ("me.PNG", "snapshot")],
)
def test_a_file_is_signed_by_whatever_name(spec: str, wrote: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with open_sink(str(tmp_path / spec), signer=FileSigner(lambda: local_key(tmp_path / "credentials"))) as sink:
        assert type(sink) is SigningSink
        sink.open((64, 48), 25.0)
        assert sink.notice.startswith(wrote)


@pytest.mark.skipif(os.name == "nt", reason="no file may be called so there")
@pytest.mark.parametrize(
    "spec", ["tcp:127.0.0.1:9.mkv", "file:film.mp4", "pipe:1.mov", "md5:film.mp4", "20:15 Uhr.mp4", "tcp:me.png"]
)
def test_a_name_with_a_colon_is_a_name(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frame_at: Callable[..., Frame]
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_sink(spec, signer=FileSigner(lambda: local_key(tmp_path / "credentials"))) as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {spec}
    with av.open(f"file:{spec}") as film:
        assert sum(1 for _ in film.decode(video=0)) == 1


def test_which_virtual_camera_can_be_said(driver) -> None:
    with open_sink("camera", camera_device="/dev/video5", camera_backend="remembering") as sink:
        sink.open((64, 48), 25.0)
        assert "/dev/video5 (remembering)" in sink.notice  # type: ignore[attr-defined]


@pytest.mark.parametrize(("device", "backend"), [(None, "remembering"), ("/dev/video5", None)])
def test_a_virtual_camera_that_was_named_is_no_other(device: str | None, backend: str | None) -> None:
    assert type(open_sink("camera", camera_device=device, camera_backend=backend)) is VirtualCameraSink


def test_pipewire_is_a_driver_among_others() -> None:
    assert type(open_sink("camera", camera_device="Mine", camera_backend="pipewire")) is PipeWireSink


def test_null_counts(frame_at: Callable[..., Frame]) -> None:
    sink = NullSink()
    sink.open((64, 48), 25.0)
    for index in (0, 1, 5):
        sink.write(frame_at(index))
    sink.close()
    assert (sink.frames, sink.last_index) == (3, 5)
