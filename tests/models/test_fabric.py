"""Devices, number formats and processes: what was asked for is there, or it is told."""

import pytest
import torch
from torch import nn

from models.fabric import Spread, choose_device, choose_precision, choose_spread, make_fabric
from models.network import SharedAutoencoder
from models.optimizer import Optimizer
from models.presets import PRESETS
from realtime.errors import TrainingError

CPU = torch.device("cpu")


def test_unknown_words_are_told() -> None:
    with pytest.raises(TrainingError, match="auto, cpu or cuda"):
        choose_device("abacus")
    with pytest.raises(TrainingError, match="bf16"):
        choose_precision("fp8", CPU)
    with pytest.raises(TrainingError, match="a graphics card"):
        choose_precision("fp16", CPU)
    assert choose_precision("auto", CPU) in ("fp32", "bf16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_card_that_is_not_there_is_told() -> None:
    with pytest.raises(TrainingError, match="device cuda"):
        choose_device("cuda")


def test_torchrun_says_how_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_spread(None, None) == Spread(1, 1)
    assert choose_spread(2, None) == Spread(2, 1)
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "LOCAL_WORLD_SIZE": "4", "WORLD_SIZE": "8"}.items():
        monkeypatch.setenv(name, value)
    assert choose_spread(None, None) == choose_spread(4, 2) == Spread(4, 2)
    with pytest.raises(TrainingError, match="got 4 on each of 2; leave both out under torchrun"):
        choose_spread(2, None)


def test_the_optimizer_refuses_weights_it_would_only_step_copies_of() -> None:
    with pytest.raises(ValueError, match="channels-last"):
        Optimizer(nn.Sequential(nn.Conv2d(16, 32, 3)))


def test_loss_scaling_reaches_muon_and_a_gradient_that_overflowed_steps_nothing() -> None:
    """What fp16 does on a card: scaled loss, gradients scaled back, clipped, then Muon's views of them."""
    torch.manual_seed(0)
    networks = [SharedAutoencoder(PRESETS["tiny"]).to(memory_format=torch.channels_last) for _ in range(2)]  # type: ignore[call-overload]
    networks[1].load_state_dict(networks[0].state_dict())
    before = [weight.clone() for weight in networks[0].parameters()]
    inputs = {name: torch.rand(1, 7, 64, 64) for name in networks[0].decoders}
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for network, scale in zip(networks, (scaler, torch.amp.GradScaler("cpu", enabled=False)), strict=True):
        optimizer = Optimizer(network)
        loss = sum(image.mean() + mask.mean() for image, mask in network(inputs).values())
        scale.scale(loss).backward()
        scale.unscale_(optimizer)
        nn.utils.clip_grad_norm_(network.parameters(), 0.01)
        scale.step(optimizer)
        scale.update()
    for first, second, old in zip(networks[0].parameters(), networks[1].parameters(), before, strict=True):
        assert torch.allclose(first, second, atol=1e-3)
        assert not torch.equal(first, old)
    optimizer = Optimizer(networks[0])
    held = [weight.clone() for weight in networks[0].parameters()]
    for weight in networks[0].parameters():
        weight.grad = torch.full_like(weight, float("inf"))
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert all(torch.equal(one, other) for one, other in zip(held, networks[0].parameters(), strict=True))
    assert scaler.get_scale() == 512


def test_fabric_is_made_for_one_process() -> None:
    fabric = make_fabric(CPU, "bf16", Spread())
    assert (fabric.world_size, fabric.is_global_zero) == (1, True)
