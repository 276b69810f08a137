"""`--region` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Thespis = Callable[..., int]


@pytest.mark.parametrize("command", ["run", "bench"])
def test_words_that_name_no_region_are_wrong_words(
    thespis: Thespis, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis(command, "--source", "demo", "--region", "colour:rde") == 2
    assert "rde" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--performer", "a.mp4", "--region", "colour:rde"), "rde"),
        (("--region", "colour:red"), "give --performer one, too"),
    ],
)
def test_training_refuses_them_too(
    thespis: Thespis, words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("train", "--persona", "b.mp4", "--out", tmp_path / "run", *words) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_face_is_not_worn_by_a_box(thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", "--source", "demo", "--persona", tiny_persona, "--output", "null", "--seconds", "1")
    assert thespis(*words, "--region", "box:0,0,1,1") == 1
    assert "leave --region out" in capsys.readouterr().err.replace("\n", " ")
