"""What is said while a network trains."""

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from models.checkpoint import RunCard
from models.request import Progress
from models.schedule import Place
from models.trainer import Trainer
from thespis.screen import Screen
from thespis.training_lines import TrainingLines, clock_text

CARD = RunCard(
    preset="lite",
    material={"performer": "demo", "ada": "a.jpg", "grace": "g.jpg"},
    digests={},
    seed=0,
    batch=10,
    precision="fp32",
    steps=1000,
    minutes=20,
    machine="an abacus, 2 cores",
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def lines(said: io.StringIO, clock: Clock, *, terminal: bool = False) -> TrainingLines:
    return TrainingLines(Screen(Console(file=said, force_terminal=terminal, width=200, highlight=False)), clock)


def trainer(card: RunCard, place: Place) -> Trainer:
    return cast(Trainer, SimpleNamespace(card=card, place=place, request=SimpleNamespace(out=Path("runs/a"))))


def test_without_a_terminal_there_is_a_line_every_half_minute(said: io.StringIO) -> None:
    clock = Clock()
    with lines(said, clock).moving() as (prepared, stepped):
        clock.now = 31.0
        prepared(32, 64)
        for step in range(1, 121):
            clock.now += 1.0
            stepped(Progress(Place(step=step, seconds=clock.now), step / 240, 0.5, {}, 0.75))
    found = said.getvalue().splitlines()
    assert found[0] == "32 of 64 pairs made"
    assert found[1] == "step 30, loss 0.500, SSIM 0.750, 1:01 gone, 3:30 left"
    assert len(found) == 5


def test_a_notice_is_said_at_once_and_an_empty_one_is_not(said: io.StringIO) -> None:
    with lines(said, Clock()).moving() as (_, stepped):
        stepped(Progress(Place(step=1), 0.1, 0.5, {}))
        stepped(Progress(Place(step=2), 0.2, 0.5, {}, notice="the run winds down"))
    assert said.getvalue() == "the run winds down\n"


def test_a_terminal_sees_the_time_left_and_no_plain_lines(said: io.StringIO) -> None:
    clock = Clock()
    with lines(said, clock, terminal=True).moving() as (_, stepped):
        for step in (1, 2):
            clock.now += 60
            stepped(Progress(Place(step=step), step / 10, 0.5, {}))
    assert "loss 0.500" in said.getvalue()
    assert "left" not in said.getvalue()


def test_it_is_said_where_a_run_begins_and_where_it_may_end(said: io.StringIO) -> None:
    fresh, _ = lines(said, Clock()).opening(trainer(CARD, Place()))
    assert fresh == "lite network for ada, grace, fp32 on an abacus, 2 cores; 1000 steps or 20 minutes"
    again, _ = lines(said, Clock()).opening(trainer(replace(CARD, minutes=None, patience=3), Place(step=250)))
    assert again.endswith("goes on from step 250, to 1000 steps or 3 evaluations without a rise")


def test_it_is_said_how_a_run_ended(said: io.StringIO) -> None:
    place = Place(step=1000, best=0.91234)
    ended, step = lines(said, Clock()).closing(trainer(replace(CARD, ended_by="minutes"), place))
    assert "ended by minutes, SSIM 0.912 at best" in ended
    assert "thespis export runs/a" in step
    (broken,) = lines(said, Clock()).closing(trainer(CARD, place))
    assert "the same words again" in broken


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3725, "1:02:05")])
def test_times_are_written_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text
