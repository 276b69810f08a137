"""What a command would write is looked at before anything is loaded; nothing is written over unasked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.persona import catalog
from thespis.places import check_places

Thespis = Callable[..., int]
TAKEN = "wanted a name that is free, got a file that is there; choose another name, or give --overwrite"


@pytest.fixture
def nothing_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*words: object, **more: object) -> None:
        raise AssertionError("a persona was loaded before the outputs were looked at")

    monkeypatch.setattr(catalog, "load_persona", load)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("name", ["talk.mp4", "talk.mkv", "shot.png", "shot.jpg"])
@pytest.mark.parametrize("command", ["run", "bench"])
@pytest.mark.usefixtures("nothing_loads")
def test_an_output_that_is_there_stays(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    kept = tmp_path / name
    kept.write_text("of last week")
    assert thespis(command, "--source", "demo", "--output", kept, "--seconds", "1") == 1
    assert f"output '{kept}': {TAKEN}" in told(capsys)
    assert kept.read_text() == "of last week"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["run", "--source", "demo", "--output", "null"], "--json"),
        (["bench"], "--json"),
        (["bench"], "--html"),
        (["swap", "IN.mp4", "OUT.mp4"], "--json"),
        (["export", "RUN", "--out", "new.persona"], "--json"),
        (["export", "RUN"], "--out"),
        (["import", "photo.jpg"], "--out"),
    ],
)
@pytest.mark.usefixtures("nothing_loads")
def test_so_does_every_other_file(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], option: str
) -> None:
    kept = tmp_path / "mine.persona"
    kept.write_text("of last week")
    assert thespis(*words, option, kept) == 1
    assert f"{option} {kept}: {TAKEN}" in told(capsys)
    assert kept.read_text() == "of last week"


def test_overwrite_replaces_it(thespis: Thespis, tiny_persona: Path, tmp_path: Path) -> None:
    film = tmp_path / "talk.mp4"
    film.write_text("of last week")
    words = ("run", "--source", "demo", "--size", "160x120", "--seconds", "0.5", "--persona", tiny_persona)
    assert thespis(*words, "--output", film) == 1
    assert thespis(*words, "--output", film, "--overwrite") == 0
    assert film.stat().st_size > 1000


@pytest.mark.usefixtures("nothing_loads")
def test_one_file_for_two_outputs_is_refused(
    thespis: Thespis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for second in ("q.mp4", "./q.mp4", str(tmp_path / "q.mp4")):
        assert thespis("run", "--source", "demo", "--output", "q.mp4", "--output", second) == 1
        assert "wanted a name of its own" in told(capsys)
    assert thespis("bench", "--json", "figures.x", "--html", "figures.x") == 1
    assert "got the name of --json figures.x" in told(capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("nothing_loads")
def test_one_address_for_two_streams_is_refused(thespis: Thespis, capsys: pytest.CaptureFixture[str]) -> None:
    address = "udp://127.0.0.1:9000"
    assert thespis("run", "--source", "demo", "--output", address, "--output", address) == 1
    assert "got the same one twice" in told(capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--source", "demo", "--output"],
        ["bench", "--html"],
        ["import", "photo.jpg", "--out"],
        ["export", "RUN", "--out"],
    ],
)
@pytest.mark.usefixtures("nothing_loads")
def test_a_folder_that_is_missing_is_told_and_not_made(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    ending = ".persona" if "--out" in words else ".mp4"
    assert thespis(*words, tmp_path / "none" / f"x{ending}") == 1
    assert "wanted a folder that is there, got no folder" in told(capsys)
    assert not (tmp_path / "none").exists()


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    film, linked = tmp_path / "film.mp4", tmp_path / "linked.mp4"
    film.write_text("a film")
    os.link(film, linked)
    for output in (film, linked):
        with pytest.raises(SinkError, match="the source itself"):
            check_places([str(output)], source=str(film), overwrite=True)
    with pytest.raises(SinkError, match="the source itself"):
        check_places([str(film)], source=f"demo:{film}", overwrite=True)


def test_what_is_no_file_is_no_place(tmp_path: Path) -> None:
    check_places(["camera", "null", "window", "udp://127.0.0.1:9000"], {"--json": Path("-"), "--html": None})
    check_places(files={"--json": Path(os.devnull)})  # a device is not written over
    check_places([str(tmp_path / "new.mp4")], {"--json": tmp_path / "new.json"})


def test_a_folder_is_no_file_even_with_leave_to_overwrite(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(SinkError, match="got a folder of that name"):
        check_places([str(tmp_path / "a.mp4")], overwrite=True)


@pytest.mark.parametrize(
    "words", [["train", "--persona", "photo.jpg"], ["extract", "film.mp4"], ["demo"]], ids=["train", "extract", "demo"]
)
@pytest.mark.usefixtures("nothing_loads")
def test_a_file_is_no_folder_to_write_into(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("of last week")
    assert thespis(*words, "--out", kept) == 1
    assert f"--out {kept}: wanted a folder, new or begun, got a file" in told(capsys)
    assert kept.read_text() == "of last week"
