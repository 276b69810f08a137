"""Asking for an identity card."""

from __future__ import annotations

import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
import typer

from realtime.errors import PersonaError
from realtime.persona.identity import Identity
from thespis.card import ask_card, card_of


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch):
    """Answers the questions in this order."""

    def give(*texts: str) -> None:
        left = iter(texts)
        monkeypatch.setattr(typer, "prompt", lambda question: next(left))

    return give


@pytest.mark.parametrize(
    "given",
    [
        ("Ann", "famous"),
        ("", "self"),
        ("Ann", "consent", "no/such/file", "2030-01-31"),
        ("Ann", "consent", "ab" * 32, "soon"),
        ("Ann", "public-domain", "long ago", "a museum"),
    ],
)
def test_an_answer_that_is_none_is_told(answers, given: tuple[str, ...]) -> None:
    answers(*given)
    with pytest.raises(PersonaError, match="identity card: "):
        ask_card()


def test_nobody_is_asked_where_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(typer.BadParameter, match=r'wanted a file CARD\.toml, got none; write name = "…" and ground'):
        card_of(None)


def test_each_ground_asks_for_its_own(answers, tmp_path: Path) -> None:
    document = tmp_path / "consent.pdf"
    document.write_bytes(b"signed")
    answers("Me", "self")
    assert ask_card() == Identity("Me", "self")
    answers("Ann", "consent", str(document), "2030-01-31")
    digest = sha256(b"signed").hexdigest()
    assert ask_card() == Identity("Ann", "consent", document_sha256=digest, until=date(2030, 1, 31))
    answers("Ada", "public-domain", "1852", "a museum")
    assert ask_card() == Identity("Ada", "public-domain", died=1852, source="a museum")
