"""What goes in: the source, and what is looked for in its frames."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from realtime.settings import DETECT_HZ

_IN = "What goes in"
DEFAULT_DETECT_HZ = DETECT_HZ
DEFAULT_FACES = 4
"""Everyone in the picture wears it: a face that is not looked for would pass as it is. A second place costs 2 ms."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def parse_size(text: str) -> Size:
    """`1280x720` as a size.

    Raises:
        typer.BadParameter: It is not of that form, or a side is outside 16 to 8192.
    """
    width, by, height = text.lower().partition("x")
    try:
        size = Size(int(width), int(height))
    except ValueError:
        size = Size(0, 0)
    if not by or not all(16 <= side <= 8192 for side in size):
        raise typer.BadParameter(f"wanted WIDTHxHEIGHT, 16 to 8192 each, as 1280x720; got {text!r}")
    return size


SourceOption = Annotated[
    str,
    typer.Option(
        "--source",
        "-s",
        help="A camera's number or path, a film, a picture, a URL, demo, or demo:PHOTO (a photo brought to life).",
        metavar="S",
        rich_help_panel=_IN,
    ),
]
SizeOption = Annotated[
    Size | None,
    typer.Option(
        "--size", parser=parse_size, metavar="WxH", help="Asked of the source; a film has its own.", rich_help_panel=_IN
    ),
]
FpsOption = Annotated[
    float | None,
    typer.Option(
        "--fps", min=1, max=240, metavar="N", help="Asked of the source; a film has its own.", rich_help_panel=_IN
    ),
]
FacesOption = Annotated[
    int,
    typer.Option(
        "--faces",
        min=1,
        max=8,
        metavar="N",
        help="How many faces to look for; all of them wear it.",
        rich_help_panel=_IN,
    ),
]
DetectOption = Annotated[
    float,
    typer.Option(
        "--detect-hz",
        min=10.0,
        max=240.0,
        metavar="N",
        help="How often in a second faces are searched for, at most; between, what moves is followed. Less saves "
        "processor time, and whoever comes in is seen later. Films to be kept are searched throughout.",
        rich_help_panel=_IN,
    ),
]
