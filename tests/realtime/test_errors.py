"""What a user is told is text, and nothing that a terminal would obey."""

from __future__ import annotations

import pytest

from realtime.errors import PersonaError, printable


def test_an_error_is_one_line_of_what_wanted_got_and_next_step() -> None:
    error = PersonaError("persona x", wanted="a", got="b", next_step="do c")
    assert str(error) == "persona x: wanted a, got b; do c"


@pytest.mark.parametrize("text", ["\x1b[2J", "\x07", "a\rb", "‮", "\ud800", "\x9b31m"])
def test_what_a_terminal_would_obey_is_replaced(text: str) -> None:
    told = str(PersonaError(f"persona {text}.persona", got=text))
    assert told.isprintable()
    assert "persona" in told
    told.encode()


def test_what_people_write_stays_as_it_is() -> None:
    for text in ("Grace Hopper", "Zoë, 北京 🎭", "two\nlines"):
        assert printable(text) == text
