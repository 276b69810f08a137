"""Half of a batch comes back from the other thing's form, once there is one; nothing is learned on the way there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from models.network import PERFORMER, PERSONA, Painted, SharedAutoencoder
from models.objective import Objective
from models.presets import find_preset
from models.sample import Batch, Sample
from models.things.objective import BEGINS_STEP, ThingObjective

TINY = find_preset("tiny")


def make_batch() -> Batch:
    random = np.random.default_rng(0)

    def sample() -> Sample:
        image = random.integers(0, 256, (4, 3, TINY.size, TINY.size), np.uint8)
        nothing, full = np.zeros_like(image), np.full((4, 1, TINY.size, TINY.size), 255, np.uint8)
        return Sample(image, nothing, image, full, np.zeros_like(full), np.ones((4, 1), np.uint8))

    return {PERFORMER: sample(), PERSONA: sample()}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    batches: list[Batch] = []
    monkeypatch.setattr(Objective, "__call__", lambda self, network, batch, *_: batches.append(batch))
    return batches


def test_at_first_every_thing_is_seen_as_itself(seen: list[Batch]) -> None:
    batch = make_batch()
    ThingObjective(TINY.size, 0, torch.device("cpu"))(lambda inputs: {}, batch, BEGINS_STEP - 1)
    assert seen[0] is batch


def test_then_half_is_seen_as_the_other_paints_it_and_asked_for_as_it_is(seen: list[Batch]) -> None:
    asked: list[str] = []

    def network(inputs: Mapping[str, torch.Tensor]) -> Mapping[str, Painted]:
        ((name, pictures),) = inputs.items()
        assert not torch.is_grad_enabled()
        asked.append(name)
        grey = {PERFORMER: 0.2, PERSONA: 0.6}[name]
        return {name: (torch.full_like(pictures[:, :3], grey), pictures[:, :1])}

    batch = make_batch()
    ThingObjective(TINY.size, 0, torch.device("cpu"))(network, batch, BEGINS_STEP)
    assert sorted(asked) == [PERFORMER, PERSONA]
    for name, grey in ((PERFORMER, 153), (PERSONA, 51)):
        view, before = seen[0][name].view, batch[name]
        assert (view[:2] == grey).all()
        np.testing.assert_array_equal(view[2:], before.view[2:])
        np.testing.assert_array_equal(seen[0][name].image, before.image)
        assert not (before.view[:2] == grey).all()  # the batch that was handed in is as it was


def test_it_is_a_loss_that_the_network_can_follow() -> None:
    network = SharedAutoencoder(TINY)
    losses = ThingObjective(TINY.size, 0, torch.device("cpu"))(network, make_batch(), BEGINS_STEP)
    losses.total.backward()
    assert all(weight.grad is not None and torch.isfinite(weight.grad).all() for weight in network.parameters())
