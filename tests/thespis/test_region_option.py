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


def test_a_face_is_not_worn_by_a_box(thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", "--source", "demo", "--persona", tiny_persona, "--output", "null", "--seconds", "1")
    assert thespis(*words, "--region", "box:0,0,1,1") == 1
    assert "leave --region out" in capsys.readouterr().err.replace("\n", " ")
