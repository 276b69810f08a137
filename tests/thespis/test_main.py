from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.errors import SinkError
from thespis import main as main_module
from thespis import run

Thespis = Callable[..., int]


def test_help_names_every_command(thespis: Thespis, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("--help") == 0
    said = capsys.readouterr().out
    assert all(command in said for command in main_module.COMMANDS)


@pytest.mark.parametrize("command", main_module.COMMANDS)
def test_every_command_has_help(thespis: Thespis, command: str) -> None:
    assert thespis(command, "--help") == 0


def test_version(thespis: Thespis, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("--version") == 0
    assert capsys.readouterr().out.startswith("thespis ")


@pytest.mark.parametrize(
    "words",
    [
        ["juggle"],
        ["run"],
        ["run", "--source"],
        ["run", "--source", "demo", "--size", "large"],
        ["run", "--source", "demo", "--size", "8x8"],
        ["run", "--source", "demo", "--when-lost", "hope"],
        ["run", "--source", "demo", "--output", "null", "--set", "colour_match=2"],
        ["run", "--source", "demo", "--output", "null", "--set", "charm=1"],
        ["run", "--source", "demo", "--output", "null", "--set", "hopper.keep_mouth"],
        ["run", "--source", "demo", "--faces", "0"],
        ["run", "--source", "demo", "--provider", "abacus"],
        ["bench", "--seconds", "-1"],
    ],
)
def test_wrong_words_end_2(thespis: Thespis, words: list[str]) -> None:
    assert thespis(*words) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--source", "nowhere.mp4"], "nowhere.mp4"),
        (["run", "--source", "demo", "--output", "nothing.xyz"], "nothing.xyz"),
        (["run", "--source", "demo", "--output", "null", "--persona", "nobody"], "nobody"),
        (["run", "--source", "demo", "--output", "null", "--persona", "no/such.persona"], "no/such.persona"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    thespis: Thespis, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert thespis(*words) == 1
    told = capsys.readouterr().err
    assert told.startswith("thespis: ")
    assert said in told
    assert len(told.splitlines()) == 1


def fail_with(error: Exception) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


def test_notes_of_later_failures_stay_on_the_line(
    thespis: Thespis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = SinkError("film.mp4: disk\nfull")
    error.add_note("then: SinkError: other")
    monkeypatch.setattr(run, "command", fail_with(error))
    assert thespis("run") == 1
    assert capsys.readouterr().err == "thespis: film.mp4: disk full; then: SinkError: other\n"


def test_a_fault_of_ours_shows_no_traceback(
    thespis: Thespis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "command", fail_with(KeyError("gone")))
    assert thespis("run") == 1
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "--debug" in told
    assert "Traceback" not in told


def test_a_missing_extra_is_named(
    thespis: Thespis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "command", fail_with(ModuleNotFoundError("no torch", name="torch")))
    assert thespis("run") == 1
    assert "pip install -c constraints.txt '.[train]'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--debug", "run"], ["run", "--debug"]])
def test_debug_lets_the_traceback_out(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr(run, "command", fail_with(KeyError("gone")))
    with pytest.raises(KeyError, match="gone"):
        main_module.main(words)


def test_ctrl_c_ends_130(thespis: Thespis, monkeypatch: pytest.MonkeyPatch) -> None:
    def command() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "command", command)
    assert thespis("run") == 130


def test_an_output_never_replaces_its_source(
    thespis: Thespis, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"a film")
    assert thespis("run", "--source", film, "--output", tmp_path / "." / "film.mp4") == 1
    assert "the source itself" in capsys.readouterr().err
    assert film.read_bytes() == b"a film"
