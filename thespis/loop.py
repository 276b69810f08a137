"""The live loop as the commands play it: said once what is in use, a status line, an end on Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import FrameType
from typing import Protocol

from realtime.curtain import Curtain
from realtime.limits import Limits
from realtime.pipeline import Pipeline
from realtime.sink.base import Sink
from realtime.sound.base import Sound
from realtime.source.base import Source
from realtime.tap import SinkTap
from realtime.timing import Timing, now_s
from realtime.wear import Wearing
from thespis.screen import Screen, status_text
from thespis.tally import Tally


@contextmanager
def ending_well(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C (or a termination signal) end the run well, and a second one break it off.

    Args:
        stop: Called in the signal handler; takes no lock.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class UserEnd:
    """`ending_well`, and whether the user did.

    Attributes:
        asked: Whether Ctrl-C, or a signal to terminate, ended it.
    """

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def __call__(self, stop: Callable[[], None]) -> Iterator[None]:
        """While it plays; see `ending_well`."""

        def end() -> None:
            self.asked = True
            stop()

        with ending_well(end):
            yield


@dataclass(frozen=True, slots=True)
class Show:
    """What is played.

    Attributes:
        source: Where frames come from.
        wearing: Who is worn.
        sinks: Where frames go.
        limits: Where it ends by itself.
        target_delay_ms: The age at which live frames are given to the sinks; 0 for as soon as they are done.
        sound: What recordings let hear.
        beside: Sinks that nobody chose as an output: what is kept, or looked at, meanwhile.
        curtain: What hiding lets down before every sink.
    """

    source: Source
    wearing: Wearing
    sinks: Sequence[Sink]
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    target_delay_ms: float = 0.0
    sound: Sound | None = None
    beside: Sequence[Sink] = ()
    curtain: Curtain = field(default_factory=Curtain)


def play(
    show: Show,
    screen: Screen,
    timing: Timing,
    on_tick: Callable[[Callable[[], None]], None] | None = None,
    *,
    today: Callable[[], date] = date.today,
    ending: Callable[[Callable[[], None]], AbstractContextManager[None]] = ending_well,
) -> Tally:
    """Play until the source ends, a limit is reached, the user ends it, or something fails.

    A persona whose last day passes meanwhile ends it too: nobody is worn a day longer than was agreed.

    Args:
        show: What is played.
        screen: What the user sees.
        timing: Takes what is measured.
        on_tick: Called about every half second with what ends the run.
        today: The day, asked at every tick.
        ending: Given what ends the run; stays open for as long as it plays.

    Returns:
        What went out with the persona and what without.

    Raises:
        BaseException: What any part of the loop raised.
    """
    last_notices: dict[int, str] = {}
    tally = Tally()
    sinks = [SinkTap(show.sinks[0], tally.note), *show.sinks[1:], *show.beside]
    parts: list[_Noticing] = [show.source, *show.sinks, *show.wearing.places, *([show.sound] if show.sound else [])]

    def tick() -> None:
        for persona in show.wearing.personas:
            persona.manifest.identity.check(today())
        _say_news(screen, [*parts, pipeline], last_notices)
        update()
        if on_tick:
            on_tick(pipeline.stop)
        if show.sinks and all(getattr(sink, "closed_by_user", False) for sink in show.sinks):
            pipeline.stop()

    pipeline = Pipeline(
        show.source,
        show.wearing.threads,
        sinks,
        timing=timing,
        on_open=lambda: _say_news(screen, parts, last_notices),
        on_tick=tick,
        limits=show.limits,
        delay_s=show.target_delay_ms / 1e3,
        curtain=show.curtain,
    )
    _say_persona(screen, show.wearing)
    with ending(pipeline.stop), _moving(show, screen, timing, tally) as update:
        pipeline.run()
    _say_news(screen, parts, last_notices)
    return tally


def _say_persona(screen: Screen, wearing: Wearing) -> None:
    for persona in wearing.personas:
        screen.say(f"persona {persona.name}: {persona.manifest.identity.in_words()}")
    screen.say(f"network: {wearing.said}")


class _Noticing(Protocol):
    """What has something to say now and then: sources, sinks, places, the pipeline."""

    @property
    def notice(self) -> str: ...


def _say_news(screen: Screen, parts: Sequence[_Noticing], said: dict[int, str]) -> None:
    """Say what the parts have to say, each notice once as long as it stays the same."""
    for number, part in enumerate(parts):
        notice = part.notice
        if notice and notice != said.get(number):
            screen.say(notice)
        said[number] = notice


@contextmanager
def _moving(show: Show, screen: Screen, timing: Timing, tally: Tally) -> Iterator[Callable[[], None]]:
    """The live line, or the progress bar where the source is a film; gives what moves it."""
    if show.source.live:

        def status() -> str:
            recent, dropped = timing.recent(now_s()), timing.counts()[1]
            worn = tally.worn_now or show.curtain.hidden
            text = status_text(recent, dropped, worn=worn, delay_ms=show.target_delay_ms)
            return f"{text}{'   HIDDEN: viewers see the slate' * show.curtain.hidden}"

        with screen.live_line() as write:
            yield lambda: write(status())
        return
    with screen.progress(show.source.name) as move:

        def update() -> None:
            ends = [end_s for end_s in (show.source.length_s, show.limits.seconds) if end_s is not None]
            frames, recent = timing.counts()[0], timing.recent(now_s())
            move(frames / show.source.fps, min(ends, default=None), f"{frames} frames, {recent.fps:.0f} fps")

        yield update
