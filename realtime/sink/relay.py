"""A program that passes blocks of bytes on to one receiver after the other, and is started again when it ends."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO

from realtime.timing import now_s

_MOST_WAITING = 2
_PAUSE_S = 1.0
_STUCK_S = 5.0
_LINGER_S = 0.3
"""What was handed over last is still under way for as long as a receiver's buffer lasts."""
_ENDS_WITHIN_S = 1.0
_MOST_COMPLAINTS = 3
_APART: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What a session of its own is elsewhere: Windows has no such thing, and only Windows has this."""


class Relay:
    """Runs a program, waits until it says that it has reached somebody, and writes blocks into its stdin.

    It runs in a thread of its own; nothing but `open` and `close` may wait.

    Args:
        arguments: The program and its words.
        first: Written before anybody is reached, for programs that look at their input first.
        reached: Whether a line of the program's stderr says that somebody is reached.
        complaint: What a line of it says is wrong; empty where it says no such thing.
        pause_s: From an end of the program to its next start.
        clock: Monotonic seconds.

    Attributes:
        link: Counts up by one with each receiver that is reached; None while none is.
        fault: What was wrong when the program last ended with nobody reached; empty where nothing was.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        first: bytes,
        reached: Callable[[str], bool],
        complaint: Callable[[str], str],
        pause_s: float = _PAUSE_S,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self._arguments, self._first = list(arguments), first
        self._reached, self._complaint = reached, complaint
        self._pause_s, self._clock = pause_s, clock
        self.link: int | None = None
        self.fault = ""
        self._links = 0
        self._blocks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closed = self._silent = False
        self._program: subprocess.Popen[bytes] | None = None
        self._writing_since_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def open(self) -> None:
        """Start."""
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether it takes a block now. A program that has taken nothing for long is ended, to be started again."""
        since_s = self._writing_since_s
        if since_s is not None and self._clock() - since_s > _STUCK_S:
            self._kill()
        return self.link is not None and len(self._blocks) < _MOST_WAITING

    def offer(self, block: bytes) -> None:
        """Hand a block over; without anybody who is reached it is lost."""
        with self._changed:
            if self.link is not None:
                self._blocks.append(block)
                self._changed.notify_all()

    def close(self) -> None:
        """Pass on what waits, and end the program. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident is None:
            return
        self._thread.join(_ENDS_WITHIN_S if self.link is not None else 0)
        self._kill()
        self._thread.join(_ENDS_WITHIN_S)

    def _run(self) -> None:
        while not self._closed:
            try:
                self._program = subprocess.Popen(
                    self._arguments,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    # Ctrl-C is for us alone: the end of the stream is still to be sent.
                    start_new_session=True,
                    creationflags=_APART,
                )
            except OSError as error:
                self.fault = error.strerror or str(error)
            else:
                if self._closed:  # while it was starting, so that nobody else ends it
                    self._kill()
                self._attend(self._program)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, self._pause_s)

    def _attend(self, program: subprocess.Popen[bytes]) -> None:
        """Serve one run of the program, to its end."""
        assert program.stdin is not None
        assert program.stderr is not None
        self._silent, self._writing_since_s = False, None
        listener = threading.Thread(target=self._listen, args=(program.stderr,), name="relay words", daemon=True)
        listener.start()
        with contextlib.suppress(OSError):  # it ended, or takes no more: it has said why
            self._pass_on(program.stdin)
        with contextlib.suppress(OSError):
            program.stdin.close()
        try:
            program.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        listener.join()
        program.stderr.close()

    def _pass_on(self, stdin: IO[bytes]) -> None:
        stdin.write(self._first)
        stdin.flush()
        while (block := self._next()) is not None:
            self._writing_since_s = self._clock()
            stdin.write(block)
            stdin.flush()
            self._writing_since_s = None
        if self.link is not None:
            with self._changed:
                self._changed.wait_for(lambda: self.link is None, _LINGER_S)

    def _next(self) -> bytes | None:
        """The next block; None where there is to be none any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._closed or self._silent)
            return self._blocks.popleft() if self._blocks else None

    def _listen(self, stderr: IO[bytes]) -> None:
        """Hear what the program says, until it ends."""
        complaints: list[str] = []
        for line in stderr:
            text = line.decode(errors="replace").strip()
            complaint = self._complaint(text)
            if complaint and len(complaints) < _MOST_COMPLAINTS:
                complaints.append(complaint)
            if self.link is None and self._reached(text):
                with self._changed:
                    self._links += 1
                    self._blocks.clear()
                    self.link = self._links
        self.fault = "" if self.link is not None or self._closed else ", ".join(complaints)
        with self._changed:  # it closes its mouth a moment before it is seen to have ended
            self._silent, self.link, self._writing_since_s = True, None, None
            self._blocks.clear()
            self._changed.notify_all()

    def _kill(self) -> None:
        program = self._program
        if program is not None:
            with contextlib.suppress(OSError):
                program.kill()
