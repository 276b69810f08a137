"""What commands write is signed, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.disclosure.credentials import Credentials, read_credentials
from realtime.disclosure.signing_key import local_anchors
from realtime.persona.identity import Identity
from thespis import demo, measure

Thespis = Callable[..., int]


@pytest.fixture
def anchors(tmp_path: Path) -> Callable[[], str]:
    """What the `thespis` of these tests trusts."""
    return lambda: local_anchors(tmp_path / "credentials")


def found(path: Path, anchors: str) -> Credentials:
    read = read_credentials(path, anchors=anchors)
    assert read is not None
    return read


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("words", [["--certificate", "a.pem"], ["--key", "a.pem"]])
def test_a_certificate_goes_with_its_key(thespis: Thespis, words: list[str]) -> None:
    assert thespis("run", "--source", "demo", "--output", "null", *words) == 2


def test_a_certificate_that_is_none_is_told_before_anything_is_recorded(
    thespis: Thespis,
    tiny_persona: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("THESPIS_CERTIFICATE", "THESPIS_KEY"):
        (tmp_path / name).write_text("hello")
        monkeypatch.setenv(name, str(tmp_path / name))
    out = tmp_path / "out.mp4"
    assert thespis("run", "--source", "demo", "--persona", tiny_persona, "--output", out) == 1
    assert "got no private key in PEM" in told(capsys)
    assert not out.exists()


def test_a_signing_that_fails_ends_1_and_leaves_the_film(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    (tmp_path / ".out.mp4.partial").mkdir()
    words = ("run", "--source", "demo", "--size", "320x240", "--seconds", "1", "--persona", tiny_persona)
    assert thespis(*words, "--output", out) == 1
    said = told(capsys)
    assert "thespis: signing" in said
    assert "the file itself is whole and plays, unsigned" in said
    assert cv2.VideoCapture(str(out)).read()[0]


def test_a_recording_and_a_snapshot_are_signed(
    thespis: Thespis,
    tiny_persona: Path,
    tmp_path: Path,
    anchors: Callable[[], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    film, snapshot = tmp_path / "out.mp4", tmp_path / "out.jpg"
    words = ("run", "--source", "demo", "--size", "320x240", "--seconds", "1", "--persona", tiny_persona)
    assert thespis(*words, "--output", film, "--output", snapshot) == 0
    for path in (film, snapshot):
        read = found(path, anchors())
        assert read.made_here
        assert [one.identity for one in read.personas] == [Identity("Nobody", "fictional")]
    picture = cv2.imread(str(snapshot))
    assert picture is not None
    assert picture.shape == (240, 320, 3)
    said = told(capsys)
    assert "a signing key was made" in said
    assert said.count("is signed as made with AI, showing Nobody") == 2


def test_a_picture_without_a_face_leaves_no_snapshot(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = tmp_path / "wall.png"
    cv2.imwrite(str(wall), np.full((120, 160, 3), 90, np.uint8))
    words = ("run", "--source", wall, "--seconds", "0.5", "--persona", tiny_persona, "--output", tmp_path / "out.png")
    assert thespis(*words) == 1
    assert "wanted a frame that shows a persona, got none in" in told(capsys)
    assert not (tmp_path / "out.png").exists()


def test_the_demo_signs_film_and_sheet(
    thespis: Thespis,
    tiny_persona: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    anchors: Callable[[], str],
) -> None:
    monkeypatch.setattr(demo, "LIVE_S", 0.5)
    monkeypatch.setattr(measure, "WARM_UP_S", 0.2)
    out = tmp_path / "out"
    words = ("demo", "--out", out, "--seconds", "1", "--persona", tiny_persona, "--size", "320x240")
    assert thespis(*words) == 0
    for name in ("demo.mp4", "demo.png"):
        assert found(out / name, anchors()).made_here
