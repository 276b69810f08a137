"""`thespis devices`: what cameras, virtual cameras, microphones, providers and personas there are."""

from __future__ import annotations

import json as json_format
import sys

from thespis.options.files import JsonFlag


def command(json: JsonFlag = False) -> None:
    """List cameras, virtual cameras, microphones, providers and personas."""
    from rich.console import Console
    from rich.table import Table

    from thespis.machine import look

    machine = look(try_parts=False)
    why_no_pipewire = machine.pipewire.got if machine.pipewire else ""
    if json:
        listed = {
            "cameras": [{"number": number, "name": name} for number, name in machine.cameras],
            "virtual_cameras": list(machine.virtual_cameras),
            "microphones": [{"number": number, "name": name} for number, name in machine.microphones],
            "pipewire_camera": {"usable": machine.pipewire is None, "why_not": why_no_pipewire},
            "providers": [{"name": name, "usable": not why, "why_not": why} for name, why in machine.providers.items()],
            "personas": list(machine.personas),
        }
        sys.stdout.write(json_format.dumps(listed, indent=2) + "\n")
        return
    table = Table(show_header=False)
    rows = {
        "cameras": [f"{number}: {name}" for number, name in machine.cameras],
        "virtual cameras": list(machine.virtual_cameras),
        "microphones": [f"{number}: {name}" for number, name in machine.microphones],
        "camera of PipeWire's": [f"no: {why_no_pipewire}" if why_no_pipewire else "--output pipewire"],
        "providers": [f"{name}{f' (no: {why})' if why else ''}" for name, why in machine.providers.items()],
        "personas": list(machine.personas),
        "without any device": ["--source demo", "--output FILE.mp4", "--output null"],
    }
    for what, found in rows.items():
        table.add_row(what, "\n".join(found) or "none; `thespis doctor` says what to do")
    Console().print(table)
