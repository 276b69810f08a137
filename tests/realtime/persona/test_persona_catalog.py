"""Personas by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_personas import TODAY

from realtime.errors import PersonaError
from realtime.persona.catalog import list_personas, load_persona, user_folder

Write = Callable[..., Path]


@pytest.fixture
def folders(tmp_path: Path, persona_file: Write) -> dict[str, Path]:
    made = {"builtin": tmp_path / "builtin", "user": tmp_path / "user"}
    for folder in made.values():
        folder.mkdir()
    for folder, name in (("builtin", "hopper"), ("user", "mine"), ("user", "hopper")):
        path = persona_file(name=name, tool_version=folder)
        path.rename(made[folder] / path.name)
    return made


def test_unknown_name_says_which_there_are(folders: dict[str, Path]) -> None:
    with pytest.raises(PersonaError, match="'ghost': wanted one of hopper, mine"):
        load_persona("ghost", today=TODAY, **folders)


def test_nothing_installed(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="no persona is installed"):
        load_persona("ghost", today=TODAY, builtin=tmp_path / "a", user=tmp_path / "b")


def test_path_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="No such file"):
        load_persona(str(tmp_path / "ghost.persona"), today=TODAY)


def test_by_name(folders: dict[str, Path]) -> None:
    assert load_persona("mine", today=TODAY, **folders).name == "mine"


def test_a_users_file_cannot_take_a_builtin_name(folders: dict[str, Path]) -> None:
    assert load_persona("hopper", today=TODAY, **folders).manifest.tool_version == "builtin"
    assert [(entry.name, entry.builtin) for entry in list_personas(**folders)] == [
        ("hopper", True),
        ("mine", False),
    ]


def test_by_path(folders: dict[str, Path]) -> None:
    path = folders["user"] / "hopper.persona"
    for way in (path, str(path)):
        assert load_persona(way, today=TODAY, **folders).manifest.tool_version == "user"


def test_user_folder_is_absolute() -> None:
    assert user_folder().is_absolute()
