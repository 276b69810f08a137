"""Guides are named by a path that leads there from any folder, in a checkout and where the package is installed."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from thespis import guides
from thespis.doctor import GUIDES, TROUBLESHOOTING, Finding
from thespis.guides import guide


class Installed:
    """A file of an installed package, as `importlib.metadata` tells of it."""

    def __init__(self, place: Path) -> None:
        self.parts = ("..", "..", "..", *place.parts[-4:])
        self._place = place

    def locate(self) -> Path:
        return self._place


def test_a_guide_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in GUIDES:
        assert Path(guide(name)).is_absolute()
        assert Path(guide(name)).is_file()
    path = Finding("camera", good=False, essential=False, found="none").guide.partition("#")[0]
    assert path == guide(TROUBLESHOOTING)


def test_an_installed_guide_is_found_where_the_installation_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "share" / "doc" / "thespis"
    folder.mkdir(parents=True)
    (folder / "obs.md").write_text("# OBS")
    monkeypatch.setattr(guides, "FOLDER", "no such folder")
    monkeypatch.setattr(metadata, "files", lambda name: [Installed(folder / "obs.md"), Installed(folder / "calls.md")])
    assert guide("obs.md") == str(folder / "obs.md")
    for absent in ("calls.md", "other.md"):  # removed, or never there
        assert guide(absent) == f"{absent} among the project's guides"


def test_a_wheel_brings_the_guides() -> None:
    """What pyproject.toml says of them is the place in which they are looked for."""
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    placed = project["tool"]["setuptools"]["data-files"]
    assert placed["/".join(guides._INSTALLED)] == [f"{guides.FOLDER}/*.md"]
