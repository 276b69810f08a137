"""The live stream over UDP, played by PyAV; and its bytes, looked at one packet after the other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import av
import numpy as np
import pytest

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.mpegts import MpegTsSink
from realtime.sink.udp import UdpLink
from realtime.stamp import Stamp, read_stamp, write_stamp

SIZE_WH = (256, 144)
FPS = 50.0
WITHIN_S = 20.0
PACKET = 188


def stamped(index: int, media_s: float) -> Frame:
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    write_stamp(image, Stamp(index, time.monotonic()))
    return Frame(index, time.monotonic(), media_s, image)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Player:
    """Plays `udp://` in a thread of its own and keeps what it shows.

    Attributes:
        shown: Time stamp and picture, in order.
    """

    def __init__(self, port: int) -> None:
        self.shown: list[tuple[float, np.ndarray]] = []
        self._changed = threading.Condition()
        self._port = port
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def wait_for(self, frames: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.shown) >= frames, WITHIN_S), f"{len(self.shown)} frames"

    def wait_for_one(self, is_it: Callable[[np.ndarray], bool]) -> None:
        """Until a picture of that kind is shown, after those that are there already."""
        seen = len(self.shown)
        with self._changed:
            assert self._changed.wait_for(lambda: any(is_it(one) for _, one in self.shown[seen:]), WITHIN_S)

    def _play(self) -> None:
        options = {"fflags": "nobuffer", "analyzeduration": "0", "probesize": "5000"}
        url = f"udp://127.0.0.1:{self._port}?timeout={int(2e6)}"
        over_s = time.monotonic() + WITHIN_S
        # Who comes late sees no picture until the next whole one; nothing for two seconds is the end.
        while not self.shown and time.monotonic() < over_s:
            with suppress(av.FFmpegError), av.open(url, options=options, timeout=WITHIN_S) as container:
                for frame in container.decode(video=0):
                    with self._changed:
                        self.shown.append((frame.time or 0.0, frame.to_ndarray(format="bgr24")))
                        self._changed.notify_all()

    def join(self) -> None:
        self._thread.join(WITHIN_S)


@contextmanager
def playing(sink: MpegTsSink, most: int = 100_000) -> Iterator[list[int]]:
    """Frames at their rate; gives the indices that were written."""
    ended, written = threading.Event(), []

    def play() -> None:
        first_s = time.monotonic()
        while not ended.wait(max(0.0, first_s + len(written) / FPS - time.monotonic())) and len(written) < most:
            sink.write(stamped(len(written), time.monotonic() - first_s))
            written.append(len(written))

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield written
    finally:
        ended.set()
        thread.join()


def is_slate(picture: np.ndarray) -> bool:
    return bool(np.abs(picture.astype(int) - draw_slate(SIZE_WH)).max() < 60) and read_stamp(picture) is None


def test_a_player_shows_frames_in_order_and_a_slate_at_the_end() -> None:
    port = free_port()
    player = Player(port)
    sink = MpegTsSink(UdpLink(f"udp://127.0.0.1:{port}"))
    sink.open(SIZE_WH, FPS)
    with playing(sink):
        player.wait_for(60)
    sink.close()
    player.join()
    stamps = [read_stamp(picture) for _, picture in player.shown]
    indices = [stamp.index for stamp in stamps if stamp is not None]
    assert len(set(indices)) >= 50
    assert indices == sorted(indices)  # one that a busy machine has waited for was sent twice
    assert all(after > before for (before, _), (after, _) in pairwise(player.shown))
    assert is_slate(player.shown[-1][1])


def test_while_no_frame_comes_a_slate_is_seen_and_then_frames_again() -> None:
    port = free_port()
    player = Player(port)
    with MpegTsSink(UdpLink(f"udp://127.0.0.1:{port}")) as sink:
        sink.open(SIZE_WH, FPS)
        with playing(sink):
            player.wait_for(20)
        sink.rest()
        player.wait_for_one(is_slate)
        with playing(sink):
            player.wait_for_one(lambda picture: read_stamp(picture) is not None)


def test_where_frames_come_slowly_the_last_one_is_sent_again() -> None:
    port = free_port()
    player = Player(port)
    with MpegTsSink(UdpLink(f"udp://127.0.0.1:{port}")) as sink:
        sink.open(SIZE_WH, FPS)
        until_s = time.monotonic() + 3.0
        for index in range(15):
            sink.write(stamped(index, index / 5))
            time.sleep(max(0.0, min(0.2, until_s - time.monotonic())))
        player.wait_for(80)
    stamps = [read_stamp(picture) for _, picture in player.shown]
    indices = [stamp.index for stamp in stamps if stamp is not None]
    assert indices == sorted(indices)
    assert len(indices) > 3 * len(set(indices))


def test_nobody_need_listen_and_who_comes_later_sees_it_within_a_second_or_so() -> None:
    port = free_port()
    with MpegTsSink(UdpLink(f"udp://127.0.0.1:{port}")) as sink:
        sink.open(SIZE_WH, FPS)
        with playing(sink) as written:
            until_s = time.monotonic() + WITHIN_S
            while len(written) < 100:
                assert time.monotonic() < until_s
                time.sleep(0.01)
            player = Player(port)
            player.wait_for(10)
    assert sink.frames > 100


def test_closing_takes_no_time_when_nobody_listens() -> None:
    sink = MpegTsSink(UdpLink(f"udp://127.0.0.1:{free_port()}"))
    sink.open(SIZE_WH, FPS)
    sink.write(stamped(0, 0.0))
    closing = threading.Thread(target=sink.close)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()


def test_datagrams_hold_whole_packets_and_no_more_than_seven() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(WITHIN_S)
        with MpegTsSink(UdpLink(f"udp://127.0.0.1:{listening.getsockname()[1]}")) as sink:
            sink.open((640, 360), FPS)
            lengths = {len(listening.recv(65536)) for _ in range(3)}
    assert max(lengths) <= 1316
    assert all(length % PACKET == 0 for length in lengths)


def test_the_users_own_options_are_passed_on() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(WITHIN_S)
        with MpegTsSink(UdpLink(f"udp://127.0.0.1:{listening.getsockname()[1]}?pkt_size=188")) as sink:
            sink.open((640, 360), FPS)
            assert {len(listening.recv(65536)) for _ in range(5)} == {PACKET}


def test_a_network_that_goes_away_is_waited_for() -> None:
    clock = [100.0]
    link = UdpLink(f"udp://127.0.0.1:{free_port()}", clock=lambda: clock[0])
    with MpegTsSink(link, clock=lambda: clock[0]) as sink:
        sink.open(SIZE_WH, FPS)
        sink.write(stamped(0, 0.0))
        sent = sink.frames
        sink._stream = Unreachable()  # type: ignore[assignment]
        for index in range(1, 5):
            clock[0] += 0.02
            sink.write(stamped(index, index / FPS))
        assert sink.frames == sent
        assert "Network is unreachable" in sink.notice
        clock[0] += 1.0
        sink.write(stamped(60, 1.2))
        assert sink.frames == sent + 1
        assert sink.notice.endswith("back again")


class Unreachable:
    """A stream whose network has gone."""

    def write(self, image: np.ndarray, stream_s: float) -> None:
        raise av.error.OSError(101, "Network is unreachable")

    def repeat(self, stream_s: float) -> None:
        raise av.error.OSError(101, "Network is unreachable")

    def close(self) -> None:
        """Nothing is held."""


def test_a_host_that_nobody_knows_is_told() -> None:
    with pytest.raises(SinkError, match="a host that is known"):
        MpegTsSink(UdpLink("udp://no-such-host.invalid:9000")).open(SIZE_WH, FPS)


@pytest.mark.parametrize(("host", "open_to"), [("127.0.0.1", False), ("192.0.2.1", True)])
def test_what_leaves_the_computer_is_said_to_be_open(host: str, open_to: bool) -> None:
    link = UdpLink(f"udp://{host}:9000")
    link.open()
    assert ("whoever reads this network can watch" in link.notice) is open_to


def test_the_encoder_keeps_quiet(capfd) -> None:
    with MpegTsSink(UdpLink(f"udp://127.0.0.1:{free_port()}")) as sink:
        sink.open(SIZE_WH, FPS)
        sink.write(stamped(0, 0.0))
    assert capfd.readouterr() == ("", "")
