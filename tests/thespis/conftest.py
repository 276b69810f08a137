from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.disclosure import signing_key
from realtime.persona import saved_fit
from realtime.persona.package import write_persona
from thespis import quiet
from thespis.main import main

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
