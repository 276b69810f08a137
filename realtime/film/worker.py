"""A process that makes pieces: `python -m realtime.film.worker`. Tasks come as lines on stdin, news go to stdout.

It ends with whoever started it: the end of stdin, which a killed program leaves too, ends it in the middle of a piece.
Nothing but text goes either way.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import TextIO

from realtime.errors import ThespisError
from realtime.film.order import Task
from realtime.timing import now_s

_TELL_EVERY_S = 0.25
_GONE = 3


def main() -> None:
    """Make pieces until stdin ends."""
    tell = _Teller(_own_stdout())
    tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), name="tasks", daemon=True).start()
    while True:
        work(tasks.get(), tell)


def work(line: str, tell: _Teller) -> None:
    """Make one piece and tell how it went."""
    from realtime.film.piece import make_piece

    try:
        make_piece(Task.from_json(line), tell.frames)
    except ThespisError as error:
        tell({"error": " ".join(str(error).split())})
    except Exception as error:  # noqa: BLE001 - whoever started this raises it
        tell({"fault": f"{type(error).__name__}: {error}"})
    else:
        tell({"finished": True})


class _Teller:
    """Writes news, one line each; how far a piece is no more often than anybody looks."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told_s = -_TELL_EVERY_S

    def __call__(self, news: dict[str, object]) -> None:
        self._out.write(json.dumps(news) + "\n")
        self._out.flush()

    def frames(self, done: int) -> None:
        """So many pictures are done."""
        if now_s() - self._told_s >= _TELL_EVERY_S:
            self._told_s = now_s()
            self({"frames": done})


def _listen(tasks: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(_GONE)  # whoever asked is gone: a piece that nobody waits for is not to be gone on with


def _own_stdout() -> TextIO:
    """Stdout for news alone: libraries that write there write to stderr."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    main()
