"""`thespis settings`: what of a persona can be adjusted while it is worn."""

from __future__ import annotations

import json as json_format
import sys

from thespis import options as o


def command(json: o.JsonFlag = False) -> None:
    """List what `--set NAME=VALUE` takes: how a persona sits on a face."""
    from rich.console import Console
    from rich.table import Table

    from realtime.fit import ADJUSTABLES

    if json:
        listed = [{"wanted": one.wanted, **one._asdict()} for one in ADJUSTABLES.values()]
        sys.stdout.write(json_format.dumps(listed, indent=2) + "\n")
        return
    table = Table("name", "what it does", "may be", "is")
    for one in ADJUSTABLES.values():
        default = {True: "on", False: "off"}[one.default] if isinstance(one.default, bool) else f"{one.default}"
        table.add_row(one.name, one.says, one.wanted, default)
    Console().print(table)
