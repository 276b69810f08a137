"""What the programs behind a camera in PipeWire are told and say; the real ones run in the system tests."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.sink import pipewire_programs
from realtime.sink.pipewire_node import NodeWatch
from realtime.sink.pipewire_programs import BEGIN, INSTALL, MARK, Child, Pictures, camera_words, lacking, socket_path

if sys.platform != "linux":
    pytest.skip("PipeWire is Linux's", allow_module_level=True)


@pytest.mark.parametrize(
    ("fps", "told"), [(30000 / 1001, "30000/1001"), (25.0, "25/1"), (30.0, "30/1"), (0.0, "1/1"), (12.5, "25/2")]
)
def test_the_rate_is_told_as_a_fraction(fps: float, told: str) -> None:
    words = camera_words(Pictures(640, 360, fps, "bgr", "sRGB", [1920], [0], 691200), "Thespis", "abc")
    assert {f"framerate={told}", "format=bgr", "colorimetry=sRGB", "blocksize=691200"} <= set(words)


def test_planes_are_told_without_a_gap_between_words() -> None:
    words = camera_words(Pictures(854, 480, 25, "i420", "bt601", [854, 427, 427], [0, 9, 99], 1), "Thespis", "abc")
    assert {"plane-strides=<854,427,427>", "plane-offsets=<0,9,99>"} <= set(words)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A machine on which everything is there."""
    for name in ("gst-launch-1.0", "gst-inspect-1.0", "pw-dump"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "pipewire-0").touch()
    yield {"PATH": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


def test_nothing_is_lacking_on_a_whole_machine(environment: dict[str, str]) -> None:
    assert lacking(environment) is None


@pytest.mark.parametrize(
    ("gone", "told", "mend"),
    [
        ("gst-launch-1.0", "no program gst-launch-1.0", INSTALL),
        ("pw-dump", "no program pw-dump", INSTALL),
        ("pipewire-0", "no PipeWire that answers", BEGIN),
    ],
)
def test_what_is_lacking_is_told(environment: dict[str, str], tmp_path: Path, gone: str, told: str, mend: str) -> None:
    (tmp_path / gone).unlink()
    lack = lacking(environment, look_inside=False)
    assert lack is not None
    assert lack.got.startswith(told) and lack.next_step == mend


def test_a_gstreamer_without_pipewire_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gst-inspect-1.0").write_text('#!/bin/sh\ntest "$1" != pipewiresink\n')
    assert lacking(environment) == ("a GStreamer without pipewiresink", INSTALL)
    assert lacking(environment, look_inside=False) is None


@pytest.mark.parametrize(
    "inspect", ["#!/bin/sh\nexec /bin/sleep 60\n", "#!/no/such/shell\n"], ids=["hangs", "no program"]
)
def test_a_gstreamer_that_does_not_answer_is_told(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inspect: str
) -> None:
    monkeypatch.setattr(pipewire_programs, "_INSPECT_S", 0.2)
    (tmp_path / "gst-inspect-1.0").write_text(inspect)
    lack = lacking(environment)
    assert lack is not None
    assert lack.got == "a GStreamer that does not answer"
    assert "gst-inspect-1.0 pipewiresink" in lack.next_step and INSTALL in lack.next_step


def test_the_packages_of_both_families_are_named() -> None:
    for name in ("gstreamer1.0-pipewire", "gstreamer1.0-tools", "pipewire-bin", "pipewire-gstreamer", "pipewire-utils"):
        assert name in INSTALL


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/pipewire-0"),
        ({"XDG_RUNTIME_DIR": "/run/user/7", "PIPEWIRE_RUNTIME_DIR": "/tmp/p"}, "/tmp/p/pipewire-0"),
        ({"XDG_RUNTIME_DIR": "/run/user/7", "PIPEWIRE_REMOTE": "other"}, "/run/user/7/other"),
        ({"XDG_RUNTIME_DIR": "/run/user/7", "PIPEWIRE_REMOTE": "/a/b"}, "/a/b"),
    ],
)
def test_pipewire_is_looked_for_where_its_clients_look(variables: dict[str, str], path: str) -> None:
    assert socket_path(variables) == Path(path)


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_the_graph_is_read_however_it_is_cut(at_once: int) -> None:
    ours = {"id": 37, "info": {"props": {MARK: "abc", "x": "a ] and a [ in it", "list": [1, [2]]}}}
    others = [{"id": 1, "info": {"props": {MARK: "other"}}}, {"id": 2, "info": {"props": None}}, {"id": 3}]
    steps = [(others, False), ([*others, ours], True), ([{"id": 1, "info": None}], True), ([], True)]
    steps += [([{"id": 37, "info": None}], False), ([ours], True)]
    watch = NodeWatch("abc")
    for changes, present in steps:
        text = json.dumps(changes, indent=2) + "\n"
        for start in range(0, len(text), at_once):
            watch.feed(text[start : start + at_once])
        assert watch.present is present


def test_a_program_is_let_come_to_its_end(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    child = Child(["sh", "-c", f"cat > {kept}; echo done"], takes_input=True)
    os.write(child.input, b"all of it")
    child.end(20.0)
    assert kept.read_bytes() == b"all of it"


def test_a_program_that_does_not_end_is_killed() -> None:
    child = Child(["sh", "-c", "echo $$; exec sleep 600"], takes_input=True)
    assert select.select([child.output], [], [], 20.0)[0]
    pid = int(os.read(child.output, 100))
    child.end(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_pipe_that_is_full_does_not_block_us() -> None:
    child = Child(["sleep", "600"], takes_input=True)
    with pytest.raises(BlockingIOError):
        for _ in range(1000):
            os.write(child.input, bytes(1 << 16))
    child.end()


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        Child(["no-such-program"], takes_input=False)
