"""Training's measures, on runs and curves whose figures are known."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import training
from benchmarks.curve import Point, minutes_to, read_evaluations, report_curve, ssim_at
from benchmarks.kills import compare_runs
from benchmarks.race import Lap, compare_laps, extrapolate, known_pairs, run_ours, run_published
from benchmarks.saehd import AdaBelief, PublishedAutoencoder, published_loss
from benchmarks.speed import PlainLoop, PoolClock, compare_turns
from models import checkpoint
from models.checkpoint import Checkpoint, RunCard
from models.network import PERFORMER, PERSONA
from models.presets import find_preset
from models.request import Progress
from models.sample import Batch, Sample
from models.schedule import Place
from realtime.errors import TrainingError

CURVE = [Point(step, 60.0 * step, 0.5 + 0.005 * step) for step in range(0, 81, 10)]


def write_curve(run: Path, points: list[Point] = CURVE) -> Path:
    run.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"step": one.step, "seconds": one.seconds, "ssim": one.ssim}) for one in points]
    (run / "evaluation.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return run


def test_a_curve_is_read_between_its_points() -> None:
    assert ssim_at(CURVE, 20) == pytest.approx(0.6)
    assert ssim_at(CURVE, 25) == pytest.approx(0.625)
    assert ssim_at(CURVE, 81) is None
    assert ssim_at([], 1) is None
    assert ssim_at(CURVE[2:], 5) == pytest.approx(0.6)
    assert minutes_to(CURVE, 0.80) == pytest.approx(60)
    assert minutes_to(CURVE, 0.95) is None


def test_later_turns_find_the_pool_and_do_not_make_it() -> None:
    times = iter([10.0, 14.0, 18.0, 300.0, 600.0])
    clock = PoolClock(lambda: next(times))
    for done in (0, 32, 64, 64, 64):
        clock(done, 64)
    assert (clock.first, clock.last) == ((10.0, 0), (18.0, 64))


def test_a_curve_is_reported_beside_what_is_asked(tmp_path: Path) -> None:
    out = tmp_path / "f.json"
    plot = tmp_path / "curve.png"
    assert training.main(["curve", str(write_curve(tmp_path / "run")), "--plot", str(plot), "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["at_minutes"]["20"] == {"asked": 0.8, "got": pytest.approx(0.6)}
    assert found["at_minutes"]["60"] == {"asked": 0.88, "got": pytest.approx(0.8)}
    assert len(found["points"]) == len(CURVE)
    assert plot.stat().st_size > 5000


@pytest.mark.parametrize("content", [None, "{", '{"step": 1}\n', "[1]\n"])
def test_no_curve_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    if content is not None:
        (tmp_path / "evaluation.jsonl").write_text(content)
    with pytest.raises(TrainingError):
        read_evaluations(tmp_path / "evaluation.jsonl")
    assert training.main(["curve", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_empty_curve_claims_nothing(tmp_path: Path) -> None:
    found = report_curve(write_curve(tmp_path, []))
    assert found["last"] is None
    assert found["minutes_to_080"] is None


def test_turns_are_held_against_their_neighbours() -> None:
    # The machine gets three times slower on the way; what the trainer adds stays 5 %.
    theirs = [1.0, 1.5, 3.0]
    found = compare_turns([1.05 * one for one in theirs], theirs)
    assert found["data_adds"] == pytest.approx(0.05)
    assert found["within_10_percent"]
    assert not compare_turns([1.2, 1.2], [1.0, 1.0])["within_10_percent"]


def test_a_plain_loop_trains_the_same_network() -> None:
    loop = PlainLoop(find_preset("tiny"), {PERFORMER: 1, PERSONA: 2}, torch.device("cpu"), "fp32")
    before = [weight.detach().clone() for weight in loop._network.parameters()]
    loop.step()
    assert loop.crops == 3
    changed = [not torch.equal(old, new) for old, new in zip(before, loop._network.parameters(), strict=True)]
    assert sum(changed) > 0.9 * len(changed)


def test_laps_that_were_both_run_to_the_goal() -> None:
    ours, theirs = Lap(step_s=0.5, reached=100), Lap(step_s=4.0, reached=500, seconds=2000)
    assert compare_laps(ours, theirs)["times_faster"] == pytest.approx(40)


def test_a_goal_that_was_not_reached_is_no_claim() -> None:
    ours = Lap(step_s=0.5, reached=100)
    theirs = Lap(step_s=4.0, seconds=600, extrapolated=1000)
    found = compare_laps(ours, theirs)
    assert found["times_faster"] is None
    assert found["times_faster_at_least"] == pytest.approx(12)
    assert found["times_faster_extrapolated"] == pytest.approx(80)
    assert set(compare_laps(Lap(), theirs).values()) == {None}


def test_an_extrapolation_goes_on_with_the_logarithm() -> None:
    points = [Point(step, 0.0, 0.2 + 0.05 * float(np.log(step))) for step in (10, 20, 40, 80)]
    assert extrapolate(points, 0.8) == pytest.approx(np.exp(12), rel=0.01)
    assert extrapolate([replace(one, ssim=0.5) for one in points], 0.8) is None
    assert extrapolate(points[:1], 0.8) is None


class Network:
    """Stands in for the published one; gets better by a hundredth a step."""

    average = nn.Identity()

    def __init__(self) -> None:
        self.steps = 0

    def step(self, batch: Batch) -> float:
        self.steps += 1
        return 0.0


@pytest.mark.parametrize(("goal", "reached"), [(0.055, 6), (1e9, None)])
def test_a_lap_ends_at_its_goal_or_when_its_time_is_up(goal: float, reached: int | None) -> None:
    network = Network()
    endless: Iterator[Batch] = iter(dict, None)
    minutes = 1.0 if reached else 1e-5
    lap = run_published(network, endless, lambda _: network.steps / 100, minutes, 0.0, goal)  # type: ignore[arg-type]
    assert lap.reached == reached
    if reached:
        assert lap.steps == reached
    assert lap.steps == lap.points[-1].step


class Run:
    """Stands in for a trainer; its SSIM rises by a tenth every other step."""

    def run(self, tell: Any, stop: threading.Event) -> None:
        step = 0
        while not stop.is_set():
            step += 1
            ssim = step // 2 / 10 if step >= 2 else None
            tell(Progress(Place(step=step), 0.0, 1.0, {}, ssim))


def test_our_lap_ends_at_its_goal() -> None:
    lap = run_ours(Run(), 1.0, 2, 0.29)  # type: ignore[arg-type]
    assert lap.reached == lap.steps == 6
    assert [point.step for point in lap.points] == [2, 4, 6]


def planes(count: int, known: list[int], value: int) -> Sample:
    def plane(channels: int) -> Any:
        return np.full((count, channels, 4, 4), value, np.uint8)

    return Sample(plane(3), plane(3), plane(3), plane(1), plane(1), np.array(known, np.uint8)[:, None])


def test_the_published_network_is_shown_the_performer_alone() -> None:
    def batches(step: int) -> Batch:
        return {PERFORMER: planes(2, [1, 1], step), PERSONA: planes(3, [1, 0, 0], step)}

    first, second = (batch for batch, _ in zip(known_pairs(batches, 2), range(2), strict=False))
    for batch in (first, second):
        assert {name: len(sample.view) for name, sample in batch.items()} == {PERFORMER: 2, PERSONA: 2}
        assert all(sample.known.all() for sample in batch.values())
    assert second[PERSONA].view[:, 0, 0, 0].tolist() == [2, 3]


def test_the_published_network_has_the_published_shape() -> None:
    network = PublishedAutoencoder()
    painted = network({PERFORMER: torch.rand(1, 7, 128, 128), PERSONA: torch.rand(2, 7, 128, 128)})
    image, mask = painted[PERSONA]
    assert image.shape == (2, 3, 128, 128)
    assert mask.shape == (2, 1, 128, 128)
    # By hand: four 5x5 convolutions; two dense layers and one up-convolution.
    convolutions = 25 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 64 + 128 + 256 + 512
    dense = (32768 + 1) * 256 + (256 + 1) * 4096 + (9 * 256 + 1) * 1024
    assert sum(weight.numel() for weight in network.encoder.parameters()) == convolutions + dense
    loss = published_loss(painted[PERSONA], image.detach(), mask.detach())
    assert loss.item() == pytest.approx(0, abs=1e-5)


def test_it_paints_four_corners_of_each_pixel() -> None:
    decoder = PublishedAutoencoder([PERSONA]).decoders[PERSONA]
    for number, corner in enumerate(decoder.corners):  # type: ignore[arg-type]
        nn.init.zeros_(corner.weight)
        nn.init.constant_(corner.bias, float(number))
    with torch.inference_mode():
        image, _ = decoder(torch.zeros(1, 256, 8, 8))
    corners = torch.logit(image[0, :, :2, :2]).flatten(1)
    assert torch.allclose(corners, torch.arange(4.0).expand(3, 4), atol=1e-4)


def test_adabelief_takes_its_first_step_as_published() -> None:
    weight = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = AdaBelief([weight], rate=0.1)
    weight.grad = torch.tensor([0.5, -3.0])
    optimizer.step()
    # Belief is a tenth of the gradient, surprise nine tenths of it; both are put right for their beginning.
    assert weight.detach().numpy() == pytest.approx([1 - 0.1 / 0.9, -2 + 0.1 / 0.9], rel=1e-4)


def saved(run: Path, weights: torch.Tensor, ssim: float = 0.5) -> Path:
    card = RunCard("tiny", {PERFORMER: "demo"}, {PERFORMER: "0"}, 0, 2, "fp32", 8)
    checkpoint.save(run, Checkpoint(card, Place(step=8), {"network.weight": weights, "adam.0.step": torch.ones(1)}))
    return write_curve(run, [Point(8, 1.0, ssim)])


def test_runs_that_agree_in_every_bit(tmp_path: Path) -> None:
    weights = torch.rand(4, 4)
    found = compare_runs(saved(tmp_path / "a", weights), saved(tmp_path / "b", weights), [1, 2])
    assert found.differing == []
    assert found.evaluations_agree
    assert (found.kills, found.steps, found.tensors) == (2, 8, 2)


def test_one_bit_is_a_difference(tmp_path: Path) -> None:
    weights = torch.rand(4, 4)
    other = weights.clone()
    other[2, 2] = torch.nextafter(other[2, 2], torch.tensor(2.0))
    found = compare_runs(saved(tmp_path / "a", weights), saved(tmp_path / "b", other, 0.6), [])
    assert found.differing == ["network.weight"]
    assert not found.evaluations_agree
