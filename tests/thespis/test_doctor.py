from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from realtime.persona.provider_lacks import NOT_BUILT
from realtime.sink.pipewire_programs import Lack
from thespis import machine as machine_module
from thespis.doctor import LOAD_LOOPBACK, Finding, judge
from thespis.machine import Machine, virtual_cameras

WHOLE = Machine(
    system="linux",
    cameras=((0, "Cam"),),
    virtual_cameras=("Thespis",),
    driver_installed=True,
    providers={"cuda": "", "cpu": ""},
    network="CUDA, fp16",
    personas=("hopper",),
    microphones=((1, "Desk"),),
    log=Path("thespis.log"),
)


def finding(machine: Machine, what: str) -> Finding:
    return next(found for found in judge(machine) if found.what == what)


def test_nothing_is_wrong_with_a_whole_machine() -> None:
    assert all(found.good and not found.mend for found in judge(WHOLE))


def test_pipewire_is_a_matter_of_linux() -> None:
    assert "--output pipewire" in finding(WHOLE, "PipeWire camera").found
    assert all(found.what != "PipeWire camera" for found in judge(replace(WHOLE, system="darwin")))


def test_the_log_can_be_found() -> None:
    assert any("thespis.log" in found.found for found in judge(WHOLE))


@pytest.mark.parametrize(
    ("changes", "what", "essential", "mend"),
    [
        ({"face_fault": "no model"}, "face", True, "pip install"),
        ({"network": "", "network_fault": "no persona"}, "persona", True, "pip install"),
        ({"refused": ("/dev/video0",)}, "camera", False, "usermod -aG video"),
        ({"cameras": ()}, "camera", False, "--source demo"),
        ({"virtual_cameras": ()}, "virtual camera", False, LOAD_LOOPBACK),
        (
            {"virtual_cameras": (), "driver_installed": False},
            "virtual camera",
            False,
            "apt install v4l2loopback-dkms",
        ),
        (
            {"system": "win32", "virtual_cameras": (), "driver_installed": False},
            "virtual camera",
            False,
            "OBS Studio",
        ),
        (
            {"system": "darwin", "virtual_cameras": (), "driver_installed": False},
            "virtual camera",
            False,
            "OBS Studio",
        ),
        ({"pipewire": Lack("no program pw-dump", "apt install it")}, "PipeWire camera", False, "apt install it"),
        ({"no_srt": Lack("no ffmpeg on the PATH", "run apt")}, "srt:// output", False, "run apt"),
        ({"screen_fault": "no screen"}, "screen", False, "--output"),
        ({"microphone_fault": "microphone: no PortAudio; get it"}, "microphone", False, "libportaudio2"),
        ({"microphones": ()}, "microphone", False, "libportaudio2"),
        ({"microphones": ()}, "microphone", False, "usermod -aG audio"),
        ({"system": "darwin", "microphones": ()}, "microphone", False, "Privacy & Security"),
        ({"system": "freebsd14", "microphones": ()}, "microphone", False, "plug one in"),
        (
            {"network": "CPU, int8 (CUDA: its libraries do not load, pip install '.[cuda]')"},
            "graphics card",
            False,
            "pip install '.[cuda]'",
        ),
    ],
)
def test_what_is_missing_and_how_it_is_mended(
    changes: dict[str, object], what: str, essential: bool, mend: str
) -> None:
    found = finding(replace(WHOLE, **changes), what)  # type: ignore[arg-type]
    assert not found.good
    assert found.essential == essential
    assert mend in found.mend


def test_a_computer_without_a_graphics_card_is_whole() -> None:
    found = finding(replace(WHOLE, network="CPU, int8", providers={"cuda": "no NVIDIA driver found"}), "graphics card")
    assert found.good
    assert "no NVIDIA driver" in found.found


def test_of_a_graphics_card_only_what_may_be_mended_is_told() -> None:
    lacks = {"tensorrt": "no driver", "cuda": "no driver", "openvino": f"{NOT_BUILT}, install it", "cpu": ""}
    found = finding(replace(WHOLE, network="CPU, int8", providers=lacks), "graphics card")
    assert found.found == "in use: CPU (tensorrt, cuda: no driver)"


@pytest.mark.parametrize(("fault", "status"), [("", 0), ("no persona", 1)])
def test_it_ends_1_only_where_the_demo_cannot_run(
    thespis: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
    status: int,
) -> None:
    bare = replace(WHOLE, cameras=(), virtual_cameras=(), screen_fault="no screen", network_fault=fault)
    monkeypatch.setattr(machine_module, "look", lambda *, try_parts: bare)
    assert thespis("doctor", "--json") == status
    report = json.loads(capsys.readouterr().out)
    assert report["demo_can_run"] == (status == 0)
    assert {"what", "good", "essential", "found", "mend", "guide"} == set(report["findings"][0])
    assert thespis("doctor") == status
    assert f"mend it: {LOAD_LOOPBACK}\n" in capsys.readouterr().out


def test_devices(
    thespis: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine_module, "look", lambda *, try_parts: WHOLE)
    assert thespis("devices", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["cameras"] == [{"number": 0, "name": "Cam"}]
    assert listed["personas"] == ["hopper"]
    assert listed["pipewire_camera"] == {"usable": True, "why_not": ""}
    assert thespis("devices") == 0
    assert "Thespis" in capsys.readouterr().out


def test_an_ffmpeg_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lack = machine_module._no_srt()
    assert lack is not None
    assert lack.got == "no ffmpeg on the PATH"
    assert "ffmpeg" in lack.next_step


@pytest.mark.skipif(sys.platform != "linux", reason="sysfs")
def test_virtual_cameras_of_linux(tmp_path: Path) -> None:
    assert virtual_cameras(tmp_path) == ()
    name = tmp_path / "devices/virtual/video4linux/video9/name"
    name.parent.mkdir(parents=True)
    name.write_text("Thespis\n")
    assert virtual_cameras(tmp_path) == ("Thespis",)
