"""What a run trains with in tests: made-up pictures in no time, the real network, objective and optimizer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.assembly import Parts
from models.network import SharedAutoencoder
from models.objective import Objective
from models.request import Progress, TrainingRequest
from models.sample import Batch, Sample, stack

SIZE = 64


class FakeBatches:
    """Coarse colour fields, three batches in turn: they can be learned by heart."""

    def __init__(self, decoders: Sequence[str], batch: int, digest: str = "0") -> None:
        self.decoders = tuple(decoders)
        self.digests: Mapping[str, str] = dict.fromkeys(decoders, digest)
        self.prepared = 0
        self._batch = batch

    def prepare(
        self, folder: Path, on_progress: Callable[[int, int], None], stop: threading.Event | None = None
    ) -> bool:
        self.prepared += 1
        on_progress(1, 1)
        return not (stop and stop.is_set())

    def __call__(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        return {
            name: stack([_sample((step % 3, number, place)) for place in range(self._batch)[rank::world]])
            for number, name in enumerate(self.decoders)
        }


class FakeEvaluation:
    """Says what it is told to say, one after another; the last again and again."""

    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)

    def __call__(self, network: SharedAutoencoder) -> float:
        return self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]


class FakeClock:
    """Goes on by so many seconds whenever somebody looks."""

    def __init__(self, tick_s: float) -> None:
        self.tick_s, self.now = tick_s, 0.0

    def __call__(self) -> float:
        self.now += self.tick_s
        return self.now


def parts(*personas: str, batch: int = 2, seed: int = 3, scores: Sequence[float] = (0.5,), digest: str = "0") -> Parts:
    decoders = ("performer", *(personas or ("persona",)))
    evaluation = FakeEvaluation(*scores)
    return Parts(
        material={name: f"{name}.jpg" for name in decoders},
        batches=FakeBatches(decoders, batch, digest),
        objective=lambda device: Objective(SIZE, seed, device),
        evaluation=lambda: evaluation,
    )


def request(out: Path, **changes: object) -> TrainingRequest:
    words: dict[str, object] = {
        "performer": "demo",
        "personas": ("persona.jpg",),
        "out": out,
        "preset": "tiny",
        "steps": 4,
        "seed": 3,
        "batch": 2,
        "precision": "fp32",
        "device": "cpu",
        "evaluate_every": 0,
        "tensorboard": False,
    }
    return TrainingRequest(**(words | changes))  # type: ignore[arg-type]


def ignore(progress: Progress) -> None:
    """Nobody watches."""


def _sample(key: tuple[int, ...]) -> Sample:
    random = np.random.default_rng(key)

    def planes(channels: int) -> np.ndarray:
        coarse = random.integers(0, 256, (channels, 8, 8), dtype=np.uint8)
        return coarse.repeat(SIZE // 8, 1).repeat(SIZE // 8, 2)

    mask = np.zeros((1, SIZE, SIZE), np.uint8)
    mask[:, 12:52, 16:48] = 255
    focus = np.zeros_like(mask)
    focus[:, 24:30, 20:44] = 255
    return Sample(planes(3), planes(3), planes(3), mask, focus, np.ones(1, np.uint8))
