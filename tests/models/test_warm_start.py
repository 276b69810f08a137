from pathlib import Path

import pytest
import torch
from fake_parts import ignore, parts, request

from models import checkpoint
from models.learner import Learner
from models.trainer import Trainer
from realtime.errors import TrainingError


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    Trainer(request(out, steps=3), parts()).run(ignore)
    return out


def learner(trainer: Trainer) -> Learner:
    return trainer._learner


def test_a_new_run_begins_with_the_averaged_encoder_and_the_decoders_it_shares(trained: Path, tmp_path: Path) -> None:
    trainer = Trainer(request(tmp_path, warm_start=trained, seed=9), parts("ada"))
    (_, said) = trainer.said
    assert said == f"begins with the encoder and what paints performer of {trained}, step 3"
    weights = checkpoint.load(trained).tensors
    cold = Trainer(request(tmp_path, seed=9), parts("ada"))
    for own in (learner(trainer).network, learner(trainer).average):
        found = own.state_dict()
        assert torch.equal(found["encoder.look.1.0.weight"], weights["average.encoder.look.1.0.weight"])
        for name in ("performer", "ada"):
            key = f"decoders.{name}.layers.0.0.weight"
            same_as_cold = torch.equal(found[key], learner(cold).network.state_dict()[key])
            assert same_as_cold == (name == "ada")
    trainer.run(ignore)
    assert checkpoint.load(tmp_path).card.warm_start == str(trained)


def test_a_resumed_run_does_not_begin_anew(trained: Path, tmp_path: Path) -> None:
    Trainer(request(tmp_path, steps=2, warm_start=trained), parts()).run(ignore)
    again = Trainer(request(tmp_path, steps=4, warm_start=trained), parts())
    assert len(again.said) == 1
    weight = checkpoint.load(tmp_path).tensors["network.encoder.look.1.0.weight"]
    assert torch.equal(learner(again).network.state_dict()["encoder.look.1.0.weight"], weight)


def test_an_encoder_of_another_shape_is_told(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="one of preset tiny; try --preset tiny"):
        Trainer(request(tmp_path, preset="lite", warm_start=trained), parts())
    with pytest.raises(TrainingError, match="train it first"):
        Trainer(request(tmp_path, warm_start=tmp_path / "none"), parts())
