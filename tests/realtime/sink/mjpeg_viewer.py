"""Who watches `mjpeg://`, or just asks."""

from __future__ import annotations

import http.client
from contextlib import closing

import cv2
import numpy as np

from realtime.sink.mjpeg import MjpegSink

SIZE_WH = (256, 144)
WITHIN_S = 20.0


class Viewer:
    """A player: reads the stream part by part."""

    def __init__(self, sink: MjpegSink, path: str = "/stream.mjpg") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port_of(sink), timeout=WITHIN_S)
        self._connection.request("GET", path)
        self.answer = self._connection.getresponse()

    def picture(self) -> np.ndarray | None:
        """The next picture; None at the end."""
        length = 0
        while line := self.answer.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line == b"\r\n" and length:
                return decoded(self.answer.read(length))
        return None

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def decoded(jpeg: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def port_of(sink: MjpegSink) -> int:
    return int(sink.url.rstrip("/").rpartition(":")[2])


def ask(sink: MjpegSink, path: str, headers: dict[str, str] | None = None, method: str = "GET"):
    with closing(http.client.HTTPConnection("127.0.0.1", port_of(sink), timeout=WITHIN_S)) as connection:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
