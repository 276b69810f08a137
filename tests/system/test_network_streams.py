"""The ffmpeg program plays what we send over UDP and SRT."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess

import pytest

from benchmarks.obs_studio import free_port
from benchmarks.viewers import FfmpegViewer
from realtime.sink.catalog import open_sink
from tests.system.sender import SIZE_WH, WITHIN_S, Sender, Watched

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg here")

WAYS = {
    "udp": ("udp://127.0.0.1:{port}", "udp://127.0.0.1:{port}?reuse=1"),
    "srt, we listen": ("srt://127.0.0.1:{port}?mode=listener&latency=50000", "srt://127.0.0.1:{port}?latency=50000"),
    "srt, we call": ("srt://127.0.0.1:{port}?latency=50000", "srt://127.0.0.1:{port}?mode=listener&latency=50000"),
    "srt, with a pass phrase": (
        "srt://127.0.0.1:{port}?mode=listener&passphrase=0123456789",
        "srt://127.0.0.1:{port}?passphrase=0123456789",
    ),
}


@pytest.fixture(params=WAYS)
def way(request) -> tuple[str, str]:
    """What we send to, and what is played."""
    port = free_port(socket.SOCK_DGRAM)
    ours, theirs = WAYS[request.param]
    return ours.format(port=port), theirs.format(port=port)


def test_frames_come_in_order_and_it_ends_on_the_slate(way: tuple[str, str]) -> None:
    watched = Watched()
    sender = Sender(open_sink(way[0]))
    with FfmpegViewer(way[1], SIZE_WH, watched.look):
        with sender:
            watched.wait_for(90)
        watched.wait_for_slate()
    watched.check_order()
    assert "0123456789" not in " ".join(sender.notices)


def test_a_viewer_who_is_killed_may_come_again(way: tuple[str, str]) -> None:
    with Sender(open_sink(way[0])) as sender:
        for _ in range(2):
            watched = Watched()
            with FfmpegViewer(way[1], SIZE_WH, watched.look):
                watched.wait_for(30)
            watched.check_order()
    assert sender.longest_write_s < WITHIN_S


def test_ffprobe_reads_what_is_said_of_the_stream() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with Sender(open_sink(f"udp://127.0.0.1:{port}")):
        words = ["ffprobe", "-v", "error", "-show_streams", "-show_programs", "-of", "json", f"udp://127.0.0.1:{port}"]
        said = subprocess.run(words, check=True, capture_output=True, timeout=WITHIN_S, stdin=subprocess.DEVNULL)
    (stream,) = json.loads(said.stdout)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", *SIZE_WH)
    assert (stream["pix_fmt"], stream["color_range"], stream["color_space"]) == ("yuv420p", "tv", "bt709")
    assert (stream["color_primaries"], stream["color_transfer"]) == ("bt709", "bt709")
    assert stream["has_b_frames"] == 0
