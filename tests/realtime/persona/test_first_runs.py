"""The first runs of a network: whether a played run computes at all, and how long one takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from timed_candidates import CAPTURED, CARD, PLAIN
from tiny_personas import make_manifest

from realtime.errors import PersonaError, ProviderError
from realtime.persona import first_runs, opening
from realtime.persona.buffers import Buffers, make_buffers
from realtime.persona.opening import Wanted
from realtime.persona.provider import Candidate


class Honest:
    """A network that gives back each crop's colours."""

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers

    def run_plainly(self, count: int, options: object = None) -> None:
        self._buffers.outputs["image"][:count] = self._buffers.inputs["crop"][:count, :3]
        self._buffers.outputs["mask"][:count] = 1

    def run(self, count: int, options: object = None) -> None:
        self.run_plainly(count)


class Stale(Honest):
    """Gives, once captured, what it gave then."""

    def __init__(self, buffers: Buffers) -> None:
        super().__init__(buffers)
        self._captured: dict[int, Any] = {}

    def run(self, count: int, options: object = None) -> None:
        self.run_plainly(count)
        image = self._buffers.outputs["image"]
        image[:count] = self._captured.setdefault(count, image[:count].copy())


class StaleThroughout(Stale):
    """Does so whatever it is told of capturing."""

    def run_plainly(self, count: int, options: object = None) -> None:
        super().run_plainly(count)
        image = self._buffers.outputs["image"]
        image[:count] = self._captured.setdefault(count, image[:count].copy())


class Idle(Honest):
    """Touches nothing."""

    def run_plainly(self, count: int, options: object = None) -> None:
        pass


class IdleOncePlayed(Honest):
    """Is recorded in its first runs, and does nothing when it is played."""

    _LEFT = 3  # for 1, 1 and 2 crops

    def run(self, count: int, options: object = None) -> None:
        if self._LEFT:
            self._LEFT -= 1
            self.run_plainly(count)


class Constant(Honest):
    """The same picture, whatever goes in."""

    def run_plainly(self, count: int, options: object = None) -> None:
        super().run_plainly(count)
        self._buffers.outputs["image"][:count] = 0.5


class OneCrop(Honest):
    """Plays what it recorded for one crop, however many there are."""

    def run(self, count: int, options: object = None) -> None:
        self.run_plainly(count if not self._buffers.inputs["crop"].any() else 1)


class FirstForAll(Honest):
    """Gives every place what belongs to the first."""

    def run(self, count: int, options: object = None) -> None:
        self.run_plainly(count)
        self._buffers.outputs["image"][:count] = self._buffers.outputs["image"][0].copy()


def run_first(wanted: Wanted, network: type[Honest]) -> Buffers:
    buffers = make_buffers(make_manifest(), 2)
    first_runs.first_runs(wanted.persona, Candidate(CARD, CAPTURED, "fp16"), network(buffers), buffers)
    return buffers


def test_a_played_run_that_computes_is_let_through(wanted: Wanted) -> None:
    assert not run_first(wanted, Honest).inputs["crop"].any()


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (Stale, "other numbers where a run is captured and played"),
        (StaleThroughout, "the same picture whatever goes in"),
        (Constant, "the same picture whatever goes in"),
        (Idle, "infinite ones or none"),
        (IdleOncePlayed, "other numbers where a run is captured and played"),
        (OneCrop, "other numbers where a run is captured and played"),
        (FirstForAll, "other numbers where a run is captured and played"),
    ],
)
def test_a_played_run_that_does_not_compute_is_passed_over(wanted: Wanted, network: type[Honest], why: str) -> None:
    with pytest.raises(PersonaError, match=why):
        run_first(wanted, network)


@pytest.fixture
def counted() -> Iterator[Any]:
    class Counted:
        runs = 0

        def run(self, count: int, options: object = None) -> None:
            Counted.runs += 1

        run_plainly = run

    yield Counted()


def test_a_time_is_that_of_a_few_runs(wanted: Wanted, counted: Any) -> None:
    assert first_runs.time_ms(wanted.persona, Candidate(CARD, PLAIN, "fp16"), counted) >= 0
    assert 4 <= counted.runs <= 28


def test_what_fails_while_it_is_timed_is_told_as_what_it_is(wanted: Wanted) -> None:
    class Broken:
        def run(self, count: int, options: object = None) -> None:
            raise RuntimeError("device lost")

        run_plainly = run

    with pytest.raises(ProviderError, match="device lost"):
        first_runs.time_ms(wanted.persona, Candidate(CARD, PLAIN, "fp16"), Broken())


def test_numbers_are_the_same_whichever_way_is_taken(wanted: Wanted) -> None:
    crops = np.random.default_rng(0).random((2, 7, 64, 64), np.float32)
    images = []
    for way in (CAPTURED, PLAIN):
        opened = opening.open_candidate(wanted, Candidate(CARD, way, "fp32"))
        opened.buffers.inputs["crop"][:] = crops
        opened.binding.run(2)
        images.append(opened.buffers.outputs["image"].copy())
    assert (images[0] == images[1]).all()
