"""Commands played through, with a network that changes nothing: every other part is the real one."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from realtime.fit import Fit
from realtime.frame import BgrImage, Frame
from realtime.persona import saved_fit
from realtime.persona.catalog import load_persona
from realtime.persona.package import read_persona
from realtime.sink.recorder import RecorderSink
from realtime.source.portrait import PortraitPerformer
from thespis import demo, measure
from thespis.figures import STAGES
from thespis.loop import ending_well

Thespis = Callable[..., int]
KEYS = {
    *("frames", "fps", "duration_s", "age_ms", "jitter_ms", "freezes_over_150ms", "dropped", "leaks", "stages_ms"),
    *("cpu_percent", "rss_mb", "startup_s", "provider", "precision", "size", "source", "persona"),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the built-in performer."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    performer = PortraitPerformer(size_wh=(320, 240), fps=30, paced=False, seconds=0.5)
    with performer, RecorderSink(path) as sink:
        sink.open(performer.size_wh, performer.fps)
        while (frame := performer.read()) is not None:
            sink.write(frame)
    return path


def pictures(path: Path) -> list[BgrImage]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def test_run_takes_a_film_and_loses_nothing(
    thespis: Thespis, film: Path, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "out.mp4", tmp_path / "run.json"
    words = ("run", "--source", film, "--persona", tiny_persona, "--output", out, "--output", "null")
    assert thespis(*words, "--json", figures) == 0
    assert len(pictures(out)) == len(pictures(film)) == 15
    report = json.loads(figures.read_text())
    assert report["frames"] == 15
    assert sum(report["dropped"].values()) == 0
    assert set(report["stages_ms"]) == set(STAGES)
    said = capsys.readouterr().err
    assert "Nobody (fictional)" in said  # who is worn, on what, from where, to where
    assert "network: " in said
    assert "320x240" in said
    assert str(out) in said.replace("\n", "")


def test_a_film_is_played_to_a_stream_at_its_own_rate(
    thespis: Thespis, film: Path, tiny_persona: Path, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as player:
        player.bind(("127.0.0.1", 0))
        figures = tmp_path / "run.json"
        words = ("run", "--source", film, "--persona", tiny_persona, "--json", figures)
        assert thespis(*words, "--output", f"udp://127.0.0.1:{player.getsockname()[1]}") == 0
        player.settimeout(5)
        assert player.recv(65536)[:1] == b"G"  # a transport stream's sync byte
    assert "before detect" in json.loads(figures.read_text())["dropped"]  # only what is live may drop


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("udp://127.0.0.1", "no port"),
        ("srt://:9000", "no ffmpeg"),
        ("mjpeg://203.0.113.1:8090", "address of this computer"),
    ],
)
def test_an_output_that_cannot_be_had_is_one_line(
    thespis: Thespis,
    film: Path,
    tiny_persona: Path,
    output: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert thespis("run", "--source", film, "--persona", tiny_persona, "--output", output) == 1
    assert told in capsys.readouterr().err.strip().splitlines()[-1]


def test_mirror_flips_the_picture(thespis: Thespis, film: Path, tiny_persona: Path, tmp_path: Path) -> None:
    plain, flipped = tmp_path / "plain.mp4", tmp_path / "flipped.mp4"
    words = ("run", "--source", film, "--persona", tiny_persona, "--no-badge", "--when-lost", "show")
    assert thespis(*words, "--output", plain) == 0
    assert thespis(*words, "--output", flipped, "--set", "mirror=on") == 0
    there, back = pictures(plain)[0].astype(int), pictures(flipped)[0][:, ::-1].astype(int)
    assert np.abs(there - back).mean() < 8 < np.abs(there - there[:, ::-1]).mean()


def test_a_persona_is_worn_as_it_was_worn_last(
    thespis: Thespis, film: Path, tiny_persona: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "--source", film, "--persona", tiny_persona, "--output", "null")
    assert thespis(*words, "--set", "feather=0.1", "--set", "tiny.colour=linear") == 0
    assert "as last time" not in capsys.readouterr().err
    assert thespis(*words, "--set", "feather=default") == 0
    said = capsys.readouterr().err
    assert "tiny is worn as last time: colour linear; tiny has the default again: feather 0.05 (was 0.1)" in said
    assert thespis(*words) == 0
    assert "tiny is worn as last time: colour linear" in capsys.readouterr().err


def test_settings_are_listed(thespis: Thespis, capsys: pytest.CaptureFixture[str]) -> None:
    assert thespis("settings", "--json") == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["feather"]["wanted"] == "0 to 0.15 of the crop's side"
    assert listed["feather"]["remembered"] == {}
    assert thespis("settings") == 0
    said = capsys.readouterr().out
    assert "keep_mouth" in said
    assert "default" in said
    assert "nothing is remembered" in said


def test_what_is_remembered_is_listed_with_the_settings(
    thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert saved_fit.save_fit(load_persona(tiny_persona), Fit(feather=0.1, mirror=True)) == ""
    assert thespis("settings", "--json") == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["feather"]["remembered"] == {"tiny": 0.1}
    assert listed["mirror"]["remembered"] == {"tiny": True}
    assert listed["scale"]["remembered"] == {}
    assert thespis("settings") == 0
    said = capsys.readouterr().out
    assert "tiny" in said
    assert "feather 0.1" in said
    assert "mirror on" in said
    assert "--set NAME=default" in said


def test_a_recording_that_cannot_be_made_is_one_line(
    thespis: Thespis, film: Path, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "out.mp4"
    assert thespis("run", "--source", film, "--persona", tiny_persona, "--output", out) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("thespis: ")]
    assert len(told) == 1
    assert "out.mp4" in told[0]


def test_bench_writes_what_was_agreed(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "WARM_UP_S", 0.2)
    figures, page = tmp_path / "bench.json", tmp_path / "bench.html"
    words = ("bench", "--persona", tiny_persona, "--size", "320x240", "--seconds", "0.5")
    assert thespis(*words, "--json", figures, "--html", page) == 0
    report = json.loads(figures.read_text())
    assert set(report) >= KEYS
    assert set(report["stages_ms"]) == set(STAGES)
    assert set(report["age_ms"]) == {"p50", "p95", "p99", "max"}
    assert report["size"] == [320, 240]
    assert report["frames"] > 1
    assert report["pixels"]["out_of_order"] == 0
    assert report["leaks"] <= report["leaks_judged_frames"]
    html = page.read_text()
    assert "<svg" in html
    assert "http://" not in html
    assert "https://" not in html


def test_bench_says_when_there_was_too_little_to_measure(
    thespis: Thespis,
    film: Path,
    tiny_persona: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(measure, "play", lambda *args, **kwargs: None)
    assert thespis("bench", "--source", film, "--persona", tiny_persona) == 1
    assert "wanted frames for more than" in capsys.readouterr().err


def test_demo_leaves_film_sheet_and_figures(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "LIVE_S", 0.5)
    monkeypatch.setattr(measure, "WARM_UP_S", 0.2)
    out = tmp_path / "out"
    words = ("demo", "--out", out, "--seconds", "1", "--persona", tiny_persona, "--size", "320x240")
    assert thespis(*words) == 0
    assert len(pictures(out / "demo.mp4")) == 30
    sheet = cv2.imread(str(out / "demo.png"))
    assert sheet is not None
    assert sheet.shape[1] > 3 * sheet.shape[0]  # six columns, two rows
    assert set(json.loads((out / "demo.json").read_text())) >= KEYS - {"startup_s"}


def test_the_first_ctrl_c_ends_well_and_the_second_breaks_off() -> None:
    before = signal.getsignal(signal.SIGINT)
    stopped = threading.Event()

    def twice() -> None:
        with ending_well(stopped.set):
            signal.raise_signal(signal.SIGINT)
            assert stopped.is_set()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_termination_ends_well() -> None:
    stopped = threading.Event()
    with ending_well(stopped.set):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopped.wait(10)


def test_frames_of_a_sheet_stand_in_the_order_of_the_film() -> None:
    from thespis.sheet import Sheet

    sheet = Sheet(columns=3, frames=30)
    for index in range(30):
        frame = Frame(index, 0.0, 0.0, np.full((27, 48, 3), index * 8, np.uint8))
        sheet.after(sheet.before(frame))
    drawn = sheet.draw()
    above = [int(drawn[100, 100 + column * 486, 0]) for column in range(3)]
    assert above == [5 * 8, 15 * 8, 25 * 8]


def test_a_photo_becomes_a_persona_file_without_what_training_needs(
    thespis: Thespis, hopper_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("onnx", "export.foreign"):
        monkeypatch.setitem(sys.modules, module, None)
    card = tmp_path / "card.toml"
    card.write_text('name = "Grace Hopper"\nground = "public-domain"\ndied = 1992\nsource = "US Navy"\n')
    assert thespis("import", hopper_photo, "--identity", card, "--out", tmp_path / "h.persona") == 0
    persona = read_persona(tmp_path / "h.persona", today=date.today())
    assert persona.manifest.kind == "photo"
