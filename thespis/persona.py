"""`thespis persona`: whose faces there are, on what ground they may be worn, and how a file becomes one of them."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thespis.options.files import JsonFlag
from thespis.options.persona import IdentityOption

if TYPE_CHECKING:
    from realtime.persona.identity import Identity
    from realtime.persona.package import Persona

app = typer.Typer(help="Show whose faces there are, and add a file to them.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A name, a .persona file, or a photo.", metavar="P")]
FileArgument = Annotated[Path, typer.Argument(help="A .persona file.", metavar="FILE")]
NameOption = Annotated[
    str | None, typer.Option("--name", help="What to call it; by default as the file.", metavar="NAME")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace another persona of that name.")]


@app.command("list")
def list_command(json: JsonFlag = False) -> None:
    """List the personas that can be called by their names."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from realtime.errors import PersonaError, printable
    from realtime.persona.catalog import list_personas
    from realtime.persona.package import read_persona

    today, rows = date.today(), []
    for entry in list_personas():
        row: dict[str, Any] = {"name": entry.name, "file": str(entry.path), "builtin": entry.builtin}
        try:
            identity = read_persona(entry.path, today=None).manifest.identity
            row |= {"identity": identity.to_json(), **_standing(identity, today)}
            said = f"{identity.in_words()}{'' if row['may_be_worn'] else '; may NOT be worn'}"
        except PersonaError as error:
            row |= {"may_be_worn": False, "why_not": str(error)}
            said = str(error)
        rows.append((row, said))
    if json:
        sys.stdout.write(json_format.dumps([row for row, _ in rows], indent=2) + "\n")
        return
    table = Table("name", "whose face", "comes from")
    for row, said in rows:
        cells = (row["name"], said, "Thespis" if row["builtin"] else row["file"])
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console().print(table)


@app.command("show")
def show_command(persona: NameArgument, identity: IdentityOption = None, json: JsonFlag = False) -> None:
    """Show a persona: its identity card whole, what it was made from, and whether it may be worn today."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from realtime.errors import printable

    facts = facts_of(persona, identity, date.today())
    if json:
        sys.stdout.write(json_format.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        return
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a digest is of use whole
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), Text(printable(_in_words(value))))
    Console().print(table)


@app.command("add")
def add_command(file: FileArgument, name: NameOption = None, overwrite: OverwriteOption = False) -> None:
    """Copy a persona file into your own folder: then it has a name, and stands in the panel."""
    from realtime.persona.adding import add_persona
    from thespis.screen import Screen

    entry = add_persona(file, name=name, overwrite=overwrite)
    Screen().say(
        f"{entry.name} is among your personas: {entry.path}; "
        f"wear it: thespis run --persona {quoted(entry.name)}; in an open panel press Look again under Persona"
    )


def how_to_wear(file: Path) -> str:
    """What to do with a persona file that was just made."""
    word = quoted(str(file))
    return f"wear it: thespis run --persona {word}; to have it in the panel: thespis persona add {word}"


def quoted(word: str) -> str:
    """A word as a shell on this system takes it."""
    if sys.platform != "win32":
        return shlex.quote(word)
    return f'"{word}"' if " " in word else word


def facts_of(name: str, card: Path | None, today: date) -> dict[str, Any]:
    """What is known of a persona, by name.

    Raises:
        PersonaError: There is none, or it is broken. That its time is over is a fact, and no error.
    """
    from realtime.persona.catalog import find_persona
    from realtime.persona.identity import read_identity
    from realtime.persona.instant import card_beside, is_photo
    from realtime.persona.manifest import PHOTO
    from realtime.persona.package import read_persona

    path = Path(name).expanduser()
    if is_photo(path):
        identity = read_identity(card or card_beside(path))
        return {"name": path.stem, **_whose(identity, today), "kind": PHOTO, "file": str(path)}
    file = find_persona(name)
    persona = read_persona(file, today=None)
    facts = {"name": persona.name, **_whose(persona.manifest.identity, today), **_made(persona)}
    return {**facts, "file": str(file), "file_bytes": file.stat().st_size}


def _whose(identity: Identity, today: date) -> dict[str, Any]:
    return {"identity": identity.to_json(), **_standing(identity, today)}


def _standing(identity: Identity, today: date) -> dict[str, Any]:
    """Whether it may be worn on a day, why not, and for how many days yet where that ends."""
    from realtime.errors import PersonaError

    try:
        identity.check(today)
    except PersonaError as error:
        return {"may_be_worn": False, "why_not": str(error)}
    return {"may_be_worn": True, **({"days_left": (identity.until - today).days} if identity.until else {})}


def _made(persona: Persona) -> dict[str, Any]:
    """How it was made."""
    from hashlib import sha256

    manifest, trained = persona.manifest, persona.manifest.trained_from
    facts: dict[str, Any] = {
        "kind": manifest.kind,
        "worn_by": manifest.region,
        "crop_pixels": manifest.crop_size,
        "made_by": f"Thespis {manifest.tool_version}",
        **({"graph_bytes": {name: len(graph) for name, graph in persona.graphs.items()}} if persona.graphs else {}),
        "sha256": {name: sha256(graph).hexdigest() for name, graph in persona.graphs.items()}
        | {"portrait": sha256(persona.portrait).hexdigest()},
    }
    if trained is not None:
        facts["trained_from"] = {
            "sha256": dict(trained.digests),
            "counts": dict(trained.counts),
            "iterations": trained.iterations,
            **({"seconds": round(trained.seconds)} if trained.seconds is not None else {}),
            **({"machine": trained.machine} if trained.machine is not None else {}),
        }
    return facts


def _in_words(value: object) -> str:
    """A fact for people; what holds several takes a line for each."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, dict):
        lines = (f"{key}: {_in_words(one)}" for key, one in value.items())
        return "\n".join(line.replace("\n", "\n  ") for line in lines)
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)
