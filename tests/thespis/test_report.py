"""`thespis report` played through on facesets made by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "models" / "faceset"))

from drawn_facesets import shown, write_faceset

Thespis = Callable[..., int]


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    return write_faceset(tmp_path / "alice", shown({}, {"yaw": 18.0}, {"mouth_open": 0.7})).folder


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    return write_faceset(tmp_path / "bob", shown({}, eyes_px=38.0)).folder


def test_a_page_lies_in_the_faceset_and_the_verdict_on_the_screen(
    thespis: Thespis, alice: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("report", alice) == 0
    said = capsys.readouterr()
    assert (alice / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "alice: not enough" in said.out
    assert "Faces kept" in said.out
    assert "alice: No footage facing up." in said.out
    assert str(alice / "report.html") in said.err
    assert not list(alice.glob(".*")), "nothing is left beside it"


def test_a_page_is_not_written_through_a_link_that_lies_in_the_faceset(
    thespis: Thespis, alice: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    for name in (".report.html.new", "report.html"):
        (alice / name).symlink_to(mine)
    assert thespis("report", alice) == 0
    assert mine.read_bytes() == b"mine"
    assert (alice / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_two_sets_and_json(thespis: Thespis, alice: Path, bob: Path, tmp_path: Path) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "new" / "both.html"
    assert thespis("report", alice, bob, "--out", page, "--json", figures) == 0
    found = json.loads(figures.read_text())
    assert found["verdict"] == "not enough"
    assert [each["name"] for each in found["sets"]] == ["alice", "bob"]
    assert {"faces", "footage_s", "set_aside", "eyes_px", "findings", "poses", "axes", "missing"} <= set(
        found["sets"][0]
    )
    assert found["match"]["overlaps"]["pose"]["performer_in_persona"] == pytest.approx(8 / 12, abs=1e-4)
    assert found["match"]["overlaps"]["pose"]["persona_in_performer"] == 1
    assert "alice has 4 faces facing to their left, bob none." in found["match"]["performer_only"]
    assert page.exists()
    assert not (alice / "report.html").exists()


def test_json_on_the_screen_is_json_alone(thespis: Thespis, alice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("report", alice, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["sets"][0]["faces"] == 12


def test_no_more_than_some_lines_of_what_is_missing(
    thespis: Thespis, bob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("report", bob) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("bob: ")]
    assert lines[0].startswith("bob: not enough")  # the table's title
    assert lines[1] == "bob: All of it is soft: 38 px between the eyes; the standard network wants 64."
    assert lines[-1].endswith(" more, on the page.")
    assert len(lines) == 10


def test_an_older_page_is_replaced_and_other_files_are_not(
    thespis: Thespis, alice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"precious")
    assert thespis("report", alice, "--out", film) == 1
    assert film.read_bytes() == b"precious"
    assert "wanted a name that ends in .html" in capsys.readouterr().err
    (alice / "report.html").write_text("old")
    assert thespis("report", alice) == 0
    assert (alice / "report.html").read_text(encoding="utf-8") != "old"


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    thespis: Thespis, alice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.html").mkdir()
    assert thespis("report", alice, "--out", tmp_path / "page.html") == 1
    assert "choose another --out" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))
    (tmp_path / "file").write_text("")
    assert thespis("report", alice, "--out", tmp_path / "file" / "page.html") == 1


@pytest.mark.parametrize("content", ["none", "empty", "text", "file"])
def test_what_is_no_faceset_is_one_line(
    thespis: Thespis, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    if content == "file":
        folder.write_text("")
    elif content != "none":
        folder.mkdir()
        if content == "text":
            (folder / "notes.txt").write_text("hello")
    assert thespis("report", folder) == 1
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if line.startswith("thespis: faceset ")]) == 1
    assert "wanted faceset.jsonl" in told[-1]
    assert content == "file" or "thespis extract" in told[-1]
    assert not (folder / "report.html").exists()


def test_a_report_needs_no_torch() -> None:
    check = "import sys, thespis.report, models.faceset.report_page; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-500:]
