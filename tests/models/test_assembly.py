import pytest

from models.assembly import name_personas
from realtime.errors import TrainingError


def test_one_persona_has_the_plain_name_and_several_have_their_own() -> None:
    assert name_personas(["photos/ada.jpg"]) == {"persona": "photos/ada.jpg"}
    assert name_personas(["ada=photos/1.jpg"]) == {"ada": "photos/1.jpg"}
    assert name_personas(["photos/Ada L.jpg", "g=sets/grace"]) == {"ada-l": "photos/Ada L.jpg", "g": "sets/grace"}


@pytest.mark.parametrize(
    "words", [["a/x.jpg", "b/x.jpg"], ["a.jpg", "performer=b.jpg"], ["a.jpg", "..."], ["a.jpg", "items.jpg"]]
)
def test_two_personas_of_one_name_are_told(words: list[str]) -> None:
    with pytest.raises(TrainingError, match=r"a name of its own for each persona.*--persona NAME="):
        name_personas(words)
