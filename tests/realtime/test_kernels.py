import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

from realtime import kernels
from realtime.frame import Frame
from realtime.kernels import compile_beside
from realtime.persona.catalog import load_persona
from realtime.settings import Live, Settings
from realtime.source.portrait import PortraitPerformer
from realtime.wear import wearing


def dispatchers() -> Iterator[tuple[str, Dispatcher]]:
    for module_name, module in sorted(sys.modules.items()):
        if module_name.startswith("realtime."):
            for name, one in vars(module).items():
                if isinstance(one, Dispatcher):
                    yield f"{module_name}.{name}", one


def kinds() -> dict[str, int]:
    return {name: len(one.signatures) for name, one in dispatchers()}


def frames(count: int) -> list[Frame]:
    with PortraitPerformer(size_wh=(640, 360), fps=30.0, paced=False, seconds=1) as performer:
        return [
            replace(frame, image=frame.image.copy()) for frame in islice(iter(performer.read, None), count) if frame
        ]


@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_compiled_while_a_frame_waits(known: bool) -> None:
    played = frames(6)
    with wearing([load_persona("hopper")], Live(Settings()), max_faces=2, provider="cpu") as worn:
        before = kinds()
        for given in played:
            frame = given if known else replace(given, truth=None)
            for group in worn.threads:
                for stage in group:
                    frame = stage.call(frame)
            assert frame.worn
        after = kinds()
    assert len(before) > 15
    # What draws the performer ran before.
    assert {name: count for name, count in after.items() if count != before.get(name, 0)} == {}


def test_waiting_waits_until_all_first_calls_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    calls = {name: (lambda name=name: called.append(name)) for name in ("one", "two", "three")}
    monkeypatch.setattr(kernels, "_first_calls", calls)
    monkeypatch.setattr(kernels, "_called", {"two"})
    compile_beside()()
    assert called == ["one", "three"]
    compile_beside()()
    assert called == ["one", "three"]


def test_a_slow_first_call_gets_help_and_what_is_left_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    started: list[list[str]] = []

    class Helper:
        def __init__(self, words: list[str], **_: object) -> None:
            started.append(words)

        def terminate(self) -> None:
            called.append("terminated")

        def wait(self) -> None:
            called.append("waited")

    calls = {name: (lambda name=name: called.append(name)) for name in ("one", "two", "three")}
    monkeypatch.setattr(kernels, "_first_calls", calls)
    monkeypatch.setattr(kernels, "_called", set())
    monkeypatch.setattr(kernels, "_COMPILED_S", -1.0)
    monkeypatch.setattr(kernels, "cores", lambda: 2)
    monkeypatch.setattr(kernels.subprocess, "Popen", Helper)
    compile_beside()()
    assert called == ["one", "two", "three", "terminated", "waited"]
    assert [words[-2:] for words in started] == [["three", "two"]]


def test_a_helper_that_cannot_be_started_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    calls = {name: (lambda name=name: called.append(name)) for name in ("one", "two")}
    monkeypatch.setattr(kernels, "_first_calls", calls)
    monkeypatch.setattr(kernels, "_called", set())
    monkeypatch.setattr(kernels, "_COMPILED_S", -1.0)
    monkeypatch.setattr(kernels, "cores", lambda: 2)
    monkeypatch.setattr(sys, "executable", "/there/is/no/such/program")
    compile_beside()()
    assert called == ["one", "two"]


def test_a_helper_keeps_what_it_compiled_on_disk(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "realtime.kernels", "realtime.face.rigid"]
    subprocess.run(words, check=True, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}, timeout=120)
    assert [path.suffix for path in sorted(tmp_path.rglob("rigid._dominant*"))] == [".nbc", ".nbi"]
