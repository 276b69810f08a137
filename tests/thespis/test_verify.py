"""`thespis verify`: the verdict in words and as JSON; the exit status says only whether the file could be read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from realtime.disclosure.watermark import Watermark
from realtime.persona.catalog import mark_of_persona
from realtime.persona.package import read_persona

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "disclosure"))

Thespis = Callable[..., int]


def picture(path: Path, mark: int | None) -> Path:
    from drawn_scenes import scene, worn

    plain = scene(3)
    cv2.imwrite(str(path), plain if mark is None else Watermark()(worn(plain, mark)).image)
    return path


def test_a_file_that_is_not_there(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("verify", tmp_path / "gone.mp4") == 1
    assert "no such file; check the path" in capsys.readouterr().err


def test_a_persona_that_is_not_there(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("verify", picture(tmp_path / "a.png", None), "--persona", "nobody") == 1
    assert "nobody" in capsys.readouterr().err


def test_no_mark(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = picture(tmp_path / "bare.png", None)
    assert thespis("verify", file) == 0
    assert "no watermark found in the picture" in capsys.readouterr().out
    assert thespis("verify", file, "--json") == 0
    told = json.loads(capsys.readouterr().out)["watermark"]
    assert (told["found"], told["mark"], told["persona"], told["windows_found"]) == (False, None, None, 0)
    assert 0 <= told["confidence"] < 1


def test_a_persona_that_nobody_named(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("verify", picture(tmp_path / "made.png", 0x3FA2C110)) == 0
    said = capsys.readouterr().out
    assert said == "made by Thespis: watermark found in the picture, persona 3fa2c1…, confidence over 0.999\n"


def test_the_built_in_persona_by_name(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("verify", picture(tmp_path / "made.png", mark_of_persona("hopper")), "--json") == 0
    told = json.loads(capsys.readouterr().out)["watermark"]
    assert (told["found"], told["persona_name"], told["mirrored"]) == (True, "hopper", False)
    assert told["shown"].keys() == {"left", "top", "width", "height"}


def test_a_persona_that_is_given(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from datetime import date

    mark = read_persona(tiny_persona, today=date.today()).mark
    assert mark == mark_of_persona(tiny_persona)
    assert thespis("verify", picture(tmp_path / "made.png", mark), "--persona", tiny_persona) == 0
    assert f"persona tiny ({mark >> 8:06x}…)" in capsys.readouterr().out
