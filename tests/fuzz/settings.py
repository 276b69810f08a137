"""What a user, or a file of theirs, may say of how a persona sits and of what viewers see: all words and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import typer

from realtime.errors import PersonaError, RegionError
from realtime.fit import ADJUSTABLES, Fit, read_words
from realtime.persona.identity import Identity
from realtime.persona.manifest import PHOTO, Manifest
from realtime.persona.package import Persona
from realtime.persona.saved_fit import fit_file, restore_fit, save_fit
from realtime.region.catalog import read_region
from realtime.settings import Settings
from tests.fuzz import place
from tests.fuzz.draw import Draw, edit
from thespis.options.persona import fits_of
from thespis.options.source import parse_size

PERSONA = Persona(
    "fuzzed", Manifest(PHOTO, 256, "thespis-1", 2.0, Identity("Nobody", "fictional"), "0"), MappingProxyType({}), b"x"
)


def one_input(data: bytes) -> None:
    """One way in after the other, by the first byte."""
    draw = Draw(data)
    draw.one_of((_words, _addressed, _file, _saved, _settings, _size, _region))(draw)


def seeds() -> Iterator[bytes]:
    """Every adjustable's default as a word, and an example of every other way in."""
    whole = "\n".join(f"{one.name}={one.default}" for one in ADJUSTABLES.values())
    yield b"\0" + whole.encode()
    yield from (b"\0" + f"{one.name}=default".encode() for one in ADJUSTABLES.values())
    yield b"\1fuzzed.feather=0.1\nmirror=on"
    yield b"\2" + json.dumps({"feather": 0.1, "mirror": True, "colour": "linear", "keep_mouth": False}).encode()
    yield bytes([3, 0, 0, 1, 5])
    yield b"\4hold\n0.2\n"
    yield from (b"\5" + word for word in (b"1280x720", b"16X16", b"8193x1"))
    yield from (b"\6" + word for word in (b"face", b"box:0.3,0.2,0.4,0.5", b"colour:red+#00ff00", b"colour:#12"))


def _lines(draw: Draw) -> list[str]:
    return draw.rest().decode("utf-8", "surrogateescape").split("\n")


def _words(draw: Draw) -> None:
    try:
        values = read_words(_lines(draw))
    except ValueError as error:
        assert "wanted" in str(error)
        return
    fit = Fit().with_values(values)
    assert read_words([f"{name}={_word(getattr(fit, name))}" for name in values]) == values


def _word(value: object) -> object:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def _addressed(draw: Draw) -> None:
    try:
        fits_of([PERSONA], _lines(draw))
    except typer.BadParameter:
        return


def _file(draw: Draw) -> None:
    _restore(draw.rest())


def _saved(draw: Draw) -> None:
    facts = {one.name: one.default for one in ADJUSTABLES.values()}
    _restore(json.dumps(edit(draw, facts)).encode())


def _restore(content: bytes) -> None:
    """A kept fit: whatever the file says, a fit comes of it, and what is kept of that comes back."""
    folder = place.folder("settings")
    fit_file(PERSONA, folder).write_bytes(content)
    fit, _ = restore_fit(PERSONA, folder)
    assert save_fit(PERSONA, fit, folder) == ""
    again, _ = restore_fit(PERSONA, folder)
    assert again.lasting() == fit.lasting()
    _clear(folder)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _settings(draw: Draw) -> None:
    when_lost, _, hold = draw.rest().decode("utf-8", "replace").partition("\n")
    try:
        Settings(when_lost, float(hold))  # type: ignore[arg-type]  # which it is for it to say
    except ValueError:
        return


def _size(draw: Draw) -> None:
    try:
        size = parse_size(_lines(draw)[0])
    except typer.BadParameter:
        return
    assert all(16 <= side <= 8192 for side in size)


def _region(draw: Draw) -> None:
    try:
        region = read_region(_lines(draw)[0])
    except (RegionError, PersonaError):
        return
    assert read_region(region.words).words == region.words
