"""The yardstick itself: a network that changes nothing is an apple still, whatever it is called."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks import objects
from models.objects.scene import Moment
from realtime.persona.package import write_persona
from realtime.region.alignment import BOX

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "persona"))


@pytest.fixture
def unchanged(tmp_path: Path) -> Path:
    from tiny_personas import PORTRAIT, make_graph, make_manifest

    manifest = make_manifest(
        template=BOX.template, coverage=BOX.coverage, channels=("r", "g", "b"), region="colour:red", crop_size=64
    )
    path = tmp_path / "unchanged.persona"
    write_persona(path, manifest, {"fp32": make_graph(64, 3)}, PORTRAIT)
    return path


def test_what_changes_nothing_is_nearer_to_the_apple(unchanged: Path, tmp_path: Path) -> None:
    figures, sheet = tmp_path / "figures.json", tmp_path / "sheet.jpg"
    words = ["measure", str(unchanged), "--frames", "12", "--json", str(figures), "--sheet", str(sheet)]
    assert objects.main(words) == 0
    report = json.loads(figures.read_text())
    assert report["frames"] == 12
    assert report["worn_fraction"] == 1
    assert report["nearer_fraction"] == 0
    assert report["ssim_to_apple"] > 0.99 > 0.8 > report["ssim"]
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.shape == (3 * 180, 6 * 180, 3)


def test_a_true_kiwi_in_its_own_place_would_be_found_right() -> None:
    """The green's middle follows the way that a kiwi leans."""
    scene = objects.Scene(objects.FRUITS["kiwi"](), (320, 180))
    places = []
    for turn in (-30.0, 0.0, 30.0):
        picture, cover = scene.draw(Moment(turn=turn))
        places.append(objects._green(picture, cover > 127)[0])
    assert places[0] < places[1] < places[2]


def test_films_are_written(tmp_path: Path) -> None:
    assert objects.main(["films", str(tmp_path / "films"), "--frames", "3"]) == 0
    for film in ("apples.mp4", "kiwis.mp4"):
        with av.open(str(tmp_path / "films" / film)) as container:
            pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        assert len(pictures) == 3
        assert np.ptp(pictures[0]) > 100


def test_a_persona_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert objects.main(["measure", str(tmp_path / "none.persona")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
