"""Whether it is the first start, and who helps then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from realtime import first_start
from realtime.first_start import Helper, help_at_first, helper_at_hand, note_compiled
from thespis import main as command


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(first_start, "default_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(first_start, "_early", [])
    return tmp_path / "cache"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The modules of all helpers that are started; none is."""
    begun: list[Sequence[str]] = []
    monkeypatch.setattr(Helper, "__init__", lambda self, modules=(): begun.append(modules))
    return begun


def test_help_is_called_once_until_all_is_compiled(started: list[Sequence[str]]) -> None:
    help_at_first()
    help_at_first()
    assert started == [()]
    assert helper_at_hand() is not None
    assert helper_at_hand() is None
    note_compiled()
    help_at_first()
    assert started == [()]


@pytest.mark.parametrize("change", ["update", "another compiler", "other place"])
def test_after_an_update_or_for_another_place_it_is_the_first_start_again(
    started: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    note_compiled()
    if change == "update":
        monkeypatch.setattr(first_start, "sources_digest", lambda: "another")
    elif change == "another compiler":
        monkeypatch.setattr(first_start, "version", lambda package: "another")
    else:
        monkeypatch.setenv("NUMBA_CACHE_DIR", "/elsewhere")
    help_at_first()
    assert started == [()]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"another"])
def test_a_note_that_cannot_be_read_is_none(started: list[Sequence[str]], own_cache: Path, content: bytes) -> None:
    own_cache.mkdir()
    (own_cache / "compiled").write_bytes(content)
    help_at_first()
    assert started == [()]


def test_where_nothing_can_be_written_nothing_is_noted(started: list[Sequence[str]], own_cache: Path) -> None:
    own_cache.write_text("a file where the folder should be")
    note_compiled()
    help_at_first()
    assert started == [()]


@pytest.mark.parametrize(
    ("words", "calls"), [(["run", "--help"], 1), (["bench", "--help"], 1), (["doctor", "--help"], 0)]
)
def test_a_command_that_wears_calls_for_help(monkeypatch: pytest.MonkeyPatch, words: list[str], calls: int) -> None:
    called: list[None] = []
    monkeypatch.setattr(command, "help_at_first", lambda: called.append(None))
    monkeypatch.setattr(command.quiet, "hush", lambda: None)
    with pytest.raises(SystemExit):
        command.main(words)
    assert len(called) == calls


def test_nothing_large_is_loaded_before_the_helper_starts() -> None:
    program = "import sys, realtime.first_start; print(sorted({'numba', 'numpy', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def test_a_helper_that_ended_is_ended_again_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_start, "cores", lambda: 2)
    helper = Helper(["realtime.there_is_no_such_module"])
    helper.end()
    helper.end()


def test_only_what_is_compiled_counts_as_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_start, "PACKAGE", tmp_path)
    kernel, other = tmp_path / "blend.py", tmp_path / "words.py"
    kernel.write_text("from realtime.kernels import compiled\n")
    other.write_text("ONE = 1\n")
    before = first_start.sources_digest()
    other.write_text("TWO = 2\n")
    assert first_start.sources_digest() == before
    (tmp_path / ".#blend.py").symlink_to("somebody@somewhere")  # an editor's lock, which leads nowhere
    assert first_start.sources_digest() == before
    kernel.write_text("from realtime.kernels import compiled, first_call\n")
    assert first_start.sources_digest() != before


def test_what_is_compiled_lies_apart_for_each_state_of_the_sources() -> None:
    """Of a function that calls another from another file numba would not know that this one has changed."""
    program = "from numba import config; import realtime.kernels; print(config.CACHE_DIR)"
    elsewhere = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    place = subprocess.run(
        [sys.executable, "-c", program], env=elsewhere, capture_output=True, text=True
    ).stdout.strip()
    assert Path(place).name == f"kernels-{first_start.sources_digest()[:16]}"
    assert Path(place).is_dir()
    assert not [one for one in Path(place).parent.glob("kernels-*") if one != Path(place)]
    chosen = subprocess.run(
        [sys.executable, "-c", program], env=elsewhere | {"NUMBA_CACHE_DIR": "/mine"}, capture_output=True, text=True
    )
    assert Path(chosen.stdout.strip()) == Path("/mine") / Path(place).name
