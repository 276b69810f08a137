"""How much a plain training loop is held up by everything around it (`python -m benchmarks.training speed`).

Two things take turns in one process: our trainer - pairs read from the pool, warped, recoloured and occluded, averaged
weights, Lightning Fabric - and a plain loop over the same network with the same loss, optimizer and number format, on
one batch of ready inputs that never leaves memory. What the trainer's step takes longer is what data and care cost.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from models import checkpoint
from models.assembly import Parts
from models.batches import Batches
from models.evaluate import Evaluation
from models.losses import face_loss
from models.material import parse_material
from models.network import CHANNELS, PERFORMER, PERSONA, SharedAutoencoder
from models.objective import Objective
from models.optimizer import Optimizer
from models.presets import Preset, find_preset
from models.request import Progress, TrainingRequest
from models.trainer import Trainer
from realtime.errors import TrainingError

_SETTLE = 3
"""Steps at the beginning of each turn that are not counted: batches made beforehand lie ready for them."""
_NEVER = 1_000_000_000
_PERFORMER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Bench:
    """What all training benchmarks train: the built-in performer, one photo, one preset.

    Attributes:
        photo: The persona's.
        preset: Name in `models.presets.PRESETS`.
        place: A folder for runs.
        pool: Pairs made beforehand; None is what the preset wants.
        seed: Of weights and batches.
    """

    photo: Path
    preset: str
    place: Path
    pool: int | None = None
    seed: int = 0

    @property
    def numbers(self) -> Preset:
        """The preset, with this bench's pool."""
        preset = find_preset(self.preset)
        return preset if self.pool is None else replace(preset, pool=self.pool)

    def parts(self) -> Parts:
        """What a trainer is put together from; the pool of this bench is found again by its folder."""
        material = {PERFORMER: "demo", PERSONA: str(self.photo)}
        words = [parse_material(name, text) for name, text in material.items()]
        numbers = self.numbers
        return Parts(
            material=material,
            batches=Batches(words, numbers, self.seed),
            objective=lambda device: Objective(numbers.size, self.seed, device),
            evaluation=lambda: Evaluation(words, numbers.size),
        )

    def request(self, run: str, *, evaluate_every: int = 0, steps: int | None = None) -> TrainingRequest:
        """A run on the processor or card that training would choose, which saves only when it ends.

        Raises:
            TrainingError: One is there already, and would go on; pairs that are there are used again.
        """
        if checkpoint.exists(self.place / run):
            raise TrainingError(
                f"benchmark {self.place / run}",
                wanted="a run from its beginning",
                got="one that was begun",
                next_step="delete its checkpoint.safetensors, or give another --out",
            )
        return TrainingRequest(
            performer="demo",
            personas=(str(self.photo),),
            out=self.place / run,
            preset=self.preset,
            steps=steps,
            seed=self.seed,
            save_every=_NEVER,
            preview_every=_NEVER,
            evaluate_every=evaluate_every,
            tensorboard=False,
        )


