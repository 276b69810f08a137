"""Who is worn, and how: these words, and the personas, fits and casting that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from realtime.region.base import Region

if TYPE_CHECKING:
    from realtime.casting import Casting
    from realtime.fit import Fit
    from realtime.persona.package import Persona

_WHO = "Who is worn, and how"
DEFAULT_PERSONA = "hopper"


def load_personas(names: list[str] | None, identity: Path | None) -> list[Persona]:
    """The personas that these words name; the card goes with the photos among them.

    Raises:
        PersonaError: One cannot be worn, or a card goes with none.
    """
    from realtime.persona.catalog import load_persona
    from realtime.persona.instant import is_photo

    wanted = names or [DEFAULT_PERSONA]
    photos = [name for name in wanted if is_photo(Path(name))]
    return [load_persona(name, card=identity if name in photos or not photos else None) for name in wanted]


def fits_of(personas: list[Persona], words: list[str] | None, last: Sequence[Fit] | None = None) -> list[Fit]:
    """How each persona is to sit.

    Args:
        personas: Who is worn.
        words: `NAME=VALUE`, for all of them, or `PERSONA.NAME=VALUE`.
        last: How they sat before; by default as a persona sits where nobody says.

    Raises:
        typer.BadParameter: A word means nothing.
    """
    from realtime.fit import Fit, read_words

    fits = []
    for number, persona in enumerate(personas):
        own = [
            rest for word in words or () for name, rest in [_addressed(word, personas)] if name in ("", persona.name)
        ]
        try:
            values = read_words(own)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from error
        fits.append((last[number] if last else Fit()).with_values(values))
    return fits


def _addressed(word: str, personas: list[Persona]) -> tuple[str, str]:
    """To whom a word is said, nobody's name being everybody, and what."""
    named = [persona.name for persona in personas if word.startswith(f"{persona.name}.")]
    name = max(named, key=len, default="")
    return name, word[len(name) + 1 :] if name else word


def casting_of(cast: Literal["everyone", "place", "size"] | None, personas: int) -> Casting:
    """Who wears which of so many personas."""
    from realtime.casting import Casting

    return Casting(cast or ("place" if personas > 1 else "everyone"))


def parse_region(text: str) -> Region:
    """`box:0.3,0.2,0.4,0.5` or `colour:red` as a region.

    Raises:
        typer.BadParameter: It is neither of these, nor `face`.
    """
    from realtime.errors import RegionError
    from realtime.region.catalog import read_region

    try:
        return read_region(text)
    except RegionError as error:
        raise typer.BadParameter(str(error)) from error


PersonaOption = Annotated[
    str,
    typer.Option(
        "--persona",
        "-p",
        help="Whom to wear: a name, a .persona file, or one photo.",
        metavar="P",
        rich_help_panel=_WHO,
    ),
]
PersonasOption = Annotated[
    list[str] | None,
    typer.Option(
        "--persona",
        "-p",
        help="Whom to wear: a name, a .persona file, or one photo; given again, for the next person. "
        f"By default {DEFAULT_PERSONA}.",
        metavar="P",
        rich_help_panel=_WHO,
    ),
]
CastOption = Annotated[
    Literal["everyone", "place", "size"] | None,
    typer.Option(
        "--cast",
        metavar="RULE",
        help="Who wears which persona: everyone (the first), place (from left to right) or size (from large to small, "
        "as they come into view). Who finds none left stays as they are. By default place, of several.",
        rich_help_panel=_WHO,
    ),
]
IdentityOption = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        help="Beside a photo: a TOML file that says whose face it is; by default the one of the photo's name.",
        metavar="I",
        rich_help_panel=_WHO,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="How the persona sits, as feather=0.1 or mirror=on; `thespis settings` lists them all. Of several "
        "personas: PERSONA.NAME=VALUE. May be given again.",
        rich_help_panel=_WHO,
    ),
]
RegionOption = Annotated[
    Region | None,
    typer.Option(
        "--region",
        parser=parse_region,
        metavar="R",
        help="What wears it, where that is no face: box:LEFT,TOP,WIDTH,HEIGHT in shares of the frame, or colour:NAME, "
        "which follows coloured things. The persona knows what it was trained for.",
        rich_help_panel=_WHO,
    ),
]
KnownOption = Annotated[
    bool,
    typer.Option(
        "--known-performer",
        help="You are the performer it was trained with: it may look at you, not at points alone.",
        rich_help_panel=_WHO,
    ),
]
