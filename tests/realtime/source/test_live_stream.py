"""Phones and other cameras that send their pictures over a network, and break off."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from rtsp_phone import RtspPhone

from realtime.errors import SourceError
from realtime.source import decoder as decoder_module
from realtime.source.decoder import VideoDecoder
from realtime.source.video import VideoSource

LIMIT_S = 20.0
BOUNDARY = b"frame"


class Phone:
    """Sends Motion JPEG as phones do: each visitor gets the next script of pauses between pictures.

    A script is a list of seconds to wait before each picture; `"hang"` sends nothing more and keeps the line open.
    At the end of a script the line is cut. The number of a picture, over all visitors, is its level of grey.
    """

    def __init__(self) -> None:
        self.scripts: list[list[float | str]] = []
        self.sent = self.visits = 0
        self.ended = threading.Event()
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                phone.visits += 1
                if not phone.scripts:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    for step in phone.scripts.pop(0):
                        if step == "hang":
                            phone.ended.wait(LIMIT_S)
                            return
                        assert isinstance(step, float)
                        phone.ended.wait(step)
                        self.wfile.write(phone.picture())
                except OSError:
                    return  # the visitor has gone

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/video"

    def picture(self) -> bytes:
        jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 8 * self.sent % 256, np.uint8))[1].tobytes()
        self.sent += 1
        head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
        return head + jpeg + b"\r\n"

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def phone() -> Iterator[Phone]:
    made = Phone()
    yield made
    made.close()


def number(picture: np.ndarray) -> int:
    return round(float(picture.mean()) / 8)


def test_pictures_without_times_of_their_own_get_those_of_their_arrival(phone: Phone) -> None:
    phone.scripts = [[0.0, 0.0, 0.1, 0.1, 0.3, 0.1, 0.0]]
    with VideoSource(phone.address) as source:
        assert source.live
        frames = [source.read() for _ in range(6)]
    seen = [frame for frame in frames if frame is not None]
    assert [number(frame.image) for frame in seen] == [0, 1, 2, 3, 4, 5]
    shown_s = np.array([frame.media_s for frame in seen])
    arrived_s = np.array([frame.captured_s for frame in seen])
    assert np.abs((shown_s - shown_s[0]) - (arrived_s - arrived_s[0])).max() < 0.2  # counted at 25 fps it would be 0.36


def test_one_that_breaks_off_is_waited_for_and_goes_on(phone: Phone) -> None:
    phone.scripts = [[0.0] * 4, [0.0] * 4]
    with VideoSource(phone.address, retry_s=0.05) as source:
        frames = [source.read() for _ in range(6)]
        assert source.notice.endswith("back again")
        assert source.losses == 1
    seen = [frame for frame in frames if frame is not None]
    assert [frame.index for frame in seen] == list(range(6))
    assert all(after.media_s > before.media_s for before, after in pairwise(seen))


def test_the_time_in_which_nothing_came_is_part_of_its_time(phone: Phone) -> None:
    phone.scripts = [[0.0] * 3, [0.4] + [0.0] * 3]
    with VideoSource(phone.address, retry_s=0.02) as source:
        seen = [frame for frame in (source.read() for _ in range(5)) if frame is not None]
    media_s = seen[-1].media_s - seen[0].media_s
    assert media_s > 0.35
    assert media_s == pytest.approx(seen[-1].captured_s - seen[0].captured_s, abs=0.25)


def test_one_that_falls_silent_does_not_block_for_ever(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_module, "_READ_S", 0.3)
    phone.scripts = [[*[0.0] * 30, "hang"], [0.0] * 40]
    with VideoSource(phone.address, retry_s=0.05) as source:
        frames = [source.read() for _ in range(35)]
    assert all(frame is not None for frame in frames)
    assert phone.visits >= 2


@pytest.mark.parametrize("script", [[0.0] * 3, [*[0.0] * 30, "hang"]], ids=["away", "silent"])
def test_closing_ends_the_wait(phone: Phone, monkeypatch: pytest.MonkeyPatch, script: list[float | str]) -> None:
    monkeypatch.setattr(decoder_module, "_READ_S", 0.3)
    phone.scripts = [script]
    source = VideoSource(phone.address, retry_s=60.0)
    source.open()
    ended: list[object] = []
    reader = threading.Thread(target=lambda: ended.extend(iter(source.read, None)), daemon=True)
    reader.start()
    for _ in range(400):
        if "waiting for it" in source.notice:
            break
        time.sleep(0.02)
    source.close()
    reader.join(LIMIT_S)
    assert not reader.is_alive()
    assert source.losses == 1


def test_one_that_is_away_at_the_start_is_an_error(phone: Phone) -> None:
    with pytest.raises(SourceError, match="stream http"):
        VideoSource(phone.address).open()


def test_a_transport_stream_comes_at_its_own_times_and_goes_on_after_a_break(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """H.264 by UDP: the sender dies and another begins at zero."""
    monkeypatch.setattr(decoder_module, "_READ_S", 0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = threading.Event()
    sender = threading.Thread(target=send, args=(port, stop), daemon=True)
    sender.start()
    try:
        with VideoSource(f"udp://127.0.0.1:{port}", retry_s=0.05) as source:
            assert source.size_wh == (64, 48)
            seen = []
            while source.losses == 0 or len(seen) < 5:
                frame = source.read()
                assert frame is not None
                seen.append(frame)
    finally:
        stop.set()
        sender.join(LIMIT_S)
    assert [frame.index for frame in seen] == list(range(len(seen)))
    assert all(after.media_s > before.media_s for before, after in pairwise(seen))


def send(port: int, stop: threading.Event) -> None:
    """Streams of half a second, with a second between them, until it is told to stop."""
    wait: Callable[[float], bool] = stop.wait
    while not stop.is_set():
        options = {"pkt_size": "1316", "flush_packets": "1", "muxdelay": "0"}
        with av.open(f"udp://127.0.0.1:{port}", "w", format="mpegts", options=options) as out:
            stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency"})
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.codec_context.gop_size = 5
            for level in range(25):
                picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level * 9, np.uint8), format="bgr24")
                out.mux(stream.encode(picture))
                wait(0.02)
            out.mux(stream.encode(None))
        wait(1.0)


def test_rtsp_comes_by_tcp_and_goes_on_after_a_break() -> None:
    phone = RtspPhone([40, 40])
    try:
        with VideoSource(phone.address, retry_s=0.05) as source:
            assert source.size_wh == (64, 48)
            seen = [frame for frame in (source.read() for _ in range(60)) if frame is not None]
            assert source.losses == 1
    finally:
        phone.close()
    assert [frame.index for frame in seen] == list(range(60))
    assert all(after.media_s > before.media_s for before, after in pairwise(seen))
    assert all("RTP/AVP/TCP" in transport for transport in phone.transports)


def test_an_address_to_which_nobody_sends_is_told_in_a_streams_words() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(SourceError) as told:
        VideoDecoder(address, remote=True, open_s=0.3)
    assert f"stream {address}: wanted pictures, got nothing in 0.3 seconds; check the address" in str(told.value)


def test_a_stream_that_falls_silent_is_told_with_for_how_long(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_module, "_READ_S", 0.4)
    phone.scripts = [[0.0, 0.0, 0.0, "hang"]]
    with contextlib.closing(VideoDecoder(phone.address, remote=True)) as decoder:
        while decoder.next() is not None:
            pass
    assert decoder.failure == "nothing in 0.4 seconds"
