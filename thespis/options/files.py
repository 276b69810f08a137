"""Files that are made: where they are kept, what they hold, what they are signed with."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from realtime.disclosure.signing import FileSigner

_FILES = "Files"


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
JsonFileOption = Annotated[
    Path | None,
    typer.Option(
        "--json", help="Write the figures to a file; - is the screen.", metavar="FILE", rich_help_panel=_FILES
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="As one JSON object.")]
