"""Identity cards: what is refused, and what each ground asks for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from realtime.errors import PersonaError
from realtime.persona.identity import EXAMPLE, Identity, parse_identity, read_identity

DIGEST = "ab" * 32
CONSENT = f'name = "x"\nground = "consent"\ndocument_sha256 = "{DIGEST}"\n'
CARDS = {
    "self": 'name = "Me"\nground = "self"',
    "self until": 'name = "Me"\nground = "self"\nuntil = 2030-01-01',
    "consent": f'name = "Ann"\nground = "consent"\ndocument_sha256 = "{DIGEST.upper()}"\nuntil = 2027-01-31',
    "public domain": 'name = "Grace Hopper"\nground = "public-domain"\ndied = 1992\nsource = "US Navy"',
    "fictional": 'name = "Nobody"\nground = "fictional"',
}
BROKEN = {
    "no name": 'ground = "self"',
    "empty name": 'name = ""\nground = "self"',
    "long name": f'name = "{"x" * 121}"\nground = "self"',
    "control characters": 'name = "a\\u001b[2J"\nground = "self"',
    "no ground": 'name = "x"',
    "another ground": 'name = "x"\nground = "famous"',
    "name of a wrong type": 'name = 3\nground = "self"',
    "consent without document": 'name = "x"\nground = "consent"\nuntil = 2030-01-01',
    "consent without end": CONSENT,
    "digest too short": 'name = "x"\nground = "consent"\ndocument_sha256 = "ab"\nuntil = 2030-01-01',
    "end that is a time": CONSENT + "until = 2030-01-01T00:00:00",
    "end that is no day": CONSENT + 'until = "soon"',
    "public domain, alive": 'name = "x"\nground = "public-domain"\nsource = "y"',
    "public domain, no source": 'name = "x"\nground = "public-domain"\ndied = 1992',
    "died of a wrong type": 'name = "x"\nground = "public-domain"\nsource = "y"\ndied = true',
    "fact of another ground": 'name = "x"\nground = "fictional"\ndied = 1992',
    "unknown fact": 'name = "x"\nground = "self"\nage = 3',
    "no TOML": "name: x",
    "binary": "\x00\x01",
    "too long": "#" * 20_000,
    "nested": "a = " + "[" * 5000,
    "a year without end": 'name = "x"\nground = "public-domain"\nsource = "y"\ndied = 0x' + "f" * 9000,
    "a number without end": "died = 1" + "0" * 9000,
    "a name that writes from right to left": 'name = "x\u202egnp"\nground = "self"',
    "a name that a terminal obeys": 'name = "\\u001b[2J"\nground = "self"',
    "half of a letter": 'name = "\\ud800"\nground = "self"',
}


@pytest.mark.parametrize("card", BROKEN.values(), ids=BROKEN)
def test_refused(tmp_path: Path, card: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(card)
    with pytest.raises(PersonaError, match="identity card"):
        read_identity(path)


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="wanted a TOML file, got No such file"):
        read_identity(tmp_path / "card.toml")


def test_latin_1_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_bytes('name = "René"'.encode("latin-1"))
    with pytest.raises(PersonaError, match="wanted a TOML file"):
        read_identity(path)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_read_and_written_back(tmp_path: Path, card: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(card)
    identity = read_identity(path)
    assert parse_identity(identity.to_json()) == identity
    identity.check(date(2026, 11, 23))


def test_past_its_end() -> None:
    identity = Identity("Me", "self", until=date(2026, 1, 1))
    identity.check(date(2026, 1, 1))
    with pytest.raises(PersonaError, match=r"Me may no longer be worn: .*2026-01-01, got 2026-01-02"):
        identity.check(date(2026, 1, 2))


def test_dead_in_the_future() -> None:
    with pytest.raises(PersonaError, match="died: wanted a year up to 2026"):
        Identity("X", "public-domain", died=2050, source="y").check(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("ground", "facts"), [("consent", ("document_sha256", "until")), ("public-domain", ("died", "source"))]
)
def test_all_that_a_ground_asks_for_is_told_at_once_and_how_it_is_written(ground: str, facts: tuple[str, str]) -> None:
    with pytest.raises(PersonaError) as told:
        Identity("X", ground)
    for fact in facts:
        assert fact in EXAMPLE
        assert f"{fact} = " in told.value.next_step
    assert "export again" not in str(told.value)


def test_what_document_is_meant_is_told() -> None:
    with pytest.raises(PersonaError, match=r"SHA-256 of the file that holds their signed consent \(sha256sum FILE"):
        Identity("X", "consent", until=date(2030, 1, 1))
