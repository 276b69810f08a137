"""The identity card: as a TOML file of any bytes, and as the table that a persona file holds."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any

from realtime.errors import PersonaError
from realtime.persona.identity import Identity, parse_identity, read_identity
from tests.fuzz import place
from tests.fuzz.draw import Draw, edit

TODAY = date(2026, 11, 23)
CARDS: tuple[dict[str, Any], ...] = (
    {"name": "Me", "ground": "self"},
    {"name": "Ada", "ground": "consent", "document_sha256": "a" * 64, "until": "2027-12-31"},
    {"name": "Grace Hopper", "ground": "public-domain", "died": 1992, "source": "a public archive"},
    {"name": "Nobody", "ground": "fictional", "source": "drawn"},
)


def one_input(data: bytes) -> None:
    """Read it; a card that is not refused comes back the same."""
    draw = Draw(data)
    try:
        card = _of_table(draw) if draw.below(2) else _of_file(draw)
    except PersonaError:
        return
    assert parse_identity(json.loads(json.dumps(card.to_json()))) == card
    try:
        card.check(TODAY)
    except PersonaError:
        return


def seeds() -> Iterator[bytes]:
    """Each ground's card, both ways, and the corners of TOML."""
    for number, card in enumerate(CARDS):
        lines = (f"{key} = {json.dumps(value) if key != 'until' else value}" for key, value in card.items())
        yield b"\0" + "\n".join(lines).encode()
        yield bytes([1, number, 0, 0, 0])
    yield b'\0name = """a\n"""\nground = \'self\'\nuntil = 2027-01-01T00:00:00Z\n'
    yield b"\0[name]\nx = [1, 2, {a.b = 0x10, c = nan}]\n[[ground]]\n"
    yield b"\0died = 0xffffffffffffffffffff\nuntil = 07:32:00\nsource = '''x'''\n"


def _of_file(draw: Draw) -> Identity:
    path = place.folder("identity") / "card.toml"
    path.write_bytes(draw.rest())
    return read_identity(path)


def _of_table(draw: Draw) -> Identity:
    card = edit(draw, dict(draw.one_of(CARDS)))
    try:
        also = tomllib.loads(draw.rest().decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        also = {}
    return parse_identity({**card, **also})
