"""The picture for browsers: which frames viewers see, and who waits for whom."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import numpy as np
import pytest

from realtime.composite.slate import draw_slate
from realtime.frame import Frame
from realtime.sink.mjpeg import MjpegSink
from realtime.stamp import Stamp, read_stamp, write_stamp
from tests.realtime.sink.mjpeg_viewer import SIZE_WH, WITHIN_S, Viewer, ask, decoded, port_of


def stamped(index: int) -> Frame:
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    write_stamp(image, Stamp(index, time.monotonic()))
    return Frame(index, time.monotonic(), index / 100, image)


def is_slate(picture: np.ndarray) -> bool:
    return bool(np.abs(picture.astype(int) - draw_slate(SIZE_WH)).max() < 60) and read_stamp(picture) is None


@pytest.fixture
def sink() -> Iterator[MjpegSink]:
    with MjpegSink("mjpeg://127.0.0.1:0") as opened:
        opened.open(SIZE_WH, 100.0)
        yield opened


@contextmanager
def playing(sink: MjpegSink) -> Iterator[list[int]]:
    """Frames without end; gives the indices that were written."""
    ended, written = threading.Event(), []

    def play() -> None:
        while not ended.wait(0.01):
            sink.write(stamped(len(written)))
            written.append(len(written))

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield written
    finally:
        ended.set()
        thread.join()


def wait_for(true: Callable[[], bool]) -> None:
    until_s = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < until_s, "it did not come to pass"
        time.sleep(0.01)


def test_viewers_see_frames_in_order_and_the_newest(sink: MjpegSink) -> None:
    with playing(sink), closing(Viewer(sink)) as viewer:
        stamps = [read_stamp(viewer.picture()) for _ in range(30)]
    indices = [stamp.index for stamp in stamps if stamp is not None]
    assert len(indices) == 30
    assert indices == sorted(set(indices))


def test_one_picture_is_the_newest(sink: MjpegSink) -> None:
    with playing(sink) as written:
        wait_for(lambda: len(written) > 20)
        status, headers, body = ask(sink, "/frame.jpg")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    stamp = read_stamp(decoded(body))
    assert stamp is not None
    assert stamp.index >= 20


def test_nothing_is_encoded_while_nobody_looks_and_once_for_all_who_do(sink: MjpegSink) -> None:
    with playing(sink) as written:
        wait_for(lambda: len(written) > 20)
        assert sink.encoded == 0
        viewers = [Viewer(sink) for _ in range(4)]
        for viewer in viewers:
            for _ in range(5):
                assert viewer.picture() is not None
        assert sink.encoded <= len(written)
        for viewer in viewers:
            viewer.close()
        wait_for(lambda: not sink._board.watched)
        before, frames = sink.encoded, len(written)
        wait_for(lambda: len(written) > frames + 20)
        assert sink.encoded - before <= 1


def test_a_slate_is_seen_before_the_first_frame_while_none_comes_and_at_the_end(sink: MjpegSink) -> None:
    with closing(Viewer(sink)) as viewer:
        assert is_slate(viewer.picture())
        sink.write(stamped(0))
        shown = viewer.picture()
        assert shown is not None
        assert read_stamp(shown) is not None
        sink.rest()
        assert is_slate(viewer.picture())
        sink.write(stamped(1))
        assert not is_slate(viewer.picture())
        sink.close()
        assert is_slate(viewer.picture())
        assert viewer.picture() is None


def test_who_comes_later_never_sees_what_was_there_when_the_last_one_left(sink: MjpegSink) -> None:
    with closing(Viewer(sink)) as viewer:
        viewer.picture()
        sink.write(stamped(7))
        viewer.picture()
    wait_for(lambda: not sink._board.watched)
    with closing(Viewer(sink)) as viewer:
        assert is_slate(viewer.picture())


def test_who_never_reads_slows_nobody() -> None:
    noise = np.random.default_rng(0).integers(
        0, 255, (720, 1280, 3), np.uint8
    )  # more than the system holds for anybody
    with MjpegSink("mjpeg://127.0.0.1:0") as sink:
        sink.open((1280, 720), 30.0)
        with socket.create_connection(("127.0.0.1", port_of(sink))) as dead, closing(Viewer(sink)) as viewer:
            dead.sendall(f"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1:{port_of(sink)}\r\n\r\n".encode())
            wait_for(lambda: sink._board._looking == 2)
            assert viewer.picture() is not None
            for index in range(20):
                write_stamp(noise, Stamp(index, 0.0))
                sink.write(Frame(index, 0.0, index / 30, noise))
                shown = viewer.picture()
                assert shown is not None
                stamp = read_stamp(shown)
                assert stamp is not None
                assert stamp.index == index


def test_it_ends_though_somebody_never_reads() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
    sink = MjpegSink("mjpeg://127.0.0.1:0")
    sink.open((1280, 720), 30.0)
    with socket.create_connection(("127.0.0.1", port_of(sink))) as dead:
        dead.settimeout(WITHIN_S)
        dead.sendall(f"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1:{port_of(sink)}\r\n\r\n".encode())
        wait_for(lambda: sink._board.watched)
        for index in range(20):
            sink.write(Frame(index, 0.0, index / 30, noise))
            time.sleep(0.02)
        sink.close()
        with pytest.raises((ConnectionError, StopIteration)):  # what the system holds, and then the end
            while dead.recv(1 << 20):
                pass
            raise StopIteration
    assert not [thread for thread in threading.enumerate() if thread.name == "http server"]


def test_beyond_the_places_there_is_a_word_and_a_place_that_gets_free_is_given() -> None:
    with MjpegSink("mjpeg://127.0.0.1:0", places=2) as sink:
        sink.open(SIZE_WH, 25.0)
        viewers = [Viewer(sink) for _ in range(3)]
        assert [viewer.answer.status for viewer in viewers] == [200, 200, 503]
        assert b"close another viewer" in viewers[2].answer.read()
        assert ask(sink, "/frame.jpg")[0] == 503
        viewers[0].close()
        wait_for(lambda: sink._board._looking == 1)
        assert ask(sink, "/frame.jpg")[0] == 200
        for viewer in viewers[1:]:
            viewer.close()
