"""Those who watch an output: players, browsers' HTTP, OBS Studio. Each hands on every picture that it shows."""

from __future__ import annotations

import http.client
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self, TypeAlias
from urllib.parse import urlsplit

import av
import cv2
import numpy as np

from benchmarks.obs_studio import ObsStudio
from realtime.frame import BgrImage
from realtime.timing import now_s

Look: TypeAlias = Callable[[BgrImage, float], None]
"""Takes a picture, (H, W, 3), and when it was there, in monotonic seconds."""

LOW_DELAY = {"fflags": "nobuffer", "analyzeduration": "0", "probesize": "5000", "fpsprobesize": "0"}
"""What FFmpeg's demuxers are told, so that they do not gather frames before they show the first."""
_RETRY_S = 0.2
_ENDS_WITHIN_S = 10.0


class Viewer(ABC):
    """Watches in a thread of its own between `__enter__` and `__exit__`, and tries again while nothing is there yet.

    Args:
        look: Called with each picture, in that thread.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="viewer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._leave()
        self._thread.join(_ENDS_WITHIN_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._watch()
            self._ended.wait(_RETRY_S)

    def _leave(self) -> None:  # noqa: B027 - most come back from a read by themselves
        """Break off a read."""

    @abstractmethod
    def _watch(self) -> None:
        """Watch until there is nothing more, or `_ended` is set."""

    def _show(self, picture: BgrImage) -> None:
        self._look(picture, now_s())


class HttpViewer(Viewer):
    """A program that reads `mjpeg://` as browsers do.

    Args:
        url: Of the stream.
        look: See `Viewer`.
    """

    def __init__(self, url: str, look: Look) -> None:
        super().__init__(look)
        self._parts = urlsplit(url)

    def _watch(self) -> None:
        connection = http.client.HTTPConnection(self._parts.netloc, timeout=5)
        try:
            connection.request("GET", self._parts.path)
            answer = connection.getresponse()
            length = 0
            while not self._ended.is_set() and (line := answer.readline()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                elif line == b"\r\n" and length:
                    picture = cv2.imdecode(np.frombuffer(answer.read(length), np.uint8), cv2.IMREAD_COLOR)
                    self._show(np.asarray(picture, np.uint8))
                    length = 0
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


class PyavViewer(Viewer):
    """A player inside Python, one thread to decode: the least that a player can take.

    Args:
        url: Of the stream.
        look: See `Viewer`.
    """

    def __init__(self, url: str, look: Look) -> None:
        super().__init__(look)
        self._url = url

    def _watch(self) -> None:
        try:
            with av.open(self._url, options=dict(LOW_DELAY), timeout=2.0) as container:
                container.streams.video[0].codec_context.thread_count = 1
                for frame in container.decode(video=0):
                    self._show(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))
                    if self._ended.is_set():
                        return
        except (av.FFmpegError, IndexError):
            return


class FfmpegViewer(Viewer):
    """The ffmpeg program as a player.

    Args:
        url: Of the stream.
        size_wh: Of its pictures.
        look: See `Viewer`.
    """

    def __init__(self, url: str, size_wh: tuple[int, int], look: Look) -> None:
        super().__init__(look)
        options = [word for name, value in LOW_DELAY.items() for word in (f"-{name}", value)]
        self._words = ["ffmpeg", "-loglevel", "quiet", "-threads", "1", *options, "-i", url]
        self._words += ["-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "bgr24", "pipe:1"]
        self._shape = size_wh[1], size_wh[0], 3
        self._program: subprocess.Popen[bytes] | None = None

    def _watch(self) -> None:
        bytes_each = int(np.prod(self._shape))
        with subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as self._program:
            assert self._program.stdout is not None
            while not self._ended.is_set() and len(data := self._program.stdout.read(bytes_each)) == bytes_each:
                self._show(np.frombuffer(data, np.uint8).reshape(self._shape))
            self._program.kill()

    def _leave(self) -> None:
        if self._program is not None:
            self._program.kill()


class ObsViewer(Viewer):
    """OBS Studio with the stream as a Media Source: what goes out of OBS, one screenshot after the other.

    Args:
        url: Of the stream.
        size_wh: Of its pictures, and of OBS's canvas.
        look: See `Viewer`.
    """

    def __init__(self, url: str, size_wh: tuple[int, int], look: Look) -> None:
        super().__init__(look)
        self._url = url
        self._obs = ObsStudio(size_wh)

    def __enter__(self) -> Self:
        self._obs.__enter__()
        self._obs.play(self._url)
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._obs.__exit__(*error)

    def _watch(self) -> None:
        while not self._ended.is_set():
            picture = self._obs.screenshot()
            if picture is None:
                return
            self._show(picture)
