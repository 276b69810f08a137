"""Workers on this machine, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil

import realtime
from realtime.cores import cores
from realtime.errors import ThespisError
from realtime.film.crew import PIECES_EACH, Crew, News
from realtime.film.order import Task

_BYTES_EACH = 700 * 1024**2
"""What a worker takes at 720p, measured: its libraries, the face mesh, the network and some frames."""
_END_S = 5.0
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What keeps Ctrl-C from a worker on Windows, where there are no sessions."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def workers_here() -> int:
    """How many workers this machine has room for: one a core, as far as its memory goes."""
    return max(1, min(cores(), int(psutil.virtual_memory().available) // _BYTES_EACH))


class LocalCrew(Crew):
    """Processes that live as long as this one, and no longer.

    Args:
        size: How many.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.said = f"{size} worker{'s' * (size > 1)} here"
        self._idle: list[_Process] = []
        self._all: list[_Process] = []
        self._news: queue.SimpleQueue[tuple[_Process, News]] = queue.SimpleQueue()

    def start(self, task: Task) -> None:
        """Give a piece to a worker that has none.

        Raises:
            ThespisError: No worker can be begun.
        """
        if not self._idle:
            try:
                worker = _Process(self._news)
            except OSError as error:
                raise ThespisError(
                    "a worker",
                    wanted="a process",
                    got=error.strerror or str(error),
                    next_step="give it memory or fewer --workers; the same words again go on from here",
                ) from error
            self._all.append(worker)
            self._idle.append(worker)
        self._idle.pop().give(task)

    def news(self, timeout_s: float) -> News | None:
        """The next thing that is heard."""
        try:
            worker, news = self._news.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if worker not in self._all:
            return None  # it was let go
        if news.died:
            self._all.remove(worker)
            if worker in self._idle:  # of one that has nothing to do nobody waits for anything
                self._idle.remove(worker)
                return None
            news = replace(news, number=worker.number)  # it may have been given that after its last words
            worker.end()
            return news
        if news.finished and worker.pieces >= PIECES_EACH:
            self._all.remove(worker)
            worker.end()
        elif news.finished or news.error or news.fault:
            self._idle.append(worker)
        return news

    def close(self) -> None:
        """End every worker."""
        workers, self._all, self._idle = self._all, [], []
        for worker in workers:
            worker.end()


class _Process:
    """One worker.

    Attributes:
        number: Of the piece that it was given last.
        pieces: How many it was given.
    """

    def __init__(self, news: queue.SimpleQueue[tuple[_Process, News]]) -> None:
        root = str(Path(realtime.__file__).parents[1])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "realtime.film.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": os.pathsep.join(paths)},
            # Ctrl-C is for the program: what it does with its workers is its own affair.
            start_new_session=True,
            creationflags=_OWN_GROUP,
        )
        self.number = -1
        self.pieces = 0
        threading.Thread(target=self._listen, args=(news,), name="film-worker", daemon=True).start()

    def give(self, task: Task) -> None:
        self.number = task.piece.number
        self.pieces += 1
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it died: the thread that listens says so
            self._process.stdin.write(task.to_json() + "\n")
            self._process.stdin.flush()

    def end(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self, news: queue.SimpleQueue[tuple[_Process, News]]) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                news.put((self, News(self.number, **json.loads(line))))
        except ValueError:
            pass  # a line that was cut off: it died over it
        finally:
            news.put((self, News(self.number, died=True)))
