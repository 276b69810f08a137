"""A PipeWire and its pipelines that are none: pipes as of real programs, at whose other end the test is."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Sequence

from realtime.sink.pipewire_programs import DUMP, MARK

PATIENCE_S = 20.0


class FakeProgram:
    """A program whose ends of the pipes a thread of the test holds.

    Attributes:
        got: What was written into it.
        gently: How it was ended: whether it was let come to its end.
    """

    def __init__(self, *, takes_input: bool) -> None:
        self.got = bytearray()
        self.changed = threading.Condition()
        self.gently: bool | None = None
        self._hungry = True
        self.output, self._says = os.pipe()
        self.input = -1
        if takes_input:
            self._takes, self.input = os.pipe()
            os.set_blocking(self.input, False)
            self._eater = threading.Thread(target=self._eat, daemon=True)
            self._eater.start()

    def say(self, text: str) -> None:
        os.write(self._says, text.encode())

    def stall(self, *, after_bytes: int = 0) -> None:
        """Take nothing more from so many bytes on."""
        with self.changed:
            self._hungry, self._until = False, after_bytes

    def go_on(self) -> None:
        with self.changed:
            self._hungry = True
            self.changed.notify_all()

    def die(self, last_words: str = "") -> None:
        if last_words:
            self.say(last_words)
        says, self._says = self._says, -1
        os.close(says)

    def end(self, patience_s: float = 0.0) -> None:
        assert self.gently is None, "ended twice"
        self.gently = patience_s > 0
        if self.input >= 0:
            os.close(self.input)
            self.go_on()
            self._eater.join(PATIENCE_S)
        os.close(self.output)
        if self._says >= 0:
            os.close(self._says)

    def _eat(self) -> None:
        with os.fdopen(self._takes, "rb", buffering=0) as pipe:
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: self._hungry or len(self.got) < self._until, PATIENCE_S)
                if not (piece := pipe.read(1 << 14)):
                    return
                with self.changed:
                    self.got += piece
                    self.changed.notify_all()


class FakePipeWire:
    """Starts programs, and shows the nodes of the pipelines among them to those that watch.

    Attributes:
        cameras: Every pipeline that was started.
        watchers: Every program that was started to look at the graph.
        away: Where set, nothing can be started.
        last_words: Where set, a pipeline says that and ends at once.
        shows: Whether the node of a pipeline appears.
    """

    def __init__(self, *, away: bool = False) -> None:
        self.cameras: list[FakeProgram] = []
        self.watchers: list[FakeProgram] = []
        self.words: list[str] = []
        self.away, self.last_words, self.shows = away, "", True
        self.changed = threading.Condition()

    def __call__(self, words: Sequence[str], *, takes_input: bool) -> FakeProgram:
        if self.away:
            raise FileNotFoundError(2, "No such file or directory", DUMP if DUMP in words else words[0])
        program = FakeProgram(takes_input=takes_input)
        with self.changed:
            if DUMP in words:
                self.watchers.append(program)
            else:
                self.words = list(words)
                self.cameras.append(program)
                if self.last_words:
                    program.die(self.last_words)
                elif self.shows:
                    self.tell([{"id": 37, "info": {"props": {MARK: self.mark}}}])
            self.changed.notify_all()
        return program

    @property
    def mark(self) -> str:
        (properties,) = (word for word in self.words if word.startswith("stream-properties="))
        return dict(one.split("=") for one in properties.removeprefix("stream-properties=p,").split(","))[MARK]

    def tell(self, changes: list[dict[str, object]]) -> None:
        """Print a change of the graph, as `pw-dump --monitor` does."""
        self.watchers[-1].say(json.dumps(changes, indent=2) + "\n")

    def await_camera(self, number: int) -> FakeProgram:
        """The pipeline of that number, once it was started."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.cameras) > number, PATIENCE_S), "no pipeline was started"
        return self.cameras[number]

    def end(self) -> None:
        """Let PipeWire go, and whoever watches it."""
        self.away = True
        with contextlib.suppress(OSError):
            self.watchers[-1].die()


def await_bytes(program: FakeProgram, enough: Callable[[bytearray], bool]) -> bytes:
    """What a program has got, once it is enough."""
    with program.changed:
        assert program.changed.wait_for(lambda: enough(program.got), PATIENCE_S), f"only {len(program.got)} bytes"
        return bytes(program.got)
