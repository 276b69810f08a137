from pathlib import Path

import cv2
import numpy as np
import pytest

from models.faceset.index import read_faceset
from models.material import parse_material
from realtime.errors import TrainingError
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer
from thespis.films import as_facesets
from thespis.screen import Screen


def film_of(path: Path, frames: list[np.ndarray]) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture
def talking(tmp_path: Path, astronaut: PortraitRenderer) -> Path:
    path, frames = ExpressionPath(3), []
    for number in range(12):
        frame = np.zeros((480, 640, 3), np.uint8)
        astronaut.frame(path.at(0.5 * number), frame)
        frames.append(frame)
    return film_of(tmp_path / "talking.mp4", frames)


def test_a_film_becomes_a_faceset_in_the_runs_folder_once(tmp_path: Path, talking: Path, hopper_photo: Path) -> None:
    words = ["demo", f"ada={hopper_photo}+{talking}"]
    named = as_facesets(words, tmp_path / "run", Screen())
    folder = tmp_path / "run" / "material" / "talking"
    assert named == ["demo", f"ada={hopper_photo}+{folder}"]
    assert len(read_faceset(folder).records) >= 4
    assert parse_material("ada", named[1].removeprefix("ada=")).footage == folder
    assert as_facesets(words, tmp_path / "run", Screen()) == named


def test_a_film_without_a_face_is_refused(tmp_path: Path) -> None:
    film = film_of(tmp_path / "wall.mp4", [np.full((240, 320, 3), 90, np.uint8)] * 8)
    with pytest.raises(TrainingError, match="wanted faces"):
        as_facesets([str(film)], tmp_path / "run", Screen())


def test_a_film_that_was_not_made_into_a_faceset_says_how(talking: Path) -> None:
    with pytest.raises(TrainingError, match="thespis extract"):
        parse_material("performer", str(talking))
