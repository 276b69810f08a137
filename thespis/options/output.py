"""Where frames go, for how long, and what viewers see beside the persona."""

from __future__ import annotations

from typing import Annotated

import typer

from realtime.settings import Corner, WhenLost

_OUT = "Where it goes"
_SEEN = "What viewers see beside it"

OutputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        help="camera, pipewire (Linux), window, null, FILE.mp4, a snapshot (FILE.png or FILE.jpg), mjpeg://HOST:PORT "
        "(a page for browsers), udp://HOST:PORT or srt://HOST:PORT (MPEG-TS for OBS and players); may be given again.",
        metavar="O",
        rich_help_panel=_OUT,
    ),
]
SecondsOption = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        min=0.1,
        metavar="N",
        help="End after so long, also where the source falls silent.",
        rich_help_panel=_OUT,
    ),
]
DelayOption = Annotated[
    float,
    typer.Option(
        "--target-delay",
        min=0,
        max=1000,
        metavar="MS",
        help="Give every frame out at this age, in milliseconds, so that sound can be held back by as much. Not for "
        "films.",
        rich_help_panel=_OUT,
    ),
]
WhenLostOption = Annotated[
    WhenLost,
    typer.Option(
        "--when-lost",
        metavar="WHAT",
        help="Shown while no swap is good: hold (the last picture for 0.2 s, then pixels), blur (pixels), slate "
        "(a card), or show (your own face).",
        rich_help_panel=_SEEN,
    ),
]
BadgeOption = Annotated[bool, typer.Option("--badge/--no-badge", help="The visible AI badge.", rich_help_panel=_SEEN)]
CornerOption = Annotated[
    Corner,
    typer.Option(
        "--badge-corner",
        metavar="CORNER",
        help="top-right, top-left, bottom-right or bottom-left.",
        rich_help_panel=_SEEN,
    ),
]
