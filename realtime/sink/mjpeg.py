"""A picture for browsers, and for OBS's Browser Source: JPEGs one after the other over HTTP."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace

import cv2

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.address import StreamAddress, read_address
from realtime.sink.base import Sink
from realtime.sink.board import Board
from realtime.sink.host_guard import HostGuard
from realtime.sink.http_server import HttpServer
from realtime.sink.mjpeg_pages import pages

MOST_VIEWERS = 8
_MOST_CONNECTIONS = 64
_QUALITY = 88
_SEND_BUFFER_BYTES = 256 * 1024
"""A viewer's share of the system's memory: what waits there is old when it is seen."""
_DEAD_AFTER_MS = 15_000


class MjpegSink(Sink):
    """Frames for whoever opens the page, or plays the stream. Nothing is encoded while nobody does.

    Each frame is encoded once for all; who is slow misses frames, and nobody waits for them. Before the first
    frame, after the last, and where none comes for a while, viewers see a slate.

    Attributes:
        encoded: How many frames were encoded since `open`.

    Args:
        spec: `mjpeg://HOST:PORT`; this computer alone where there is no host, any free port for 0.
        places: How many may watch at a time.

    Raises:
        SinkError: It is no such address.
    """

    def __init__(self, spec: str, *, places: int = MOST_VIEWERS) -> None:
        self._address = read_address(spec, host="127.0.0.1", options=False)
        self.name = self._address.name
        self.notice = ""
        self.encoded = 0
        self._places = places
        self._server: HttpServer | None = None

    @property
    def url(self) -> str:
        """Where the page is, once it is open."""
        return f"http://{self._address.place}/"

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Begin to serve.

        Raises:
            SinkError: The address is another's, or not this computer's.
        """
        self.close()
        self._size_wh, self.encoded = size_wh, 0
        listening = self._listen()
        self._address = replace(self._address, port=listening.getsockname()[1])
        self._slate = self._encode(draw_slate(size_wh))
        self._board = Board(self._slate, self._places)
        app = HostGuard(pages(self._board), self._address)
        self._server = HttpServer(app, listening, _MOST_CONNECTIONS)
        self._server.start()
        self.notice = f"picture for browsers: {_shown(self._address)}"

    def write(self, frame: Frame) -> None:
        """Put a frame up, where anybody looks.

        Raises:
            SinkError: It is not open, or the frame has another size than was announced.
        """
        if self._server is None or not self._server.running:
            got = "a frame while it was not open" if self._server is None else "a server that has ended"
            raise SinkError(f"output {self.name}", got=got)
        if frame.size_wh != self._size_wh:
            wanted, got = (f"{w}x{h}" for w, h in (self._size_wh, frame.size_wh))
            raise SinkError(f"output {self.name}", wanted=f"frames of {wanted}", got=got)
        if self._board.watched:
            self._board.post(self._encode(frame.image))
            self.encoded += 1

    def rest(self) -> None:
        """Put the slate up."""
        if self._server is not None and self._board.watched:
            self._board.post(self._slate)

    def close(self) -> None:
        """End on the slate, and free the port.

        Raises:
            SinkError: The server does not end.
        """
        server, self._server = self._server, None
        if server is None:
            return
        self._board.finish()
        if not server.stop():
            raise SinkError(f"output {self.name}", got="a server that does not end")

    def _encode(self, picture: BgrImage) -> bytes:
        _, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        return jpeg.tobytes()

    def _listen(self) -> socket.socket:
        family, number = self._address.resolve(socket.SOCK_STREAM)
        try:
            listening = socket.create_server((number, self._address.port), family=family, backlog=16)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            other = replace(self._address, port=_other_port(self._address))
            raise SinkError(
                f"output {self.name}",
                wanted="a port that is free" if taken else "an address of this computer",
                got="one that another program uses" if taken else error.strerror or str(error),
                next_step=f"use another one, as {other.name if taken else 'mjpeg://127.0.0.1:8090'}",
            ) from error
        # What comes in by it inherits these.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_MS)
        return listening


def _other_port(address: StreamAddress) -> int:
    return address.port + 1 if 1024 <= address.port < 65535 else 8090


def _shown(address: StreamAddress) -> str:
    if address.is_loopback:
        return f"http://{address.place}/"
    return f"http://{address.place}/; anyone in the network can watch"
