"""The identity card that a persona is made with: from a file, or asked for."""

from __future__ import annotations

import sys
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from realtime.persona.identity import Identity

CardOption = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        help="A TOML file that says whose face it is, and on what ground; asked for on a terminal where left out.",
        metavar="I",
    ),
]

_QUESTIONS = {
    "document_sha256": "Their signed consent, a file; its digest is kept, not the file",
    "until": "The last day on which it may be worn, as 2027-12-31",
    "died": "The year in which they died",
    "source": "Where the picture comes from",
}


def card_of(path: Path | None) -> Identity:
    """The card in a file, or, without one, what the user answers.

    Raises:
        PersonaError: The card lacks a fact, or has a wrong one.
        typer.BadParameter: There is no file, and nobody to ask.
    """
    from realtime.persona.identity import EXAMPLE, read_identity

    if path is not None:
        return read_identity(path)
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"wanted a file CARD.toml, got none; {EXAMPLE}", param_hint="--identity")
    return ask_card()


def ask_card() -> Identity:
    """Ask for what each ground asks for.

    Raises:
        PersonaError: An answer is none.
    """
    from realtime.persona.identity import GROUNDS, parse_identity

    facts: dict[str, object] = {"name": typer.prompt("Whose face is it")}
    facts["ground"] = ground = typer.prompt(f"On what ground may it be worn ({', '.join(GROUNDS)})")
    for fact in GROUNDS[ground].required if ground in GROUNDS else ():
        answer: str = typer.prompt(_QUESTIONS[fact])
        facts[fact] = _read(fact, answer)
    return parse_identity(facts)


def _read(fact: str, answer: str) -> object:
    """An answer as the card holds it; one that cannot be read stays as it is, for the card to refuse."""
    try:
        if fact == "document_sha256" and Path(answer).expanduser().is_file():
            with Path(answer).expanduser().open("rb") as document:
                return file_digest(document, "sha256").hexdigest()
        if fact == "died" and answer.isdecimal():
            return int(answer)
        if fact == "until":
            return date.fromisoformat(answer)
    except (OSError, RuntimeError, ValueError):  # too long for a name, nobody's home, no day
        return answer
    return answer
