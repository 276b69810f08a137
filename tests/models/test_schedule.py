"""Where runs end, and how large their steps are on the way."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_parts import FakeClock, parts, request

from models.request import Progress
from models.schedule import Budget, Place, evaluated, extended, progress, rate
from models.trainer import Trainer
from realtime.errors import TrainingError


def rates(budget: Budget, steps: range, begun: int = 0) -> list[float]:
    return [rate(budget, Place(step=step, begun_step=begun)) for step in steps]


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    whole = rates(Budget(steps=1000), range(1001))
    assert whole[0] == pytest.approx(0.02)
    assert max(whole) == pytest.approx(1, abs=0.01)
    assert whole[60:] == sorted(whole[60:], reverse=True)
    assert whole[-1] == pytest.approx(0, abs=1e-6)


def test_with_a_time_limit_the_rate_falls_by_the_clock() -> None:
    budget = Budget(minutes=10)
    half = Place(step=300, seconds=360, begun_seconds=120)
    assert progress(budget, half) == (0.5, "minutes")
    assert rate(budget, half) == pytest.approx(0.5)
    assert progress(budget, replace(half, seconds=600))[0] == 1
    assert progress(budget, Place(seconds=700, begun_seconds=700)) == (1.0, "minutes")  # all gone before it began


def test_whichever_end_is_nearer_counts() -> None:
    both = Budget(steps=100, minutes=10)
    assert progress(both, Place(step=50, seconds=60)) == (0.5, "steps")
    assert progress(both, Place(step=10, seconds=300)) == (0.5, "minutes")


def test_a_quality_that_no_longer_rises_winds_the_run_down() -> None:
    budget, place = Budget(steps=10_000, patience=2), Place(step=1000)
    for ssim in (0.5, 0.6, 0.6003, 0.61, 0.6, 0.6):  # a rise within the noise is none
        assert place.cooling_step is None
        place = evaluated(budget, place, ssim)
    assert (place.best, place.cooling_step) == (0.61, 1000)
    shares = [progress(budget, replace(place, step=step))[0] for step in (1000, 1100, 1200)]
    assert shares == pytest.approx([0.1, 0.55, 1.0])
    assert progress(budget, replace(place, step=1200))[1] == "patience"
    falling = [rate(budget, replace(place, step=step)) for step in range(1000, 1201)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == pytest.approx(0, abs=1e-6)


def test_without_patience_nothing_winds_down() -> None:
    place = Place(step=10)
    for _ in range(50):
        place = evaluated(Budget(steps=100), place, 0.5)
    assert place.cooling_step is None


def test_more_for_a_finished_run_begins_the_way_anew() -> None:
    place = extended(Place(step=500, seconds=60, cooling_step=400, cooling_share=0.9, waited=4, best=0.7))
    assert progress(Budget(steps=1000, minutes=3), place) == (0.0, "patience")
    assert rates(Budget(steps=1000), range(500, 560), begun=500)[-1] > 0.9
    # A fifth more begins at a fifth of the rate: what was learned is not undone for a little more.
    assert max(rates(Budget(steps=600), range(500, 600), begun=500)) == pytest.approx(0.2, abs=0.02)
    timed = Budget(minutes=110)
    assert rate(timed, Place(step=600, seconds=6060, begun_step=500, begun_seconds=6000)) < 0.1
    assert place.best == 0.7


def test_a_run_ends_when_its_minutes_are_over_and_counts_on_after_a_stop(tmp_path: Path) -> None:
    words = request(tmp_path, steps=None, minutes=1.0, save_every=1)
    seen: list[Progress] = []

    def watch(one: Progress) -> None:
        seen.append(one)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(words, parts(), FakeClock(3.0)).run(watch)
    again = Trainer(words, parts(), FakeClock(3.0))
    assert again.place.seconds == pytest.approx(seen[-1].place.seconds)
    again.run(seen.append)
    assert again.card.ended_by == "minutes"
    assert again.card.steps is None
    assert 60 <= again.card.seconds <= 66
    shares = [one.share for one in seen]
    assert shares == sorted(shares)


def test_minutes_that_making_the_pairs_uses_up_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="more than making the pairs takes"):
        Trainer(request(tmp_path, steps=None, minutes=1.0), parts(), FakeClock(70.0)).run(lambda _: None)


def test_a_run_whose_quality_stands_still_ends_and_says_so(tmp_path: Path) -> None:
    seen: list[Progress] = []
    words = request(tmp_path, steps=500, patience=2, evaluate_every=1)
    trainer = Trainer(words, parts(scores=(0.1, 0.2, 0.2)))
    trainer.run(seen.append)
    assert (trainer.card.ended_by, len(seen)) == ("patience", 14)
    assert [one.notice for one in seen if one.notice] == ["SSIM has not risen in 2 evaluations: the run winds down"]
    assert seen[0].ssim == 0.1
