"""Whose face a persona is, and on what ground it may be worn."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from realtime.errors import PersonaError
from realtime.plain_file import read_bounded

MAX_CARD_BYTES = 16 * 1024
MAX_NAME = 120
MAX_SOURCE = 500
_SHOWN_SOURCE = 60

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Ground:
    """Which facts a ground needs beside the name, and which it may carry."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


GROUNDS: Mapping[str, _Ground] = MappingProxyType(
    {
        "self": _Ground(optional=("until",)),
        "consent": _Ground(required=("document_sha256", "until")),
        "public-domain": _Ground(required=("died", "source")),
        "fictional": _Ground(optional=("source",)),
    }
)

EXAMPLE = (
    'write name = "…" and ground = "self", "fictional", "consent" (with document_sha256 and until) '
    'or "public-domain" (with died and source) into it'
)
_MEANT: Mapping[str, str] = MappingProxyType(
    {
        "document_sha256": 'document_sha256 = "…", the SHA-256 of the file that holds their signed consent '
        "(sha256sum FILE; without --identity you are asked for the file, and it is computed)",
        "until": "until = 2027-12-31, the last day on which it may be worn",
        "died": "died = 1992, the year",
        "source": 'source = "…", where the picture comes from',
    }
)
"""How each fact is written into a card."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity card.

    Attributes:
        name: The person or character whose face it is.
        ground: `self` (the wearer's own face), `consent` (a signed document), `public-domain` (a dead
            person's portrait that belongs to nobody) or `fictional`.
        document_sha256: Digest of the document of consent, 64 hexadecimal digits.
        until: The last day on which it may be worn.
        died: Year in which the person died.
        source: Where the picture comes from.
    """

    name: str
    ground: str
    document_sha256: str = ""
    until: date | None = None
    died: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        _check_text("name", self.name, MAX_NAME)
        if self.ground not in GROUNDS:
            raise _wrong("ground", "one of " + ", ".join(GROUNDS), repr(self.ground)[:40])
        facts = {
            "document_sha256": self.document_sha256 != "",
            "until": self.until is not None,
            "died": self.died is not None,
            "source": self.source != "",
        }
        ground = GROUNDS[self.ground]
        missing = [fact for fact in ground.required if not facts[fact]]
        if missing:  # all of them at once
            raise PersonaError(
                f"identity card: {' and '.join(missing)}",
                wanted=f"{'both' if missing[1:] else 'it'} beside ground {self.ground}",
                got="nothing",
                next_step="write " + "; and ".join(_MEANT[fact] for fact in missing),
            )
        for fact, given in facts.items():
            if given and fact not in (*ground.required, *ground.optional):
                raise _wrong(fact, f"none beside ground {self.ground}", "one")
        if self.document_sha256 and not _DIGEST.fullmatch(self.document_sha256):
            raise _wrong("document_sha256", "64 hexadecimal digits", repr(self.document_sha256)[:80])
        if self.source:
            _check_text("source", self.source, MAX_SOURCE)
        if self.died is not None and not 1 <= self.died <= 9999:
            raise _wrong("died", "a year", "another number")

    def check(self, today: date) -> None:
        """Refuse a face that may not be worn on this day.

        Raises:
            PersonaError: The end date is past, or the year of death is still to come.
        """
        if self.until is not None and today > self.until:
            raise PersonaError(
                f"{self.name} may no longer be worn",
                wanted=f"a day up to {self.until.isoformat()}",
                got=today.isoformat(),
                next_step="ask for consent again, and make it anew with the new card",
            )
        if self.died is not None and self.died > today.year:
            raise _wrong("died", f"a year up to {today.year}", str(self.died))

    def in_words(self) -> str:
        """One line: the name, the ground, and what is known of it; a long source is cut."""
        source = self.source if len(self.source) <= _SHOWN_SOURCE else self.source[: _SHOWN_SOURCE - 1] + "…"
        facts = [
            self.ground,
            f"until {self.until.isoformat()}" if self.until else "",
            f"died {self.died}" if self.died else "",
            f"document {self.document_sha256[:8]}…" if self.document_sha256 else "",
            f"source: {source}" if source else "",
        ]
        return f"{self.name} ({', '.join(filter(None, facts))})"

    def to_json(self) -> dict[str, str | int]:
        """The card as it stands in `persona.json`: facts that are not given are left out."""
        card: dict[str, str | int] = {"name": self.name, "ground": self.ground}
        if self.document_sha256:
            card["document_sha256"] = self.document_sha256
        if self.until is not None:
            card["until"] = self.until.isoformat()
        if self.died is not None:
            card["died"] = self.died
        if self.source:
            card["source"] = self.source
        return card


def parse_identity(card: Mapping[str, object]) -> Identity:
    """An identity from the table of a TOML or JSON file.

    Args:
        card: The facts by name; `until` is a date or its ISO text.

    Raises:
        PersonaError: A fact is missing, unknown, of the wrong type or too long.
    """
    unknown = [key for key in card if key not in Identity.__dataclass_fields__]
    if unknown:
        wanted = "only " + ", ".join(Identity.__dataclass_fields__)
        raise _wrong("a fact", wanted, repr(unknown[0])[:40])
    texts: dict[str, str] = {}
    for key in ("name", "ground", "document_sha256", "source"):
        value = card.get(key, "")
        if not isinstance(value, str):
            raise _wrong(key, "text", type(value).__name__)
        texts[key] = value
    died = card.get("died")
    if died is not None and type(died) is not int:
        raise _wrong("died", "a year as a whole number", type(died).__name__)
    return Identity(
        name=texts["name"],
        ground=texts["ground"],
        document_sha256=texts["document_sha256"].lower(),
        until=_parse_day(card.get("until")),
        died=died,
        source=texts["source"],
    )


def read_identity(path: Path) -> Identity:
    """Read the card that `--identity FILE.toml` names.

    Raises:
        PersonaError: The file is missing, too long, not TOML, or does not say what it must.
    """
    try:
        text = read_bounded(path, MAX_CARD_BYTES)
    except OSError as error:
        raise PersonaError(
            f"identity card {path}", wanted="a TOML file", got=error.strerror or str(error), next_step=EXAMPLE
        ) from error
    try:
        card = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # Unicode, TOML, and numbers of more than 4300 digits
        raise PersonaError(
            f"identity card {path}", wanted="a TOML file", got=str(error)[:120], next_step=EXAMPLE
        ) from error
    return parse_identity(card)


def _parse_day(value: object) -> date | None:
    if value is None or type(value) is date:
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _wrong("until", "a day such as 2027-12-31", repr(value)[:40]) from error
    raise _wrong("until", "a day such as 2027-12-31", type(value).__name__)


def _check_text(fact: str, value: str, limit: int) -> None:
    if not value or len(value) > limit or not value.isprintable():
        wanted = f"1 to {limit} printable characters"
        raise _wrong(fact, wanted, repr(value)[:40] if value else "nothing")


def _wrong(fact: str, wanted: str, got: str) -> PersonaError:
    return PersonaError(f"identity card: {fact}", wanted=wanted, got=got, next_step="put it right in the card")
