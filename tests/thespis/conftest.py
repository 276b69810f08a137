from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from shows import LIMIT_S, SIZE_WH, SlateWatch

from realtime.control import Controls
from realtime.disclosure import signing_key
from realtime.panel import address
from realtime.panel.preview import Onlooker
from realtime.persona import saved_fit
from realtime.persona.catalog import load_persona
from realtime.persona.gallery import Gallery
from realtime.persona.package import write_persona
from realtime.settings import Live, Settings
from realtime.sink.keeper import KeeperSink
from thespis import performance, quiet
from thespis.director import Director
from thespis.main import main
from thespis.performance import Programme
from thespis.spoken import SpokenScreen

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "persona"))


@pytest.fixture
def tiny_persona(tmp_path: Path) -> Path:
    """A persona whose network gives back the crop it was given."""
    from tiny_personas import PORTRAIT, make_graph, make_manifest

    manifest = make_manifest()
    path = tmp_path / "tiny.persona"
    write_persona(path, manifest, {"fp32": make_graph(manifest.crop_size, len(manifest.ends.channels))}, PORTRAIT)
    return path


@pytest.fixture
def thespis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """Runs the command line in this process and gives its exit status; descriptor 2 is left to pytest."""
    monkeypatch.setattr(quiet, "hush", lambda: tmp_path / "thespis.log")
    monkeypatch.setattr("thespis.main.help_at_first", lambda: None)
    monkeypatch.setattr(saved_fit, "fits_folder", lambda: tmp_path / "fits")
    monkeypatch.setattr(signing_key, "credentials_folder", lambda: tmp_path / "credentials")

    def call(*words: str | Path) -> int:
        with pytest.raises(SystemExit) as caught:
            main([str(word) for word in words])
        code = caught.value.code
        if isinstance(code, str):  # what `sys.exit` would print
            sys.stderr.write(code + "\n")
            return 1
        return int(code or 0)

    return call


@pytest.fixture
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The user's fits, credentials and token are left alone."""
    monkeypatch.setattr(saved_fit, "fits_folder", lambda: tmp_path / "fits")
    monkeypatch.setattr(signing_key, "credentials_folder", lambda: tmp_path / "credentials")
    monkeypatch.setattr(address, "token_file", lambda: tmp_path / "token")


@pytest.fixture
def sinks(monkeypatch: pytest.MonkeyPatch) -> list[SlateWatch]:
    """Every `null` that is opened, watched."""
    made: list[SlateWatch] = []
    real = performance.open_sink

    def open_watched(spec: str, **words: object):
        if spec != "null":
            return real(spec, **words)  # type: ignore[arg-type]
        made.append(SlateWatch())
        return made[-1]

    monkeypatch.setattr(performance, "open_sink", open_watched)
    return made


@pytest.fixture
def directed(own_folders: None, tiny_persona: Path, tmp_path: Path) -> Callable[..., object]:
    """Runs a director of a small show, from `with` until its end."""

    @contextmanager
    def start(*, ends_with_show: bool = False, **words: object) -> Iterator[Director]:
        persona = load_persona(str(tiny_persona))
        other = replace(persona, name="other")
        programme = Programme("demo", ("null",), [persona], 1, size_wh=SIZE_WH)
        programme = replace(programme, **words)  # type: ignore[arg-type]
        screen = SpokenScreen(Console(file=StringIO()))
        gallery = Gallery([persona, other], builtin=tmp_path / "none", user=tmp_path / "none")
        keeper = KeeperSink(say=screen.say, folder=tmp_path / "kept")
        with Controls(Live(Settings()), gallery, keeper, screen.messages) as controls:
            director = Director(programme, controls, Onlooker(), screen, ends_with_show=ends_with_show)
            thread = threading.Thread(target=director.run)
            thread.start()
            try:
                yield director
            finally:
                director.quit()
                thread.join(LIMIT_S)
                assert not thread.is_alive()

    return start
