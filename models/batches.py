"""Batches of pairs; the same step of the same seed is the same batch, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.material import Words, digest_of
from models.network import PERFORMER
from models.pool import Pool, PoolPlan, Progress, make_pool
from models.presets import Preset
from models.sample import Batch
from models.variety import USUAL_PAIRS, PairVariety

_PERFORMER_SHARE = 0.2
"""Of a batch and of the pool, what the performer's own decoder adds."""
_FOLDER = "pool"


class Batches:
    """Batches for one encoder, the performer's decoder and any number of personas'.

    Args:
        words: Each face's material; the performer first.
        preset: Its size, batch and pool.
        seed: Which endless sequence.
        batch: Pairs of each persona in a batch, all processes together; None is what the preset wants.
        variety: How varied the pairs are.

    Attributes:
        decoders: Their names, the performer first.
        digests: SHA-256 of each material, by decoder.
    """

    def __init__(
        self,
        words: Sequence[Words],
        preset: Preset,
        seed: int,
        batch: int | None = None,
        variety: PairVariety = USUAL_PAIRS,
    ) -> None:
        self._words, self._seed = tuple(words), seed
        self.decoders = tuple(one.name for one in words)
        self.digests: Mapping[str, str] = {one.name: digest_of(one) for one in words}
        whole = batch or preset.batch
        self._sizes = {
            name: max(1, round(_PERFORMER_SHARE * whole)) if name == PERFORMER else whole for name in self.decoders
        }
        counts = {
            name: max(1, round(_PERFORMER_SHARE * preset.pool)) if name == PERFORMER else preset.pool
            for name in self.decoders
        }
        self.plan = PoolPlan(self.digests, counts, preset.size, seed, variety)
        self._pools: dict[str, Pool] = {}
        self._orders: dict[str, tuple[int, list[int]]] = {}

    def prepare(self, folder: Path, on_progress: Progress, stop: threading.Event | None = None) -> bool:
        """Make the pool of pairs in the run's folder, or find it there.

        Args:
            folder: The run's.
            on_progress: Told how many pairs of how many there are.
            stop: Set it to end early; what is done stays.

        Returns:
            Whether it is whole.

        Raises:
            TrainingError: It cannot be written.
        """
        place = folder / _FOLDER
        if not make_pool(place, self._words, self.plan, on_progress, stop or threading.Event()):
            return False
        self._pools = {name: Pool(place, name, count) for name, count in self.plan.counts.items()}
        return True

    def __call__(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """One process's share of one step's batch: every pair once in each round, in an order of its own."""
        return {name: self._pools[name].take(self._places(name, step)[rank::world]) for name in self.decoders}

    def _places(self, name: str, step: int) -> list[int]:
        size, count = self._sizes[name], self.plan.counts[name]
        visits = (divmod(visit, count) for visit in range(step * size, (step + 1) * size))
        return [self._order(name, round_)[place] for round_, place in visits]

    def _order(self, name: str, round_: int) -> list[int]:
        known, order = self._orders.get(name, (-1, []))
        if known != round_:
            random = np.random.default_rng((self._seed, round_, self.decoders.index(name)))
            order = random.permutation(self.plan.counts[name]).tolist()
            self._orders[name] = round_, order  # one thread fetches ahead, another may look at a preview's batch
        return order
