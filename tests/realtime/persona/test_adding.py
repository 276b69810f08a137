"""A file is checked before it stands among the user's personas, and replaces none that nobody said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tiny_personas import PORTRAIT, TODAY, make_graph, make_manifest

from realtime.errors import PersonaError
from realtime.persona.adding import add_persona
from realtime.persona.catalog import list_personas, load_persona
from realtime.persona.gallery import Gallery
from realtime.persona.identity import Identity
from realtime.persona.package import read_mark, write_persona


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {"builtin": tmp_path / "builtin", "user": tmp_path / "own" / "personas"}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Of the same name, with another crop."""
    manifest = replace(make_manifest(), identity=Identity("Bob Example", "self"))
    path = tmp_path / "elsewhere" / "tiny.persona"
    graph = make_graph(manifest.crop_size, len(manifest.ends.channels) if manifest.ends else 0)
    write_persona(path, manifest, {"fp32": graph}, PORTRAIT)
    return path


def test_it_is_found_by_its_name_and_in_the_gallery(
    persona_file: Callable[..., Path], folders: dict[str, Path]
) -> None:
    path, gallery = persona_file(), Gallery(**folders)
    assert gallery.cards() == ()
    entry = add_persona(path, today=TODAY, **folders)
    assert list_personas(**folders) == (entry,)
    assert entry.path.read_bytes() == path.read_bytes()
    assert load_persona("tiny", today=TODAY, **folders).mark == read_mark(path)
    assert [card.name for card in gallery.cards()] == ["tiny"]
    assert add_persona(entry.path, today=TODAY, **folders) == entry, "it is there already"
    assert add_persona(path, name="my own", today=TODAY, **folders).name == "my own"
    assert sorted(one.name for one in folders["user"].iterdir()) == ["my own.persona", "tiny.persona"]


def test_another_one_is_replaced_only_where_that_is_said(
    persona_file: Callable[..., Path], other: Path, folders: dict[str, Path]
) -> None:
    first = add_persona(persona_file(), today=TODAY, **folders).path
    before = first.read_bytes()
    with pytest.raises(PersonaError, match=r"--name, or replaces that one by --overwrite"):
        add_persona(other, today=TODAY, **folders)
    assert first.read_bytes() == before
    add_persona(other, overwrite=True, today=TODAY, **folders)
    assert first.read_bytes() == other.read_bytes()


def test_a_built_in_name_is_taken(persona_file: Callable[..., Path], folders: dict[str, Path]) -> None:
    folders["builtin"].mkdir()
    (folders["builtin"] / "tiny.persona").touch()
    with pytest.raises(PersonaError, match="no built-in persona has"):
        add_persona(persona_file(), overwrite=True, today=TODAY, **folders)
    assert not folders["user"].exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", "c:d", ".hidden", "new\nline"])
def test_a_name_that_no_file_should_have(
    persona_file: Callable[..., Path], folders: dict[str, Path], name: str
) -> None:
    with pytest.raises(PersonaError, match="without slash or colon"):
        add_persona(persona_file(), name=name, today=TODAY, **folders)


def test_what_is_broken_or_may_not_be_worn_does_not_get_in(
    persona_file: Callable[..., Path], folders: dict[str, Path], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.persona"
    torn.write_bytes(persona_file().read_bytes()[:-100])
    over = persona_file(name="over", identity=Identity("Ann Example", "self", until=date(2020, 1, 1)))
    for path, said in (
        (torn, "a persona file"),
        (over, "may no longer be worn"),
        (tmp_path / "none", "check the path"),
    ):
        with pytest.raises(PersonaError, match=said):
            add_persona(path, today=TODAY, **folders)
    assert not folders["user"].exists()


def test_no_place_for_it_is_told(persona_file: Callable[..., Path], folders: dict[str, Path]) -> None:
    folders["user"].parent.mkdir()
    folders["user"].write_text("a file where the folder should be")
    with pytest.raises(PersonaError, match="wear it by its path"):
        add_persona(persona_file(), today=TODAY, **folders)
