"""`thespis settings`: what of a persona can be adjusted while it is worn, and what is remembered."""

from __future__ import annotations

import json as json_format
import sys
from typing import TYPE_CHECKING

from thespis.options.files import JsonFlag

if TYPE_CHECKING:
    from realtime.fit import Value


def command(json: JsonFlag = False) -> None:
    """List what `--set NAME=VALUE` takes (how a persona sits on a face), and what is remembered of each persona."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from realtime.errors import printable
    from realtime.fit import ADJUSTABLES
    from realtime.persona.saved_fit import remembered

    kept = remembered()
    if json:
        listed = [
            {
                "wanted": one.wanted,
                **one._asdict(),
                "remembered": {persona: values[one.name] for persona, values in kept.items() if one.name in values},
            }
            for one in ADJUSTABLES.values()
        ]
        sys.stdout.write(json_format.dumps(listed, indent=2) + "\n")
        return
    console = Console()
    table = Table("name", "what it does", "may be", "default")
    for one in ADJUSTABLES.values():
        table.add_row(one.name, one.says, one.wanted, _said(one.default))
    console.print(table)
    if not kept:
        console.print("nothing is remembered: every persona is worn by the defaults, unless --set says otherwise")
        return
    table = Table("persona", "remembered for the next run", title_justify="left")
    for persona, values in kept.items():
        table.add_row(
            Text(printable(persona)), Text("\n".join(f"{name} {_said(value)}" for name, value in values.items()))
        )
    console.print(table)
    console.print("back to a default: thespis run --set NAME=default, or in the panel", markup=False)


def _said(value: Value) -> str:
    return "on" if value is True else "off" if value is False else f"{value}"
