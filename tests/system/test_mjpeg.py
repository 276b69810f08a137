"""Browsers and players read `mjpeg://`."""

from __future__ import annotations

import http.client
import shutil
import socket
from collections.abc import Iterator

import av
import cv2
import numpy as np
import pytest

from benchmarks.obs_studio import free_port
from benchmarks.viewers import FfmpegViewer, HttpViewer
from realtime.sink.mjpeg import MjpegSink
from realtime.timing import now_s
from tests.system.sender import SIZE_WH, WITHIN_S, Sender, Watched

CHROMIUM = shutil.which("chromium") or ""


@pytest.fixture
def port() -> Iterator[int]:
    """Where a sink is that is sent to."""
    port = free_port(socket.SOCK_STREAM)
    with Sender(MjpegSink(f"mjpeg://127.0.0.1:{port}")):
        yield port


@pytest.fixture
def browser():
    """Chromium, to which a stranger's name means this computer."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        words = ["--host-resolver-rules=MAP evil.example 127.0.0.1"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=words)
        yield chromium
        chromium.close()


def picture_of(page, watched: Watched) -> None:
    """Let somebody see what the page shows at this moment."""
    encoded = np.frombuffer(page.screenshot(), np.uint8)
    watched.look(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8), now_s())


def test_chromium_shows_the_page_and_frames_in_it_go_on(browser, port: int) -> None:
    page = browser.new_page(viewport={"width": SIZE_WH[0], "height": SIZE_WH[1]})
    said = []
    page.on("console", lambda message: said.append(message.text))
    answer = page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
    assert answer.status == 200
    watched, until_s = Watched(), now_s() + WITHIN_S
    # Asked from outside: a wait inside the page would be a script, and the page allows none.
    while not page.evaluate("document.images.length && document.images[0].naturalWidth > 0"):
        assert now_s() < until_s
        page.wait_for_timeout(50)
    while len(set(watched.indices)) < 10:
        assert now_s() < until_s, watched.stamps
        picture_of(page, watched)
    watched.check_order()
    assert not [text for text in said if "Content Security Policy" in text]


def test_a_page_under_a_strangers_name_is_refused(browser, port: int) -> None:
    page = browser.new_page()
    for path in ("/", "/frame.jpg", "/stream.mjpg"):
        answer = page.goto(f"http://evil.example:{port}{path}", wait_until="commit")
        assert answer.status == 421
        assert "not the host" in page.inner_text("body")


def test_a_strangers_page_may_show_the_picture_but_not_read_it(browser, port: int) -> None:
    page = browser.new_page()
    page.route("http://stranger.example/", lambda route: route.fulfill(body="<p></p>", content_type="text/html"))
    page.goto("http://stranger.example/")
    read = f"""async () => {{
        try {{ return (await fetch("http://127.0.0.1:{port}/frame.jpg")).status }} catch (error) {{ return "refused" }}
    }}"""
    assert page.evaluate(read) == "refused"


def test_ffmpeg_plays_it(port: int) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    watched = Watched()
    with FfmpegViewer(f"http://127.0.0.1:{port}/stream.mjpg", SIZE_WH, watched.look):
        watched.wait_for(60)
    watched.check_order()


def test_opencv_plays_it(port: int) -> None:
    watched = Watched()
    player = cv2.VideoCapture(f"http://127.0.0.1:{port}/stream.mjpg")
    while len(watched.stamps) < 60:
        got, picture = player.read()
        assert got
        watched.look(np.asarray(picture, np.uint8), now_s())
    player.release()
    watched.check_order()


def test_pyav_plays_it(port: int) -> None:
    watched = Watched()
    with av.open(f"http://127.0.0.1:{port}/stream.mjpg", timeout=WITHIN_S) as container:
        for frame in container.decode(video=0):
            watched.look(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), now_s())
            if len(watched.stamps) >= 60:
                break
    watched.check_order()


def test_a_viewer_who_never_reads_holds_up_neither_the_sink_nor_others() -> None:
    port, watched = free_port(socket.SOCK_STREAM), Watched()
    with Sender(MjpegSink(f"mjpeg://127.0.0.1:{port}")), socket.create_connection(("127.0.0.1", port)) as dead:
        dead.sendall(f"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        with HttpViewer(f"http://127.0.0.1:{port}/stream.mjpg", watched.look):
            watched.wait_for(150)  # far more than the dead one's buffers hold
        again = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        again.request("GET", "/frame.jpg")
        assert again.getresponse().status == 200
        again.close()
    watched.check_order()
    assert watched.indices[-1] >= 150
