from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.faceset import guide as guide_module
from models.faceset.extract import Outcome
from models.faceset.guide import Guide, Prompt
from models.faceset.index import read_faceset
from realtime.errors import SourceError
from realtime.source.expression import Expression
from realtime.source.portrait import PortraitPerformer
from realtime.source.renderer import PortraitRenderer
from thespis import guided
from thespis.extract import summary
from thespis.screen import Screen

Thespis = Callable[..., int]
Capture = pytest.CaptureFixture[str]


def photos(renderer: PortraitRenderer, folder: Path, *, blur: float = 0.0, count: int = 2) -> Path:
    folder.mkdir()
    for number in range(count):
        picture = np.zeros((480, 640, 3), np.uint8)
        renderer.frame(Expression(yaw=9.0 * number), picture)
        if blur:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return folder


def test_photos_become_a_faceset(
    thespis: Thespis, capsys: Capture, tmp_path: Path, astronaut: PortraitRenderer
) -> None:
    out = tmp_path / "out"
    assert thespis("extract", photos(astronaut, tmp_path / "in"), "--out", out, "--size", "128") == 0
    faceset = read_faceset(out)
    assert len(faceset.records) == 2
    assert all(faceset.crop(face).shape == (128, 128, 3) for face in faceset.records)
    said = capsys.readouterr().err
    assert "kept 2 faces, set aside none; 0 of 2 frames had no face" in said
    assert f"thespis report {out}" in " ".join(said.split())


