"""One life of the pipeline that is a camera of PipeWire's, from its start until it ends, stalls or is let go."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections.abc import Callable

from realtime.sink.pipewire_node import NodeWatch
from realtime.sink.pipewire_programs import Pictures, Program, Starter, camera_words, watch_words

START_S, STALL_S, END_S = 10.0, 2.0, 1.0
"""How long the node may take to appear; a picture may stay without a byte being taken; the end may take. With one
second, a processor wanted by twenty programs was now and then taken for a stall, and readers lost their camera."""
_READ_BYTES, _KEPT_CHARACTERS, _PIPE_BYTES = 1 << 16, 2000, 1 << 20
_LINGER_S = 0.15
PIPEWIRE_GONE = "PipeWire has gone"


class Line:
    """The pipeline, and beside it a program that tells whether its node is in the graph. For one thread.

    Args:
        start: Starts programs.
        pictures: What is shown.
        name: Of the camera.
        wake_fd: A file descriptor that can be read when there is something else to do than to wait; left to its owner.
        clock: Monotonic seconds.
        start_s, stall_s: See `START_S`, `STALL_S`.

    Attributes:
        seen: Whether its node has appeared in the graph.
        ended: Why it is of no use any more; empty while it is.

    Raises:
        OSError: A program cannot be started.
    """

    def __init__(
        self,
        start: Starter,
        pictures: Pictures,
        name: str,
        wake_fd: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        start_s: float = START_S,
        stall_s: float = STALL_S,
    ) -> None:
        self.seen, self.ended = False, ""
        self._clock, self._start_s, self._stall_s = clock, start_s, stall_s
        self._began_s = self._moved_s = clock()
        self._left = memoryview(b"")
        self._said = ""
        mark = os.urandom(8).hex()
        self._watch = NodeWatch(mark)
        self._watcher = start(watch_words(), takes_input=False)
        try:
            self._camera = start(camera_words(pictures, name, mark), takes_input=True)
        except OSError:
            self._watcher.end()
            raise
        _fit_pipe(self._camera, pictures.size)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._watcher.output, selectors.EVENT_READ, self._see)
        self._selector.register(self._camera.output, selectors.EVENT_READ, self._hear)
        self._selector.register(wake_fd, selectors.EVENT_READ)

    @property
    def busy(self) -> bool:
        """Whether a picture is on its way and not whole."""
        return bool(self._left)

    def take(self, picture: memoryview) -> None:
        """Begin to write a picture, while not busy; its memory is not to change until it is written."""
        self._left, self._moved_s = picture, self._clock()
        self._selector.register(self._camera.input, selectors.EVENT_WRITE, self._write)
        self._write()

    def wait(self) -> None:
        """Go on with whatever can be gone on with, once; return where there is something else to do."""
        for key, _ in self._selector.select(self._patience_s()):
            if key.data is not None and not self.ended:
                key.data()
        if not self.ended and self._patience_s() == 0:
            self.ended = "nobody takes its pictures on" if self.seen else f"no node within {self._start_s:.0f} s"

    def close(self) -> None:
        """End both programs; one that got only whole pictures may show the last."""
        self._selector.close()
        gently = self.seen and not self.ended and not self.busy
        if gently:
            time.sleep(_LINGER_S)  # readers are to have the last picture before the node goes; nobody says when
        self._camera.end(END_S if gently else 0.0)
        self._watcher.end()

    def _patience_s(self) -> float | None:
        """How long may still be waited; None for as long as it takes."""
        if not self.seen:  # GStreamer takes its time to start: until then a full pipe means nothing
            return max(0.0, self._began_s + self._start_s - self._clock())
        return max(0.0, self._moved_s + self._stall_s - self._clock()) if self.busy else None

    def _write(self) -> None:
        try:
            while self._left:
                self._left = self._left[os.write(self._camera.input, self._left) :]
                self._moved_s = self._clock()
        except BlockingIOError:
            return
        except BrokenPipeError:  # still busy: what it died of is yet to be heard
            pass
        self._selector.unregister(self._camera.input)

    def _hear(self) -> None:
        if said := os.read(self._camera.output, _READ_BYTES):
            self._said = (self._said + said.decode(errors="replace"))[-_KEPT_CHARACTERS:]
        else:
            self.ended = f"its pipeline ended ({self._last_words()})"

    def _see(self) -> None:
        printed = os.read(self._watcher.output, _READ_BYTES)
        if not printed:
            self.ended = PIPEWIRE_GONE
            return
        self._watch.feed(printed.decode(errors="replace"))
        if self.seen and not self._watch.present:
            self.ended = "PipeWire has taken it away"
        if self._watch.present and not self.seen:
            self.seen, self._moved_s = True, self._clock()

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._said.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("ERROR", "WARNING"))]
        return (told or lines or ["without a word"])[0]


def _fit_pipe(camera: Program, picture_bytes: int) -> None:
    """Let one picture fit into the pipe, where the system allows so much, and never many: they would only grow old."""
    import fcntl

    with contextlib.suppress(OSError):  # then it stays as it is, which costs a few more turns
        fcntl.fcntl(camera.input, fcntl.F_SETPIPE_SZ, min(picture_bytes, _PIPE_BYTES))
