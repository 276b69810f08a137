from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from models.network import PERFORMER, PERSONA, Painted
from models.objective import Objective
from models.sample import Batch, Sample

SIZE = 32
CPU = torch.device("cpu")


def made_batch(count: int = 8) -> Batch:
    random = np.random.default_rng(0)

    def planes(channels: int) -> np.ndarray:
        return random.integers(0, 256, (count, channels, SIZE, SIZE), dtype=np.uint8)

    mask = np.zeros((count, 1, SIZE, SIZE), np.uint8)
    mask[..., 4:-4, 4:-4] = 255
    sample = Sample(planes(3), planes(3), planes(3), mask, mask // 2, np.ones((count, 1), np.uint8))
    return {PERFORMER: sample, PERSONA: sample}


def grey(inputs: Mapping[str, Tensor]) -> dict[str, Painted]:
    return {name: (torch.full_like(one[:, :3], 0.5), torch.ones_like(one[:, :1])) for name, one in inputs.items()}


def test_the_performers_own_face_counts_a_quarter() -> None:
    losses = Objective(SIZE, 1, CPU)(grey, made_batch(), step=0)
    parts = {name: float(part) for name, part in losses.parts.items()}
    assert float(losses.total) == pytest.approx(parts[PERSONA] + 0.25 * parts[PERFORMER], rel=1e-5)


def test_what_is_hidden_is_not_asked_for() -> None:
    """What an occluder covers is left out of the mask that is asked for."""
    batch, objective = made_batch(), Objective(SIZE, 1, CPU)
    hidden, shown = 0, 0
    for step in range(6):
        losses = objective(grey, batch, step)
        wanted = losses.compared[PERSONA].true_mask
        whole = torch.from_numpy(batch[PERSONA].mask).float() / 255
        assert (wanted <= whole + 1e-6).all()
        less = (whole - wanted).amax((1, 2, 3)) > 0.5
        hidden, shown = hidden + int(less.sum()), shown + int((~less).sum())
    assert hidden > 4
    assert shown > 10


def test_shares_of_two_processes_average_to_the_whole() -> None:
    batch, objective = made_batch(), Objective(SIZE, 1, CPU)
    whole = objective(grey, batch, step=5)
    halves = []
    for rank in (0, 1):
        share = {
            name: Sample(*(getattr(one, field)[rank::2] for field in Sample.__dataclass_fields__))
            for name, one in batch.items()
        }
        halves.append(float(objective(grey, share, 5, rank, 2).total))
    assert float(whole.total) == pytest.approx(sum(halves) / 2, rel=1e-5)
