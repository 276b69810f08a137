"""How much sooner `lite` is good than the published network (`python -m benchmarks.training race`).

Both learn from the same rendered pairs until SSIM on the same held-out pairs is 0.80, or until their time is up, and
what counts is the median time of a step times the steps it took; evaluations are not counted.

The published network gets the easier half of it: only pairs that show the performer as it is, unwarped, uncoloured,
without occluders or strangers - which is what is asked of both in the end - and pairs at all, which its own way of
training, each face by itself, does not have. Its number format is the one that ours trains in, and both are judged by
averaged weights.
"""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.curve import Point
from benchmarks.saehd import BATCH, AdaBelief, PublishedAutoencoder, published_loss
from benchmarks.speed import Bench
from models.average import follow
from models.evaluate import Evaluation
from models.request import Progress
from models.sample import Batch, Planes, Sample, stack
from models.trainer import Trainer

GOAL = 0.80


@dataclass
class Lap:
    """How one network did.

    Attributes:
        step_s: Median seconds of a step.
        points: Evaluations; seconds are those of steps alone.
        steps: Steps taken.
        seconds: Of those, without evaluations.
        reached: The step of the first evaluation at the goal or over it; None where it was not reached.
        extrapolated: Where it was not: the step at which a straight line through SSIM over the logarithm of steps,
            fitted to the later half of the evaluations, would. That is kind to it, since curves flatten.
    """

    step_s: float = 0.0
    points: list[Point] = field(default_factory=list)
    steps: int = 0
    seconds: float = 0.0
    reached: int | None = None
    extrapolated: int | None = None


class Judge(Protocol):
    """SSIM of a network on held-out pairs, as `models.evaluate.Evaluation`."""

    def __call__(self, network: nn.Module) -> float:
        """The higher the better."""


def measure_race(bench: Bench, minutes: float, evaluate_every: int = 50, goal: float = GOAL) -> dict[str, object]:
    """Train ours, then the published one.

    Args:
        bench: What is trained on.
        minutes: For each of the two at most.
        evaluate_every: Our steps between evaluations; the published one is evaluated as often in time.
        goal: SSIM to be reached.

    Returns:
        Both laps and `times_faster`; where the published one did not reach the goal, `times_faster_at_least` from the
        time that it had, and `times_faster_extrapolated`.
    """
    trainer = Trainer(bench.request("race", evaluate_every=evaluate_every), bench.parts())
    ours = run_ours(trainer, minutes, evaluate_every, goal)
    batches = bench.parts().batches
    batches.prepare(bench.place / "race", lambda *_: None)
    device, precision = trainer.fabric.device, trainer.card.precision
    published = Published(device, precision)
    judge = bench.parts().evaluation()
    assert isinstance(judge, Evaluation)
    pairs = known_pairs(batches)
    every_s = evaluate_every * ours.step_s
    theirs = run_published(published, pairs, judge, minutes, every_s, goal)
    return {
        "goal_ssim": goal,
        "preset": bench.preset,
        "precision": precision,
        "device": str(device),
        "ours": asdict(ours),
        "published": asdict(theirs),
        **compare_laps(ours, theirs),
    }


def compare_laps(ours: Lap, theirs: Lap) -> dict[str, float | None]:
    """How many times faster ours was, by what is known."""
    found: dict[str, float | None] = dict.fromkeys(
        ("times_faster", "times_faster_at_least", "times_faster_extrapolated")
    )
    if ours.reached is None:
        return found
    our_s = ours.reached * ours.step_s
    if theirs.reached is not None:
        found["times_faster"] = theirs.reached * theirs.step_s / our_s
        return found
    found["times_faster_at_least"] = theirs.seconds / our_s
    if theirs.extrapolated is not None:
        found["times_faster_extrapolated"] = theirs.extrapolated * theirs.step_s / our_s
    return found