def test_blurred_photos_end_with_advice(
    thespis: Thespis, capsys: Capture, tmp_path: Path, astronaut: PortraitRenderer
) -> None:
    out = tmp_path / "out"
    assert thespis("extract", photos(astronaut, tmp_path / "in", blur=6), "--out", out) == 1
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    assert "got 2, all set aside: 2 (2 blurred); use sharper footage" in said
    assert len(list((out / "aside" / "blurred").glob("*.jpg"))) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"hello", "wanted films or photos"),
        ("empty.mp4", b"", "empty.mp4"),
        ("torn.jpg", b"\xff\xd8\xff", "torn.jpg"),
    ],
)
def test_what_is_no_footage_is_said_in_one_line(
    thespis: Thespis, capsys: Capture, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content)
    assert thespis("extract", tmp_path / "in", "--out", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_a_picture_without_a_face_is_said(thespis: Thespis, capsys: Capture, tmp_path: Path) -> None:
    wall = np.full((240, 320, 3), 120, np.uint8)
    (tmp_path / "wall.png").write_bytes(cv2.imencode(".png", wall)[1].tobytes())
    assert thespis("extract", tmp_path / "wall.png", "--out", tmp_path / "out") == 1
    assert "wanted faces, got none in 1 frames" in capsys.readouterr().err


def test_a_folder_with_other_things_in_it_is_left_alone(
    thespis: Thespis, capsys: Capture, tmp_path: Path, astronaut: PortraitRenderer
) -> None:
    footage = photos(astronaut, tmp_path / "in")
    before = sorted(footage.iterdir())
    assert thespis("extract", footage, "--out", footage) == 1
    assert "another --out" in capsys.readouterr().err
    assert sorted(footage.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [
        ["extract"],
        ["extract", "a.mp4"],
        ["extract", "a.mp4", "--out", "x", "--every", "0"],
        ["extract", "a.mp4", "--out", "x", "--every", "2", "--fps", "5"],
        ["extract", "a.mp4", "--out", "x", "--size", "8"],
    ],
)
def test_wrong_words_end_2(thespis: Thespis, words: list[str]) -> None:
    assert thespis(*words) == 2


def test_several_people_are_said_with_what_chooses_another(tmp_path: Path) -> None:
    outcome = Outcome(90, Counter({"other-person": 72, "blurred": 3}), 500, 4, (93, 60, 12), 0)
    said = summary(outcome, tmp_path)
    assert said[0] == (
        "3 people told apart: kept person 1 (93 faces; person 2: 60, 3: 12); "
        "`thespis extract` with --person N or --like PHOTO chooses another"
    )
    assert said[1] == "kept 90 faces, set aside 75 (72 other-person, 3 blurred); 4 of 500 frames had no face"
    assert len(said) == 3


def test_footage_that_is_mostly_blurred_comes_with_advice(tmp_path: Path) -> None:
    said = summary(Outcome(3, Counter({"blurred": 47}), 50, 0, (50,)), tmp_path)
    assert said[1].startswith("most are blurred: use sharper footage")


def test_a_camera_is_recorded_first_and_asked_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(guide_module, "Guide", lambda: Guide([Prompt("Look into the camera", 60)]))
    out = tmp_path / "out"

    def performer() -> PortraitPerformer:
        return PortraitPerformer(size_wh=(320, 240), seconds=0.5, paced=False)

    medium = guided.recorded("camera", out, Screen(), performer())
    assert medium.path == out / "recordings" / "camera-1.mp4"
    assert medium.origin == "camera"
    said = capsys.readouterr().err
    assert "Look into the camera" in said
    assert "camera-1.mp4" in " ".join(said.split())
    again = guided.recorded("camera", out, Screen(), performer())
    assert again == medium
    assert "recorded earlier" in " ".join(capsys.readouterr().err.split())


def test_a_recording_that_came_to_nothing_is_passed_over(tmp_path: Path) -> None:
    """Ctrl-C before the first frame leaves no file, and what a kill leaves without a picture stops nobody."""
    out = tmp_path / "out"
    with pytest.raises(SourceError, match="got no frames"):
        guided.recorded("camera", out, Screen(), PortraitPerformer(size_wh=(320, 240), seconds=0.0, paced=False))
    assert not list((out / "recordings").iterdir())
    (out / "recordings" / "camera-1.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    medium = guided.recorded("camera", out, Screen(), PortraitPerformer(size_wh=(320, 240), seconds=0.5, paced=False))
    assert medium.path == out / "recordings" / "camera-2.mp4"


def test_a_folder_with_a_number_for_a_name_is_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guided.names_camera("2024")
    (tmp_path / "2024").mkdir()
    monkeypatch.chdir(tmp_path)
    assert not guided.names_camera("2024")


def test_the_screen_says_what_is_missing() -> None:
    guide = Guide([Prompt("Look up", 4), Prompt("Smile", 2)])
    moment = guide.at(1.0)
    assert moment is not None
    text = guided.moment_text(moment)
    assert "3 s more; then: Smile" in text
    assert "still missing: front, left" in text
    assert "NOT IN VIEW" in text


def test_the_index_can_be_read_by_anyone(thespis: Thespis, tmp_path: Path, astronaut: PortraitRenderer) -> None:
    thespis("extract", photos(astronaut, tmp_path / "in", count=1), "--out", tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out" / "faceset.jsonl").read_text().splitlines()]
    assert lines[0]["thespis_faceset"] == 1
    assert lines[1]["file"] == "0-000000-0.jpg"
    assert lines[2]["judged"] == "person 1, eyes 24 px"


def test_extracting_leaves_torch_alone() -> None:
    loaded = "import models.faceset.extract, models.faceset.guide, models.faceset.likeness, sys"
    check = f"{loaded}\nassert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("words", [["text.txt"], ["text.mp4"], ["/dev/video99"]])
def test_what_comes_to_nothing_leaves_no_folder(
    thespis: Thespis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("text.txt", "text.mp4"):
        Path(name).write_text("no film")
    assert thespis("extract", *words, "--out", "faces/none") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.mp4", "text.txt"]


def test_a_folder_that_was_there_stays(thespis: Thespis, tmp_path: Path) -> None:
    film, out = tmp_path / "text.mp4", tmp_path / "faces"
    film.write_text("no film")
    out.mkdir()
    assert thespis("extract", film, "--out", out) == 1
    assert out.is_dir()
