import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from realtime import first_start, kernels
from realtime.cores import cores
from realtime.kernels import compile_beside

NOTHING_COMPILED = """
import sys
from dataclasses import replace
from itertools import islice

import numpy as np
from numba.core.dispatcher import Dispatcher

from realtime.persona.catalog import load_persona
from realtime.settings import Live, Settings
from realtime.source.portrait import PortraitPerformer
from realtime.wear import wearing


def kinds():
    modules = [one for name, one in sorted(sys.modules.items()) if name.startswith("realtime.")]
    made = {id(one): one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}
    return {one.py_func.__module__ + "." + one.py_func.__name__: len(one.signatures) for one in made.values()}


def frames(size_wh, fps):
    with PortraitPerformer(size_wh=size_wh, fps=fps, paced=False, seconds=1) as performer:
        read = islice(iter(performer.read, None), 6)
        return [replace(frame, image=frame.image.copy()) for frame in read]


scenes = {
    "known": (frames((640, 360), 30.0), {}, {}),
    "stranger": (frames((640, 360), 30.0), {}, {"truth": None}),
    "followed": (frames((640, 360), 60.0), {"detect_hz": 20.0}, {}),
    "told apart": (frames((640, 360), 30.0), {"tell_apart": True}, {}),
    "large": (frames((2880, 1620), 30.0), {}, {}),
}
first = True
for name, (played, words, change) in scenes.items():
    with wearing([load_persona("hopper")], Live(Settings()), max_faces=2, provider="cpu", **words) as worn:
        if first:  # what the first loop has when it begins is to be enough for all
            before, first = kinds(), False
            assert sum(before.values()) > 20, before
        for number, given in enumerate(played):
            frame = replace(given, image=given.image.copy(), captured_s=given.media_s, **change)
            for group in worn.threads:
                for stage in group:
                    frame = stage.call(frame)
            assert frame.worn, name
    after = kinds()
    assert after == before, (name, {one: (before.get(one), count) for one, count in after.items()})
"""


def test_nothing_is_compiled_while_a_frame_waits() -> None:
    """In a process of its own: what another test had compiled would hide it."""
    subprocess.run([sys.executable, "-c", NOTHING_COMPILED], check=True, timeout=300)


def test_channels_in_another_order_are_compiled_for_before_they_are_read() -> None:
    program = """
import numpy as np
from realtime.persona import levels
into, out, mask = (np.zeros((8, 8, depth), np.float32).transpose(2, 0, 1) for depth in (3, 3, 1))
levels.warm_up(into, out, [mask[0]])
before = [len(one.signatures) for one in (levels._fill, levels._fill_third, levels._read, levels._read_three)]
picture = np.zeros((8, 8, 3), np.uint8)
levels.fill_plane(into[1], picture, 2), levels.fill_plane(into[2], picture[..., 0].copy())
levels.read_picture(out[::-1], picture), levels.read_mask(mask[0], picture[..., 0].copy())
assert before == [len(one.signatures) for one in (levels._fill, levels._fill_third, levels._read, levels._read_three)]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


class Calls:
    """First calls that write down that they were called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str, compiles: bool = False) -> None:
        self.called: list[str] = []
        monkeypatch.setattr(kernels, "_first_calls", {name: partial(self.called.append, name) for name in names})
        monkeypatch.setattr(kernels, "_called", set())
        monkeypatch.setattr(kernels, "_compiles", lambda: compiles)
        monkeypatch.setattr(kernels, "helper_at_hand", lambda: None)
        monkeypatch.setattr(kernels, "note_compiled", partial(self.called.append, "noted"))
        monkeypatch.setattr(first_start, "cores", lambda: 2)


class FakeHelper:
    def __init__(self, modules: Sequence[str] = ()) -> None:
        self.modules, self.ended = tuple(modules), False

    def end(self) -> None:
        self.ended = True


def test_waiting_waits_until_all_first_calls_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, "one", "two", "three")
    kernels._called.add("two")
    compile_beside()()
    assert calls.called == ["one", "three"]
    compile_beside()()
    assert calls.called == ["one", "three"]


def test_one_that_fails_is_told_and_the_others_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, "one", "two", "three")

    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(kernels._first_calls, "two", fail)
    with pytest.raises(OSError, match="No space left"):
        compile_beside()()
    assert calls.called == ["one", "three"]


def test_help_is_called_once_and_only_where_something_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers: list[FakeHelper] = []
    monkeypatch.setattr(kernels, "Helper", lambda modules: helpers.append(FakeHelper(modules)) or helpers[-1])
    calls = Calls(monkeypatch, "one", "two", "three")
    compile_beside()()
    assert not helpers
    assert calls.called == ["one", "two", "three"]
    calls = Calls(monkeypatch, "one", "two", "three", compiles=True)
    compile_beside()()
    assert [(one.modules, one.ended) for one in helpers] == [(("one", "two", "three"), True)]
    assert calls.called == ["one", "two", "three", "noted"]


def test_who_has_called_for_help_early_is_helped_by_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, early = Calls(monkeypatch, "one", "two", compiles=True), FakeHelper()
    monkeypatch.setattr(kernels, "helper_at_hand", lambda: early)
    monkeypatch.setattr(kernels, "Helper", lambda modules: pytest.fail("a second one"))
    compile_beside()()
    assert early.ended
    assert calls.called == ["one", "two", "noted"]


def test_what_failed_is_not_noted_as_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, early = Calls(monkeypatch, "one", "two"), FakeHelper()
    monkeypatch.setattr(kernels, "helper_at_hand", lambda: early)

    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(kernels._first_calls, "two", fail)
    with pytest.raises(OSError, match="No space left"):
        compile_beside()()
    assert early.ended
    assert calls.called == ["one"]


def test_a_helper_that_cannot_be_started_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, "one", "two", compiles=True)
    monkeypatch.setattr(sys, "executable", "/there/is/no/such/program")
    compile_beside()()
    assert calls.called == ["one", "two", "noted"]


COUNTS_HELPERS = """
import subprocess
started = []
real = subprocess.Popen
subprocess.Popen = lambda words, **rest: started.append(words) or real(words, **rest)
from realtime.face import extent, landmarks, rigid, smooth
from realtime.kernels import compile_beside
compile_beside()()
print(sum("realtime.kernels" in words for words in started))
"""


def test_who_finds_all_of_it_on_disk_starts_nobody(tmp_path: Path) -> None:
    words, cached = (
        [sys.executable, "-c", COUNTS_HELPERS],
        os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    runs = [subprocess.run(words, check=True, env=cached, timeout=120, capture_output=True) for _ in range(2)]
    assert [int(run.stdout) for run in runs] == [int(cores() > 1), 0]


def test_a_helper_ends_with_who_started_it(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "realtime.kernels", "realtime.face.rigid", "realtime.composite.cielab"]
    cached = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=cached) as helper:
        assert helper.stdin is not None
        helper.stdin.close()
        assert helper.wait(60) == 0
    assert not list(tmp_path.rglob("cielab.shift*"))


def test_a_helper_keeps_what_it_compiled_on_disk(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "realtime.kernels", "realtime.face.rigid"]
    cached = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=cached) as helper:
        assert helper.wait(120) == 0
    kept = sorted(tmp_path.rglob("rigid._dominant*"))
    assert [path.suffix for path in kept] == [".nbc", ".nbi"]
    # Where whoever started it looks for it.
    assert {path.parents[1] for path in kept} == {tmp_path / f"kernels-{first_start.sources_digest()[:16]}"}
