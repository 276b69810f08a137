"""Words that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from realtime.region.base import Region
from realtime.settings import DETECT_HZ, Corner, WhenLost

if TYPE_CHECKING:
    from realtime.casting import Casting
    from realtime.disclosure.signing import FileSigner
    from realtime.fit import Fit
    from realtime.persona.package import Persona

DEFAULT_PERSONA = "hopper"
DEFAULT_PANEL_PORT = 8420
DEFAULT_DETECT_HZ = DETECT_HZ
DEFAULT_FACES = 4
"""Everyone in the picture wears it: a face that is not looked for would pass as it is. A second place costs 2 ms."""

# Headings in the help. Each has columns of its own, so that one long word does not squeeze all texts.
_IN, _WHO, _OUT = "What goes in", "Who is worn, and how", "Where it goes"
_SEEN, _FILES, _RUNS, _CONTROL = "What viewers see beside it", "Files", "What it runs on", "Control panel"

Provider = Literal["auto", "tensorrt", "cuda", "directml", "openvino", "coreml", "cpu"]
Precision = Literal["auto", "int8", "fp16", "fp32"]


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


def signer_of(certificate: Path | None, key: Path | None) -> FileSigner:
    """What files are signed with.

    Raises:
        typer.BadParameter: There is one of the two without the other.
    """
    from realtime.disclosure.signing import FileSigner
    from realtime.disclosure.signing_key import own_key

    if certificate is None and key is None:
        return FileSigner()
    if certificate is None or key is None:
        raise typer.BadParameter("one goes with the other", param_hint="--certificate, --key")
    return FileSigner(partial(own_key, certificate, key))


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
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that are there.", rich_help_panel=_FILES)
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        envvar="THESPIS_CERTIFICATE",
        help="Sign recordings and snapshots with a certificate of your own (PEM, those above it after it), not with "
        "the key that is made on this computer.",
        metavar="CHAIN.pem",
        rich_help_panel=_FILES,
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        envvar="THESPIS_KEY",
        help="The private key of --certificate, PEM.",
        metavar="KEY.pem",
        rich_help_panel=_FILES,
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
MicrophoneOption = Annotated[
    str | None,
    typer.Option(
        "--microphone",
        help="Record a microphone beside the picture: default, or its number or a part of its name as `thespis "
        "devices` lists them. Without this word none is listened to. A film keeps its sound.",
        metavar="NAME",
        rich_help_panel=_FILES,
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
ProviderOption = Annotated[
    Provider,
    typer.Option(
        "--provider",
        metavar="NAME",
        help="auto (measures once what is fastest here), cpu, cuda, tensorrt (takes minutes the first time), directml, "
        "openvino or coreml. `thespis devices` says which can be used.",
        rich_help_panel=_RUNS,
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        metavar="P",
        help="The numbers it computes with: auto, int8, fp16 or fp32.",
        rich_help_panel=_RUNS,
    ),
]
JsonFileOption = Annotated[
    Path | None,
    typer.Option(
        "--json", help="Write the figures to a file; - is the screen.", metavar="FILE", rich_help_panel=_FILES
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="As one JSON object.")]
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
KeepInOption = Annotated[
    Path | None,
    typer.Option(
        "--keep-in",
        help="Folder for recordings and snapshots that are made by key or in the panel; by default Thespis among your "
        "videos and pictures.",
        metavar="DIR",
        rich_help_panel=_FILES,
    ),
]
