from pathlib import Path

import pytest

from models.assembly import name_personas, resolved
from realtime.errors import TrainingError


def test_one_persona_has_the_plain_name_and_several_have_their_own() -> None:
    assert name_personas(["photos/ada.jpg"]) == {"persona": "photos/ada.jpg"}
    assert name_personas(["ada=photos/1.jpg"]) == {"ada": "photos/1.jpg"}
    assert name_personas(["photos/Ada L.jpg", "g=sets/grace"]) == {"ada-l": "photos/Ada L.jpg", "g": "sets/grace"}


@pytest.mark.parametrize(
    "words",
    [
        ["a/x.jpg", "b/x.jpg"],
        ["a.jpg", "performer=b.jpg"],
        ["a.jpg", "..."],
        ["a.jpg", "items.jpg"],
        ["a.jpg", "training.jpg"],
    ],
)
def test_two_personas_of_one_name_are_told(words: list[str]) -> None:
    with pytest.raises(TrainingError, match=r"a name of its own for each persona.*--persona NAME="):
        name_personas(words)


def test_material_is_known_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on, and is exported, from any folder."""
    (tmp_path / "me.jpg").touch()
    (tmp_path / "set").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolved("me.jpg+set") == f"{tmp_path / 'me.jpg'}+{tmp_path / 'set'}"
    assert resolved("colour:red@me.jpg") == f"colour:red@{tmp_path / 'me.jpg'}"
    assert resolved("demo") == "demo"
    assert resolved("nothing.jpg") == "nothing.jpg"