def run_ours(trainer: Trainer, minutes: float, evaluate_every: int, goal: float) -> Lap:
    """Train until the goal is reached or the time is up."""
    lap, stop, steps = Lap(), threading.Event(), list[float]()
    last = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal last
        now, step = time.monotonic(), progress.place.step
        evaluating = step % evaluate_every == 0
        if not evaluating and lap.steps:
            steps.append(now - last)
        last, lap.steps = now, step
        lap.seconds = step * statistics.median(steps) if steps else 0.0
        if evaluating and progress.ssim is not None:
            lap.points.append(Point(step, lap.seconds, progress.ssim))
        if lap.seconds > 60 * minutes or (lap.points and lap.points[-1].ssim >= goal):
            stop.set()

    trainer.run(tell, stop)
    return _finished(lap, steps, goal)


class Published:
    """The published network in training.

    Args:
        device: Where.
        precision: `fp32`, `bf16` or `fp16` (as `bf16` here).
    """

    def __init__(self, device: torch.device, precision: str) -> None:
        torch.manual_seed(0)
        network = PublishedAutoencoder()
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device, self._half = device, precision != "fp32"
        self._optimizer = AdaBelief(network.parameters())
        self.average = deepcopy(self.network)
        self._steps = 0

    def step(self, batch: Batch) -> float:
        """One step; its loss."""
        self._optimizer.zero_grad()
        inputs = {name: self._tensor(sample.view) for name, sample in batch.items()}
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            painted = self.network(inputs)
        losses = [
            published_loss(painted[name], self._tensor(sample.image), self._tensor(sample.mask))
            for name, sample in batch.items()
        ]
        loss = torch.stack(losses).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        follow(self.average, self.network, self._steps)
        self._steps += 1
        return loss.item()

    def _tensor(self, planes: Planes) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(planes)).to(self._device).float() / 255
        return tensor.contiguous(memory_format=torch.channels_last)


def run_published(
    published: Published,
    pairs: Iterator[Batch],
    judge: Callable[..., float],
    minutes: float,
    every_s: float,
    goal: float,
) -> Lap:
    """Train until the goal is reached or the time is up."""
    lap, steps, due_s = Lap(), list[float](), every_s
    while lap.seconds <= 60 * minutes:
        batch = next(pairs)
        began = time.monotonic()
        published.step(batch)
        steps.append(time.monotonic() - began)
        lap.steps += 1
        lap.seconds = lap.steps * statistics.median(steps)
        if lap.seconds >= due_s:
            due_s += every_s
            lap.points.append(Point(lap.steps, lap.seconds, judge(published.average)))
            if lap.points[-1].ssim >= goal:
                break
    return _finished(lap, steps, goal)


def known_pairs(batches: Callable[[int], Batch], size: int = BATCH) -> Iterator[Batch]:
    """Of a sequence of batches, the pairs that show the performer as it is, `size` at a time for each decoder."""
    waiting: dict[str, list[Sample]] = {}
    for step in count():
        for name, sample in batches(step).items():
            rows = [row for row in range(len(sample.view)) if sample.known[row].any()]
            waiting.setdefault(name, []).extend(_row(sample, row) for row in rows)
        while all(len(rows) >= size for rows in waiting.values()):
            yield {name: stack([rows.pop(0) for _ in range(size)]) for name, rows in waiting.items()}


def _row(sample: Sample, row: int) -> Sample:
    return Sample(**{name: planes[row] for name, planes in _fields(sample)})


def _fields(sample: Sample) -> list[tuple[str, Planes]]:
    names = ("view", "face_map", "image", "mask", "focus", "known")
    return [(name, getattr(sample, name)) for name in names]


def _finished(lap: Lap, steps: Sequence[float], goal: float) -> Lap:
    lap.step_s = statistics.median(steps) if steps else 0.0
    lap.reached = next((point.step for point in lap.points if point.ssim >= goal), None)
    lap.extrapolated = None if lap.reached is not None else extrapolate(lap.points, goal)
    return lap


def extrapolate(points: Sequence[Point], goal: float) -> int | None:
    """The step at which SSIM would reach the goal, rising on with the logarithm of steps; None if it does not rise."""
    late = points[len(points) // 2 :]
    if len(late) < 2:
        return None
    slope, start = np.polyfit(np.log([point.step for point in late]), [point.ssim for point in late], 1)
    if slope <= 0:
        return None
    exponent = (goal - float(start)) / float(slope)
    return math.ceil(math.exp(exponent)) if exponent < math.log(1e12) else None
