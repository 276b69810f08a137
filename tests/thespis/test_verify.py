"""`thespis verify`: the verdict in words and as JSON; the exit status says only whether the file could be read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from realtime.disclosure.watermark import Watermark
from realtime.persona.catalog import mark_of_persona
from realtime.persona.package import read_persona
from realtime.source.canvas import load_photo

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "disclosure"))

Thespis = Callable[..., int]


def picture(path: Path, mark: int | None) -> Path:
    from drawn_scenes import scene, worn

    plain = scene(3)
    cv2.imwrite(str(path), plain if mark is None else Watermark()(worn(plain, mark)).image)
    return path


@pytest.fixture
def astronaut_photo(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "astronaut.png"), load_photo(None))
    return tmp_path / "astronaut.png"


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
    marked, signed = said.splitlines()
    assert marked == "made by Thespis: watermark found in the picture, persona 3fa2c1…, confidence over 0.999"
    assert signed == "no content credentials in it"


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


def test_what_was_worn_here_is_found_by_both_marks_and_a_changed_byte_shows(
    thespis: Thespis, astronaut_photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: a run, its snapshot, and what is read back from the file."""
    made = tmp_path / "worn.png"
    assert thespis("run", "--source", astronaut_photo, "--seconds", "1", "--output", made) == 0
    capsys.readouterr()
    assert thespis("verify", made, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["watermark"]["found"], told["watermark"]["persona_name"]) == (True, "hopper")
    signed = told["credentials"]
    assert (signed["valid"], signed["trusted"], signed["made_here"], signed["composite"]) == (True,) * 4
    assert [one["persona"] for one in signed["personas"]] == ["hopper"]
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)
    assert thespis("verify", made, "--json") in (0, 1)  # the picture itself may be broken
    after = capsys.readouterr().out
    assert not after or not json.loads(after)["credentials"]["valid"]


def test_whom_to_trust_may_be_said(
    thespis: Thespis, astronaut_photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from realtime.disclosure.certificate import issue, utc_now

    made, chain = tmp_path / "worn.png", issue(utc_now())
    certificates, key, others = (tmp_path / name for name in ("chain.pem", "key.pem", "others.pem"))
    certificates.write_text("".join(chain.certificates))
    key.write_text(chain.key_pem)
    others.write_text("".join(issue(utc_now()).certificates))
    words = ("--certificate", certificates, "--key", key)
    assert thespis("run", "--source", astronaut_photo, "--seconds", "1", "--output", made, *words) == 0
    capsys.readouterr()
    for trust, trusted in (((), False), (("--trust", certificates), True), (("--trust", others), False)):
        assert thespis("verify", made, "--json", *trust) == 0
        signed = json.loads(capsys.readouterr().out)["credentials"]
        assert (signed["valid"], signed["trusted"]) == (True, trusted)
    assert thespis("verify", made, "--trust", key) == 1
    assert "wanted certificates in PEM" in capsys.readouterr().err


def test_a_pipe_is_no_picture(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody ever writes into it: reading would wait for ever."""
    os.mkfifo(tmp_path / "x.png")
    assert thespis("verify", tmp_path / "x.png") == 1
    assert "x.png" in capsys.readouterr().err


def test_a_key_that_others_may_read_keeps_no_verdict_back(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from realtime.disclosure.signing_key import local_key

    local_key(tmp_path / "credentials")
    for file in (tmp_path / "credentials").iterdir():
        file.chmod(0o644)
    assert thespis("verify", picture(tmp_path / "made.png", 0x3FA2C110)) == 1
    told = capsys.readouterr()
    assert told.out.startswith("made by Thespis: watermark found")
    assert "credentials" in told.err


def test_a_folder_is_called_one(
    thespis: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("verify", tmp_path) == 1
    assert f"film {tmp_path}: got a folder" in " ".join(capsys.readouterr().err.split())
