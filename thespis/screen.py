"""What a user sees while the loop runs: said once, one live line, a progress bar for films."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live as LiveLine
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from realtime.errors import printable
from realtime.sync_offset import sync_offset_ms
from realtime.timing import Arrivals


def status_text(recent: Arrivals, dropped: Mapping[str, int], *, worn: bool = True, delay_ms: float = 0.0) -> str:
    """One line: rate, age, drops with their most frequent cause, the microphone's offset, whether the persona is on.

    Args:
        recent: What arrived of late.
        dropped: Frames lost, by cause.
        worn: Whether the persona is on.
        delay_ms: The age that was asked for; 0 for none.
    """
    if math.isnan(recent.fps):
        return "waiting for pictures"
    line = f"{recent.fps:4.1f} fps   age {recent.age_ms.p50:3.0f} ms (p95 {recent.age_ms.p95:.0f})"
    total = sum(dropped.values())
    worst = max(dropped, key=lambda cause: dropped[cause]) if total else ""
    drops = f"{total} dropped, most {worst}" if total else "no drops"
    line += f"   Sync Offset {sync_offset_ms(recent.age_ms.p50, delay_ms)} ms"
    return f"{line}   {drops}{'' if worn else '   persona off: no good swap'}"


def summary_text(whole: Arrivals, dropped: Mapping[str, int], *, live: bool, delay_ms: float = 0.0) -> str:
    """The last line of a run; age says nothing about a film, whose frames wait for the loop."""
    if whole.frames < 2:
        return f"{whole.frames} frames"
    if not live:
        return f"{whole.frames} frames, {whole.fps:.0f} a second"
    return f"{whole.frames} frames: {status_text(whole, dropped, delay_ms=delay_ms).strip()}"


class Screen:
    """Writes to stderr, so that stdout holds results alone. Nothing moves where stderr is no terminal.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def say(self, line: str) -> None:
        """One line that stays; nothing for an empty one."""
        if line:
            self.console.print(printable(line), markup=False, soft_wrap=True)

    @contextmanager
    def live_line(self) -> Iterator[Callable[[str], None]]:
        """A last line that is written over; gives what writes it."""
        if not self.console.is_terminal:
            yield _write_nothing
            return
        with LiveLine(Text(""), console=self.console, auto_refresh=False, transient=True) as live:
            yield lambda text: live.update(Text(text), refresh=True)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[float, float | None, str], None]]:
        """A bar for what takes long; gives what moves it: done, of how many (None where unknown), and a text."""
        if not self.console.is_terminal:
            yield _move_nothing
            return
        words = ("{task.description}", "{task.fields[beside]}")
        described, beside_it = (TextColumn(word, markup=False) for word in words)
        columns = (described, BarColumn(), beside_it)
        with Progress(*columns, TimeRemainingColumn(), console=self.console, transient=True) as progress:
            task = progress.add_task(printable(what), total=None, beside="")
            yield lambda done, total, beside: progress.update(
                task, completed=done, total=total, beside=printable(beside)
            )


class OnceScreen(Screen):
    """A screen that says no line a second time: what two performances in a row have in common is said by the first.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(console)
        self._said: set[str] = set()

    def say(self, line: str) -> None:
        """One line that stays, unless it was said; nothing for an empty one."""
        if line not in self._said:
            self._said.add(line)
            super().say(line)


def _write_nothing(text: str) -> None:
    """Stands in for a live line where nothing may move."""


def _move_nothing(done: float, total: float | None, beside: str) -> None:
    """Stands in for a progress bar where nothing may move."""
