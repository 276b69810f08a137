"""What a user sees while a network trains: a bar with the time left, or a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from thespis.screen import Screen

if TYPE_CHECKING:
    from models.request import Progress
    from models.trainer import Trainer

PLAIN_LINE_S = 30.0


class TrainingLines:
    """Tells of one training run.

    Args:
        screen: Where it is told. A terminal gets a bar; anything else, a line every half minute.
        now_s: A clock that only goes forward, in seconds.
    """

    def __init__(self, screen: Screen, now_s: Callable[[], float] = time.monotonic) -> None:
        self._screen, self._now_s = screen, now_s
        self._last_s = now_s()
        self._begun: tuple[float, float] | None = None

    def opening(self, trainer: Trainer) -> list[str]:
        """What is said before it begins."""
        card, place = trainer.card, trainer.place
        ends = [f"{card.steps} steps"] if card.steps else []
        ends += [f"{card.minutes:g} minutes"] if card.minutes else []
        ends += [f"{card.patience} evaluations without a rise"] if card.patience else []
        done = f"goes on from step {place.step}, to " if place.step else ""
        wears = ", ".join(card.decoders[1:])
        return [
            f"{card.preset} network for {wears}, {card.precision} on {card.machine}; {done}{' or '.join(ends)}",
            f"previews, evaluation.jsonl and checkpoints: {trainer.request.out}",
        ]

    def closing(self, trainer: Trainer) -> list[str]:
        """What is said when it is over."""
        out, step = trainer.request.out, trainer.place.step
        if not trainer.card.ended_by and not step:
            return ["the pairs made so far are kept; the same words again go on from here"]
        if not trainer.card.ended_by:
            return [f"step {step} is saved; the same words again go on from here"]
        ssim = "" if trainer.place.best is None else f", SSIM {trainer.place.best:.3f} at best on pairs not trained on"
        return [
            f"step {step}, ended by {trainer.card.ended_by}{ssim}: look at {out}/preview-{step:06d}.jpg",
            f"next: thespis export {out} --identity IDENTITY.toml --out NAME.persona",
        ]

    @contextmanager
    def moving(self) -> Iterator[tuple[Callable[[int, int], None], Callable[[Progress], None]]]:
        """Gives what is told of pairs that are made, and what is told of steps."""
        with self._screen.progress("training") as move:

            def prepared(done: int, of: int) -> None:
                move(done, of, f"{done} of {of} pairs made")
                self._plainly(f"{done} of {of} pairs made")

            def stepped(progress: Progress) -> None:
                text = _step_text(progress)
                move(progress.share, 1.0, text)
                self._plainly(f"{text}, {self._left(progress.share)}")
                self._screen.say(progress.notice)

            yield prepared, stepped

    def _plainly(self, line: str) -> None:
        """A line where no bar can move, every half minute."""
        now = self._now_s()
        if not self._screen.console.is_terminal and now - self._last_s >= PLAIN_LINE_S:
            self._last_s = now
            self._screen.say(line)

    def _left(self, share: float) -> str:
        """The time left, by the pace since it began or went on."""
        now = self._now_s()
        if self._begun is None:
            self._begun = now, share
        gone_s, gone = now - self._begun[0], share - self._begun[1]
        return f"{clock_text(gone_s / gone * (1 - share))} left" if gone > 0 else "time left not known yet"


def clock_text(seconds: float) -> str:
    """Hours, minutes and seconds as `1:02:03`, or `2:03` under an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _step_text(progress: Progress) -> str:
    ssim = "" if progress.ssim is None else f", SSIM {progress.ssim:.3f}"
    return f"step {progress.place.step}, loss {progress.loss:.3f}{ssim}, {clock_text(progress.place.seconds)} gone"
