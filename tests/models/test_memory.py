from pathlib import Path

import pytest
import torch
from fake_parts import parts, request

from models import memory, trainer
from models.memory import Need, check_fits, estimate, free_bytes
from models.presets import PRESETS
from models.trainer import Trainer
from realtime.errors import TrainingError

GB = 1e9


def check(free: float, batch: int = 10, preset: str = "standard", processes: int = 1, shared: bool = True) -> str:
    return check_fits(
        Need(1 * GB, 0.5 * GB),
        free,
        batch=batch,
        processes_here=processes,
        processes=processes,
        preset=preset,
        shared=shared,
    )


def test_what_fits_is_said_in_a_line() -> None:
    assert check(7 * GB) == "memory: about 6.0 GB for batch 10, 7.0 GB free"


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    with pytest.raises(TrainingError, match=r"about 6.0 GB for batch 10, got 4.0 GB free; try --batch 6"):
        check(4 * GB)
    with pytest.raises(TrainingError, match="try --preset lite"):
        check(1.2 * GB)
    with pytest.raises(TrainingError, match="free some memory"):
        check(1.2 * GB, preset="tiny")


def test_processes_share_the_batch_and_a_processors_memory() -> None:
    assert "about 7.0 GB" in check(8 * GB, processes=2)  # 1 and 5 times a half, twice
    assert "about 3.5 GB" in check(8 * GB, processes=2, shared=False)


def test_it_grows_with_the_network_the_personas_and_the_precision() -> None:
    lite, half = (estimate(PRESETS["lite"], 1, precision, "cpu") for precision in ("fp32", "bf16"))
    assert 0.5 < half.pair / lite.pair < 0.9
    two = estimate(PRESETS["lite"], 2, "fp32", "cpu")
    assert two.pair > 1.5 * lite.pair
    assert two.fixed > lite.fixed
    assert estimate(PRESETS["standard"], 1, "fp32", "cpu").pair > 3 * lite.pair


def test_what_autograd_keeps_is_counted_once_and_exactly() -> None:
    weight = torch.zeros(4, 4, device="meta", requires_grad=True)

    def run() -> torch.Tensor:
        picture = torch.zeros(100, 4, device="meta")
        hidden = (picture @ weight).relu()  # keeps the picture and the ReLU's output
        return hidden * hidden  # keeps that output again

    assert memory._kept(run) == 4 * (400 + 400)


def test_a_run_that_cannot_fit_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "free_bytes", lambda device: 0.3 * GB)
    with pytest.raises(TrainingError, match="preset tiny does not fit"):
        Trainer(request(tmp_path / "run"), parts())
    assert not (tmp_path / "run").exists()


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    (tmp_path / "memory.stat").write_text("anon 500\nactive_file 200\ninactive_file 1000\n")
    assert memory._container_bytes(tmp_path) == 3000 + 1200  # pages of files are given back
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container_bytes(tmp_path) == float("inf")
    assert free_bytes(torch.device("cpu")) > 0
