"""The control panel beside a command."""

from __future__ import annotations

from typing import Annotated

import typer

_CONTROL = "Control panel"
DEFAULT_PANEL_PORT = 8420

PanelOption = Annotated[
    bool,
    typer.Option(
        "--panel",
        help="Open the control panel beside it: a page on this computer, or a dock in OBS.",
        rich_help_panel=_CONTROL,
    ),
]
PanelPortOption = Annotated[
    int,
    typer.Option(
        "--panel-port",
        min=1024,
        max=65535,
        metavar="N",
        help="Where the panel is; a dock's address has it in it.",
        rich_help_panel=_CONTROL,
    ),
]
