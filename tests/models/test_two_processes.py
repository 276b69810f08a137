import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import two_processes
from fake_parts import parts, request

from models import checkpoint
from models.trainer import Trainer
from realtime.errors import TrainingError

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("two_processes.py")
TOLERANCE = 1e-4
"""Of the loss, relative: sums are taken in another order, and Muon's bfloat16 rounds what differs in the last place.
Measured: 2.6e-5 at most in six steps, and weights 0.009 apart; without averaging 1.4e-3 and 0.084."""


def test_two_processes_take_the_path_of_one_with_twice_the_batch(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "RANK" not in name} | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    words = [sys.executable, str(SCRIPT), str(tmp_path / "two"), "2", "4"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as pair:
        two_processes.main(tmp_path / "one", 1, 4)
        _, said = pair.communicate(timeout=240)
    assert pair.returncode == 0, said[-2000:]
    one, two = (json.loads((tmp_path / name / "losses.json").read_text()) for name in ("one", "two"))
    assert len(one) == len(two) == two_processes.STEPS
    assert two == pytest.approx(one, rel=TOLERANCE)
    left, right = (checkpoint.load(tmp_path / name) for name in ("one", "two"))
    assert left.card.batch == right.card.batch == 4
    assert left.contest["best"] == right.contest["best"]
    far = [
        float((left.tensors[name] - right.tensors[name]).abs().max())
        for name in left.tensors
        if name.startswith("network.")
    ]
    assert max(far) < 0.03
    Trainer(request(tmp_path / "two", steps=7, batch=4), parts(batch=4))  # and one process alone goes on with it


def test_a_batch_that_cannot_be_shared_evenly_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(request(tmp_path, batch=3), parts(batch=3))
    monkeypatch.setattr(type(trainer.fabric), "world_size", property(lambda fabric: 2))
    with pytest.raises(TrainingError, match=r"batch 3 over 2 processes: wanted a multiple of 2.*try --batch 10"):
        trainer._check_shares()
