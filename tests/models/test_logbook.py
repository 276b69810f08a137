import json
from pathlib import Path

import numpy as np
import pytest
from fake_parts import FakeBatches

from models.logbook import Logbook
from models.network import SharedAutoencoder
from models.presets import PRESETS
from models.preview import preview
from models.schedule import Place
from realtime.errors import TrainingError


def test_evaluations_are_lines_of_json_and_torn_or_later_ones_go(tmp_path: Path) -> None:
    (tmp_path / "evaluation.jsonl").write_text('{"step": 2, "ssim": 0.1}\n{"step": 4, "ssim": 0.2}\n{"step": 6, "ss')
    log = Logbook(tmp_path, 2, tensorboard=False)
    log.evaluation(Place(step=3, seconds=1.26), 0.123456)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "evaluation.jsonl").read_text().splitlines()]
    assert lines == [{"step": 2, "ssim": 0.1}, {"step": 3, "seconds": 1.3, "ssim": 0.12346}]


def test_tensorboard_reads_curves_and_pictures_back(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = Logbook(tmp_path, 0, tensorboard=True)
    log.curves(10, {"loss": 0.5})
    log.picture(10, np.full((8, 8, 3), (255, 0, 0), np.uint8))
    log.close()
    found = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(one.step, one.value) for one in found.Scalars("loss")] == [(10, 0.5)]
    assert [one.step for one in found.Images("preview")] == [10]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    log = Logbook(tmp_path, 0, tensorboard=False)
    (tmp_path / "evaluation.jsonl").mkdir()
    with pytest.raises(TrainingError, match=r"evaluation.jsonl.*make room"):
        log.evaluation(Place(step=1), 0.5)


def test_curves_on_a_full_disk_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Logbook(tmp_path, 0, tensorboard=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(log._board, "add_scalar", full)
        with pytest.raises(TrainingError, match=r"tensorboard.*No space left.*make room"):
            log.curves(10, {"loss": 0.5})
    log.close()
    log.close()


def test_a_preview_shows_every_decoder_seen_painted_and_true() -> None:
    batch = FakeBatches(("performer", "ada", "grace"), 4)(0)
    picture = preview(SharedAutoencoder(PRESETS["tiny"], tuple(batch)), batch, rows=2)
    assert picture.shape == (6 * 64, 5 * 64, 3)
    for place, name in enumerate(batch):
        row = picture[2 * 64 * place : 2 * 64 * place + 64]
        assert np.array_equal(row[:, :64, ::-1].transpose(2, 0, 1), batch[name].view[0])
        assert np.array_equal(row[:, -64:, ::-1].transpose(2, 0, 1), batch[name].image[0])
