"""The stream over SRT: the program that passes it on comes, goes, hangs, and is not there."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.ffmpeg_program import find_ffmpeg
from realtime.sink.mpegts import MpegTsSink
from realtime.sink.srt import SrtLink
from realtime.stamp import Stamp, read_stamp, write_stamp

pytestmark = pytest.mark.skipif(os.name == "nt", reason="this system runs no scripts by their first line")
SIZE_WH = (256, 144)
WITHIN_S = 20.0
URL = "srt://127.0.0.1:9000?passphrase=secretsecret"
Which = Callable[[str], str | None]


def stamped(index: int) -> Frame:
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    write_stamp(image, Stamp(index, time.monotonic()))
    return Frame(index, time.monotonic(), time.monotonic(), image)


def write_until(sink: MpegTsSink, true: Callable[[], bool]) -> int:
    """Write frames until something is so; how many there were."""
    until_s, index = time.monotonic() + WITHIN_S, 0
    while not true():
        assert time.monotonic() < until_s, sink.notice
        sink.write(stamped(index))
        index += 1
        time.sleep(0.02)
    return index


def passed_on(which: Which) -> bytes:
    return Path(str(which("ffmpeg"))).with_name("passed-on.ts").read_bytes()


def test_a_program_that_just_lies_in_this_folder_is_not_run(
    pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(str(pretend_ffmpeg("ffmpeg"))).parent
    monkeypatch.chdir(folder)
    for found in ("./ffmpeg", "ffmpeg", str(folder / "ffmpeg")):
        with pytest.raises(SinkError, match="only lies in this folder"):
            find_ffmpeg("stream", "srt", which=lambda name, found=found: found)  # type: ignore[misc]
    monkeypatch.setenv("PATH", f"/usr/bin{os.pathsep}{folder}")
    assert find_ffmpeg("stream", "srt", which=lambda name: "./ffmpeg") == "./ffmpeg"


def test_what_is_passed_on_plays_and_comes_in_whole_blocks(pretend_ffmpeg: Which) -> None:
    with MpegTsSink(SrtLink(URL, which=pretend_ffmpeg)) as sink:
        sink.open(SIZE_WH, 50.0)
        write_until(sink, lambda: sink.frames >= 20)
    passed = passed_on(pretend_ffmpeg)
    assert len(passed) % 1316 == 0
    with av.open(io.BytesIO(passed), format="mpegts") as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    stamps = [read_stamp(picture) for picture in pictures]
    indices = [stamp.index for stamp in stamps if stamp is not None]
    assert len(set(indices)) >= 18
    assert indices == sorted(indices)
    assert [stamp is None for stamp in stamps[-8:]] == [True] * 8  # the slate


def test_a_program_that_ends_is_started_again_and_a_new_stream_begun(
    pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRETEND_TAKES", "20000")
    link = SrtLink(URL, which=pretend_ffmpeg)
    with MpegTsSink(link) as sink:
        sink.open(SIZE_WH, 50.0)
        write_until(sink, lambda: link._relay is not None and link._relay.link == 2)
        assert sink.notice == "stream: srt://127.0.0.1:9000, MPEG-TS with H.264 over SRT"


def test_frames_are_passed_over_while_nobody_is_reached_and_it_is_said_why(
    pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRETEND_SAYS", f"Connection to {URL} failed: nobody there")
    with MpegTsSink(SrtLink(URL, which=pretend_ffmpeg)) as sink:
        sink.open(SIZE_WH, 50.0)
        assert write_until(sink, lambda: "nobody there" in sink.notice) > 0
        assert sink.frames == 0
        assert "secret" not in sink.notice
        assert "trying again" in sink.notice


@pytest.mark.parametrize("says", ["Output #0, rawvideo, to 'srt'", "waiting"])
def test_a_program_that_hangs_is_no_reason_to_wait(
    pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    monkeypatch.setenv("PRETEND_TAKES", "1")
    monkeypatch.setenv("PRETEND_HANGS", "1")
    monkeypatch.setenv("PRETEND_SAYS", says)
    link = SrtLink(URL, which=pretend_ffmpeg)
    sink = MpegTsSink(link)
    sink.open(SIZE_WH, 50.0)
    assert link._relay is not None
    relay = link._relay
    if says.startswith("Output"):
        write_until(sink, lambda: relay.link is not None and not relay.ready)
    for index in range(100):
        sink.write(stamped(index))
    closing = threading.Thread(target=sink.close)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
    assert relay._program is not None
    assert relay._program.poll() is not None


def test_a_program_that_takes_nothing_for_long_is_ended(pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRETEND_TAKES", "1")
    monkeypatch.setenv("PRETEND_HANGS", "1")
    monkeypatch.setattr("realtime.sink.relay._STUCK_S", 0.2)
    link = SrtLink(URL, which=pretend_ffmpeg)
    with MpegTsSink(link) as sink:
        sink.open(SIZE_WH, 50.0)
        relay = link._relay
        assert relay is not None
        write_until(sink, lambda: relay.link == 2)


def test_no_program_is_told_with_what_brings_one() -> None:
    with pytest.raises(SinkError, match=r"no ffmpeg on the PATH.*or use udp:// instead"):
        MpegTsSink(SrtLink(URL, which=lambda name: None)).open(SIZE_WH, 25.0)


def test_a_program_without_srt_is_told(pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRETEND_PROTOCOLS", "udp rtmp srtp")
    with pytest.raises(SinkError, match=r"an ffmpeg program with SRT, got .* without it"):
        MpegTsSink(SrtLink(URL, which=pretend_ffmpeg)).open(SIZE_WH, 25.0)


def test_a_program_that_does_not_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="which does not run"):
        MpegTsSink(SrtLink(URL, which=lambda name: str(tmp_path / "gone"))).open(SIZE_WH, 25.0)


def test_a_host_that_nobody_knows_is_told(pretend_ffmpeg: Which) -> None:
    with pytest.raises(SinkError, match="a host that is known"):
        MpegTsSink(SrtLink("srt://no-such-host.invalid:9000", which=pretend_ffmpeg)).open(SIZE_WH, 25.0)


@pytest.mark.parametrize(
    ("url", "open_to"),
    [
        ("srt://127.0.0.1:9000?mode=listener", False),
        ("srt://:9000?mode=listener", True),
        ("srt://:9000?mode=listener&passphrase=secretsecret", False),
    ],
)
def test_one_that_waits_for_viewers_says_who_may_come(
    pretend_ffmpeg: Which, monkeypatch: pytest.MonkeyPatch, url: str, open_to: bool
) -> None:
    monkeypatch.setenv("PRETEND_SAYS", "listening")
    with MpegTsSink(SrtLink(url, which=pretend_ffmpeg)) as sink:
        sink.open(SIZE_WH, 25.0)
        assert "waiting for a viewer" in sink.notice
        assert ("whoever reaches this computer can watch" in sink.notice) is open_to


def test_a_port_that_another_listens_at_is_told_at_once(pretend_ffmpeg: Which) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        url = f"srt://127.0.0.1:{other.getsockname()[1]}?mode=listener"
        with pytest.raises(SinkError, match=r"a port that is free, got one that another program uses; use another"):
            MpegTsSink(SrtLink(url, which=pretend_ffmpeg)).open(SIZE_WH, 25.0)
    with pytest.raises(SinkError, match="an address of this computer"):
        MpegTsSink(SrtLink("srt://203.0.113.1:9000?mode=listener", which=pretend_ffmpeg)).open(SIZE_WH, 25.0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[srt @ 0x55d] Connection to {url} failed: refused", "Connection to srt://127.0.0.1:9000 failed: refused"),
        ("{url}: Invalid argument", "Invalid argument"),
        ("{url}: Input/output error", ""),
        ("Stream #0:0: Video: rawvideo", ""),
    ],
)
def test_what_ffmpeg_says_is_told_in_short(line: str, told: str) -> None:
    link = SrtLink(URL)
    assert link._complaint(line.format(url=URL)).replace(URL, link.name) == told
