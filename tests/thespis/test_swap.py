"""`thespis swap` as a user types it: what it says, what it leaves, and that a kill costs nothing but time."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "film"))

from drawn_films import FPS, content_of, look, performance, write_film

ROOT = Path(__file__).parents[2]
KILLS = 3
GONE_S = 20.0


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", performance(4 * FPS))


def test_a_film_is_made_and_told_about(
    thespis: Callable[..., int], film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert thespis("swap", film, out, "--piece", "2", "--workers", "1", "--json", "-") == 0
    told = capsys.readouterr()
    figures = json.loads(told.out)
    assert figures["frames"] == 4 * FPS
    assert figures["without_persona"] == figures["without_face"] == 0
    assert figures["pieces"] == 2
    assert figures["made_now"] == 4 * FPS
    assert figures["not_decoded"] == figures["pieces_broken_off"] == 0
    assert [len(one.times_s) for one in look(out)] == [len(one.times_s) for one in look(film)]
    assert "2 pieces, 1 worker here" in told.err
    assert f"{out} is signed as made with AI, showing Grace Hopper" in told.err
    assert ", sound as it was" in told.err  # it has no subtitles
    assert thespis("swap", film, out) == 1
    assert "--overwrite" in capsys.readouterr().err


def test_what_is_concealed_is_told_with_the_way_out(
    thespis: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = [picture // 4 + 90 for picture in performance(4)]
    for picture in nobody:
        picture[:] = 120
    film = write_film(tmp_path / "film.mkv", nobody, sound="")
    monkeypatch.chdir(tmp_path)
    assert thespis("swap", film, "tcp:out.mkv") == 0  # a file's name, and no protocol
    assert Path("tcp:out.mkv").stat().st_size
    told = capsys.readouterr().err
    assert "4 of 4 frames are without the persona, concealed; 4 show no face" in told
    assert "--when-lost show" in told
    assert ", sound" not in told  # it is mute
    assert "subtitles as" not in told
    assert "unsigned: .mkv has no place for credentials" in told


def test_several_personas_are_one_piece(
    thespis: Callable[..., int], film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--persona", "hopper", "--persona", "hopper", "--piece", "1")
    assert thespis("swap", film, tmp_path / "out.mp4", *words, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["pieces"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_at_any_moment_it_goes_on_to_the_same_film(tmp_path: Path, film: Path) -> None:
    peace, fire = tmp_path / "peace.mp4", tmp_path / "fire.mp4"
    began = time.monotonic()
    assert swap(tmp_path, film, peace).wait() == 0
    whole_s, dice = time.monotonic() - began, random.Random(5)
    for _ in range(KILLS):
        process = swap(tmp_path, film, fire)
        try:
            process.wait(dice.uniform(0.3, 0.9) * whole_s)
        except subprocess.TimeoutExpired:
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            _, left = psutil.wait_procs(children, timeout=GONE_S)
            assert not [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if fire.exists():
            break
    last = swap(tmp_path, film, fire)
    assert last.wait() == 0 or "free" in (tmp_path / "errors.txt").read_text()
    assert content_of(fire) == content_of(peace)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process")
def test_ctrl_c_ends_it_well_and_what_is_there_stays(tmp_path: Path, film: Path) -> None:
    process = swap(tmp_path, film, tmp_path / "out.mp4")
    folder = tmp_path / ".out.mp4.thespis"
    wait_until(lambda: any(folder.glob("piece-*.json")))
    process.send_signal(signal.SIGINT)
    assert process.wait(GONE_S) == 130
    assert "the same words again go on from here" in (tmp_path / "errors.txt").read_text()
    assert any(folder.glob("piece-*.json"))
    assert not (tmp_path / "out.mp4").exists()


def wait_until(there: Callable[[], bool], limit_s: float = 60.0) -> None:
    begun_s = time.monotonic()
    while not there():
        assert time.monotonic() - begun_s < limit_s
        time.sleep(0.02)


def swap(place: Path, film: Path, out: Path) -> subprocess.Popen[bytes]:
    homes = {name: str(place / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    words = [sys.executable, "-m", "thespis.main", "swap", str(film), str(out), "--piece", "1", "--workers", "1"]
    with (place / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            words, cwd=ROOT, env={**os.environ, **homes, "PYTHONPATH": str(ROOT)}, stdout=errors, stderr=errors
        )
