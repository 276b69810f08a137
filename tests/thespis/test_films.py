from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.faceset.index import FacesetWriter, MediaRecord, read_faceset
from models.material import parse_material, read_material
from realtime.errors import TrainingError
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer
from tests.models.faceset.drawn_facesets import REST, write_faceset
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
    (folder,) = (tmp_path / "run" / "material").iterdir()
    assert named == ["demo", f"ada={hopper_photo}+{folder}"]
    assert len(read_faceset(folder).records) >= 4
    assert parse_material("ada", named[1].removeprefix("ada=")).footage == folder
    assert as_facesets(words, tmp_path / "run", Screen()) == named


def test_two_films_of_one_name_are_two_facesets(
    tmp_path: Path, talking: Path, astronaut: PortraitRenderer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Phones call everybody's film IMG_0001."""
    picture = np.zeros((480, 640, 3), np.uint8)
    astronaut.frame(ExpressionPath(4).at(1.0), picture)
    (tmp_path / "hers").mkdir()
    other = film_of(tmp_path / "hers" / talking.name, [picture] * 6)
    first, second = as_facesets([str(talking), str(other)], tmp_path / "run", Screen())
    assert first != second
    assert {record.frame for record in read_faceset(Path(second)).records} <= set(range(6))
    assert len(read_faceset(Path(first)).records) > len(read_faceset(Path(second)).records)


def test_a_film_of_two_people_says_whose_face_was_kept(
    tmp_path: Path, astronaut: PortraitRenderer, hopper: PortraitRenderer, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = []
    for renderer, count in ((astronaut, 14), (hopper, 8)):
        for number in range(count):
            frame = np.zeros((480, 640, 3), np.uint8)
            renderer.frame(ExpressionPath(3).at(0.5 * number), frame)
            frames.append(frame)
    as_facesets([str(film_of(tmp_path / "both.mp4", frames))], tmp_path / "run", Screen())
    assert "2 people told apart" in " ".join(capsys.readouterr().err.split())


def test_a_film_without_a_face_is_refused(tmp_path: Path) -> None:
    film = film_of(tmp_path / "wall.mp4", [np.full((240, 320, 3), 90, np.uint8)] * 8)
    with pytest.raises(TrainingError, match="wanted faces"):
        as_facesets([str(film)], tmp_path / "run", Screen())


def test_a_second_photo_or_faceset_is_refused_and_a_name_with_a_plus_is_a_name(
    tmp_path: Path, hopper_photo: Path
) -> None:
    plus = tmp_path / "me+you.jpg"
    plus.write_bytes(hopper_photo.read_bytes())
    assert parse_material("ada", str(plus)).photo == str(plus)
    with pytest.raises(TrainingError, match="wanted one photo, got two"):
        parse_material("ada", f"demo+{hopper_photo}")
    for name in ("one", "two"):
        write_faceset(tmp_path / name, (REST,))
    with pytest.raises(TrainingError, match="wanted one footage, got two"):
        parse_material("ada", f"{tmp_path / 'one'}+{tmp_path / 'two'}")


def test_a_faceset_that_was_broken_off_is_not_trained_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], thespis: Callable[..., int]
) -> None:
    write_faceset(tmp_path / "set", (REST,))
    with FacesetWriter(tmp_path / "set") as writer:
        writer.note(MediaRecord("more.mp4", "bb", "more", "every 3, at most 512 px", frames_done=30))
    with pytest.raises(TrainingError, match=r"wanted one that is finished, got one broken off in more\.mp4"):
        read_material(parse_material("ada", str(tmp_path / "set")), 64)
    assert thespis("report", tmp_path / "set") == 0
    assert "not finished (more.mp4)" in " ".join(capsys.readouterr().err.split())


def test_a_film_that_was_not_made_into_a_faceset_says_how(talking: Path) -> None:
    with pytest.raises(TrainingError, match="thespis extract"):
        parse_material("performer", str(talking))
