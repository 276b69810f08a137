from datetime import date
from pathlib import Path

import numpy as np
import pytest

from export.run import export_run, representative_crops
from models.rendered import PortraitFaceset
from models.trainer import Trainer, TrainingRequest
from realtime.errors import TrainingError
from realtime.face.finder import FaceFinder
from realtime.frame import Frame
from realtime.persona.autoencoder import Swapper
from realtime.persona.identity import Identity
from realtime.persona.package import read_persona
from realtime.source.renderer import PortraitRenderer

CARD = Identity(name="Test", ground="fictional")
TODAY = date(2026, 11, 23)


def test_a_portrait_is_trained_exported_and_worn(
    hopper_photo: Path, astronaut: PortraitRenderer, tmp_path: Path
) -> None:
    request = TrainingRequest(None, hopper_photo, tmp_path / "run", preset="tiny", steps=2, precision="fp32")
    Trainer(request).run(lambda _: None)
    report = export_run(tmp_path / "run", card=CARD, out=tmp_path / "two-steps.persona", today=TODAY)
    assert report.fp32.image_max_abs < 1e-3
    persona = read_persona(report.path, today=TODAY)
    assert persona.manifest.trained_from.iterations == 2
    assert len(persona.manifest.trained_from.digests["persona"]) == 64
    assert set(persona.graphs) == {"fp32", "int8"}
    swapper, finder = Swapper(persona, "cpu"), FaceFinder()
    found = finder(Frame(0, 0.0, 0.0, np.ascontiguousarray(astronaut.canvas)))
    finder.close()
    (swap,) = swapper(found).swaps
    assert swap.image.shape == (64, 64, 3)


def test_a_run_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train it first"):
        export_run(tmp_path, card=CARD, out=tmp_path / "none.persona", today=TODAY)
    assert not (tmp_path / "none.persona").exists()


def test_crops_for_calibration_are_what_the_live_loop_gives() -> None:
    crops = representative_crops(PortraitFaceset(None, 64), count=8)
    assert crops.shape == (8, 6, 64, 64)
    assert crops.dtype == np.float32
    assert 0 <= crops.min() < crops.max() <= 1
    by_map_alone = crops[:, :3].max((1, 2, 3)) == 0
    assert by_map_alone.tolist() == [False, False, False, True] * 2