class PlainLoop:
    """The same network, loss, optimizer and number format on one batch that lies in memory.

    Args:
        preset: The network.
        batch: Pairs for the persona's decoder, and for the performer's.
        device: Where.
        precision: `fp32`, `bf16` or `fp16`.
    """

    def __init__(self, preset: Preset, batch: dict[str, int], device: torch.device, precision: str) -> None:
        torch.manual_seed(0)
        self._device, self._half = device, {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
        network = SharedAutoencoder(preset)
        self._network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = Optimizer(network)
        self._optimizer.set_rate(0.1)
        self._inputs = {name: self._random(count, len(CHANNELS), preset.size) for name, count in batch.items()}
        self._true = {
            name: [self._random(count, planes, preset.size) for planes in (3, 1, 1)] for name, count in batch.items()
        }
        self.crops = sum(batch.values())

    def step(self) -> None:
        """One step."""
        self._optimizer.zero_grad()
        with torch.autocast(self._device.type, self._half or torch.bfloat16, enabled=self._half is not None):
            painted = self._network(self._inputs)
        loss = torch.zeros((), device=self._device)
        for name, (image, mask) in painted.items():
            part = face_loss(image.float(), mask.float(), *self._true[name]).mean()
            loss = loss + part * (_PERFORMER_SHARE if name == PERFORMER else 1.0)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        loss.item()

    def _random(self, count: int, planes: int, size: int) -> Tensor:
        drawn = torch.rand(count, planes, size, size, device=self._device)
        return drawn.contiguous(memory_format=torch.channels_last)


def measure_speed(bench: Bench, minutes: float, rounds: int = 5) -> dict[str, object]:
    """Let both take turns.

    Args:
        bench: What is trained.
        minutes: In all, the making of the pool not counted.
        rounds: Turns of each.

    Returns:
        Crops a second of both (medians of the rounds), `data_adds` as a share of the plain loop's time,
        `within_10_percent`, and what making the pool adds: seconds for a thousand pairs, and as a share of the plain
        loop's time for the preset's whole training.

    Raises:
        TrainingError: The time is too short for a single turn.
    """
    trainer = Trainer(bench.request("speed", steps=_NEVER), bench.parts())
    pool = PoolClock()
    sizes: dict[str, int] = {}
    turn_s = 60 * minutes / (2 * rounds)
    plain: PlainLoop | None = None
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_trainer_turn(trainer, turn_s, pool))
        if plain is None:
            batches = bench.parts().batches
            batches.prepare(bench.place / "speed", lambda *_: None)
            sizes = {name: len(sample.view) for name, sample in batches(0).items()}
            plain = PlainLoop(bench.numbers, sizes, trainer.fabric.device, trainer.card.precision)
        theirs.append(_plain_turn(plain.step, turn_s))
    crops = sum(sizes.values())
    return {
        "preset": bench.preset,
        "precision": trainer.card.precision,
        "device": str(trainer.fabric.device),
        "crops_each_step": crops,
        "trainer_crops_per_s": crops / statistics.median(ours),
        "plain_crops_per_s": crops / statistics.median(theirs),
        **compare_turns(ours, theirs),
        **_pool_cost(bench, pool, statistics.median(theirs)),
    }


def compare_turns(ours: list[float], theirs: list[float]) -> dict[str, object]:
    """Neighbouring turns against each other, so that a machine that slows down slows both: the median of the ratios."""
    adds = [mine / other - 1 for mine, other in zip(ours, theirs, strict=True)]
    median = statistics.median(adds)
    return {"data_adds": median, "data_adds_by_round": adds, "within_10_percent": median < 0.10}


class PoolClock:
    """How long the pool took, and how many pairs were made in that time.

    Args:
        now_s: A clock that only goes forward, in seconds.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self.first: tuple[float, int] | None = None
        self.last: tuple[float, int] | None = None

    def __call__(self, done: int, of: int) -> None:
        """Every turn is told of the pool; only the first one makes it."""
        now = (self._now_s(), done)
        self.first = self.first or now
        if self.last is None or done > self.last[1]:
            self.last = now


def _trainer_turn(trainer: Trainer, seconds: float, pool: PoolClock) -> float:
    """Median seconds of a step."""
    stop, told = threading.Event(), list[float]()

    def tell(_: Progress) -> None:
        told.append(time.monotonic())
        if told[-1] - told[0] > seconds and len(told) > _SETTLE + 2:
            stop.set()

    trainer.run(tell, stop, pool)
    return _median_step(told)


def _plain_turn(step: Callable[[], None], seconds: float) -> float:
    told = [time.monotonic()]
    while told[-1] - told[0] <= seconds or len(told) <= _SETTLE + 2:
        step()
        told.append(time.monotonic())
    return _median_step(told)


def _median_step(told: list[float]) -> float:
    steps = [after - before for before, after in pairwise(told)][_SETTLE:]
    if not steps:
        raise TrainingError("benchmark", wanted="a few steps in each turn", got="none", next_step="give more --minutes")
    return statistics.median(steps)


def _pool_cost(bench: Bench, pool: PoolClock, plain_step_s: float) -> dict[str, object]:
    """What making the pool adds to the preset's own training; None where it lay there already."""
    preset = find_preset(bench.preset)
    if pool.first is None or pool.last is None or pool.last[1] == pool.first[1]:
        return {"pool_s_per_1000_pairs": None, "pool_adds": None}
    each = (pool.last[0] - pool.first[0]) / (pool.last[1] - pool.first[1])
    wanted = preset.pool * (1 + 0.2)
    return {"pool_s_per_1000_pairs": 1000 * each, "pool_adds": wanted * each / (plain_step_s * preset.steps)}
