"""The picture for browsers: where it is, who is answered and with what, and who is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from realtime.errors import SinkError
from realtime.sink.mjpeg import MjpegSink
from tests.realtime.sink.mjpeg_viewer import SIZE_WH, WITHIN_S, Viewer, ask, port_of


@pytest.fixture
def sink() -> Iterator[MjpegSink]:
    with MjpegSink("mjpeg://127.0.0.1:0") as opened:
        opened.open(SIZE_WH, 100.0)
        yield opened


def test_the_page_holds_the_picture_and_may_load_nothing_else(sink: MjpegSink) -> None:
    status, headers, body = ask(sink, "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'<img src="/stream.mjpg"' in body
    assert b"<script" not in body
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("path", "status"), [("/other", 404), ("/stream.mjpg/../../etc/passwd", 404)])
def test_there_is_nothing_else(sink: MjpegSink, path: str, status: int) -> None:
    assert ask(sink, path)[0] == status


@pytest.mark.parametrize("path", ["/", "/stream.mjpg", "/frame.jpg"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_it_only_shows(sink: MjpegSink, path: str, method: str) -> None:
    assert ask(sink, path, method=method)[0] == 405


def test_the_stream_can_be_asked_about_without_being_played(sink: MjpegSink) -> None:
    status, headers, body = ask(sink, "/stream.mjpg", method="HEAD")
    assert (status, body) == (200, b"")
    assert headers["content-type"] == "multipart/x-mixed-replace; boundary=thespis"


@pytest.mark.parametrize("path", ["/", "/stream.mjpg", "/frame.jpg"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "localhost.evil.example:{port}"]
)
def test_a_strangers_name_for_this_computer_is_refused(sink: MjpegSink, path: str, host: str) -> None:
    status, _, body = ask(sink, path, {"Host": host.format(port=port_of(sink))})
    assert status == 421
    assert sink.url.encode() in body
    assert sink.encoded == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_its_own_names_are_answered(sink: MjpegSink, host: str) -> None:
    assert ask(sink, "/", {"Host": f"{host}:{port_of(sink)}"})[0] == 200


def test_one_that_all_may_watch_says_so_and_answers_to_numbers_alone() -> None:
    with MjpegSink("mjpeg://0.0.0.0:0") as sink:
        sink.open(SIZE_WH, 25.0)
        assert "anyone in the network can watch" in sink.notice
        assert ask(sink, "/", {"Host": f"192.168.1.5:{port_of(sink)}"})[0] == 200
        assert ask(sink, "/", {"Host": f"{socket.gethostname()}:{port_of(sink)}"})[0] == 200
        assert ask(sink, "/", {"Host": f"evil.example:{port_of(sink)}"})[0] == 421


def test_one_for_this_computer_says_where_and_no_more(sink: MjpegSink) -> None:
    assert sink.notice == f"picture for browsers: {sink.url}"


def test_a_port_in_use_is_told_with_another_one(sink: MjpegSink) -> None:
    other = MjpegSink(f"mjpeg://127.0.0.1:{port_of(sink)}")
    with pytest.raises(SinkError, match="one that another program uses") as told:
        other.open(SIZE_WH, 25.0)
    assert f"mjpeg://127.0.0.1:{port_of(sink) + 1}" in told.value.next_step
    other.close()


def test_the_port_is_free_again_once_it_is_closed(sink: MjpegSink) -> None:
    port = port_of(sink)
    with closing(Viewer(sink)) as viewer:
        viewer.picture()
        sink.close()
    with MjpegSink(f"mjpeg://127.0.0.1:{port}") as again:
        again.open(SIZE_WH, 25.0)
        assert ask(again, "/")[0] == 200


def test_a_host_name_that_leads_nowhere_is_told() -> None:
    with pytest.raises(SinkError, match="a host that is known"):
        MjpegSink("mjpeg://no-such-host.invalid:8090").open(SIZE_WH, 25.0)


def test_options_mean_nothing_here() -> None:
    with pytest.raises(SinkError, match="got options in it"):
        MjpegSink("mjpeg://127.0.0.1:8090?quality=5")


def test_strangers_are_no_news(sink: MjpegSink, capfd) -> None:
    with socket.create_connection(("127.0.0.1", port_of(sink)), timeout=WITHIN_S) as odd:
        odd.sendall(b"\x16\x03\x01 no request\r\n\r\n")
        assert odd.recv(100).startswith(b"HTTP/1.1 400")
    assert capfd.readouterr() == ("", "")
