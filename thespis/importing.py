"""`thespis import`: a photo, or another tool's model, as a persona file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thespis.card import CardOption, card_of
from thespis.export import OutOption
from thespis.options.files import OverwriteOption
from thespis.persona import how_to_wear

ModelArgument = Annotated[
    Path,
    typer.Argument(help="A photo, a DeepFaceLab export (.dfm), or a one-photo network (.onnx).", metavar="MODEL"),
]
PhotosOption = Annotated[
    list[Path] | None,
    typer.Option("--photo", help="Of whom a one-photo network is to paint; several are one identity.", metavar="JPG"),
]
RecogniserOption = Annotated[
    Path | None,
    typer.Option("--recogniser", help="The recognition network (112 pixels) that goes with it.", metavar="ONNX"),
]


def command(
    model: ModelArgument,
    out: OutOption,
    identity: CardOption = None,
    photo: PhotosOption = None,
    recogniser: RecogniserOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Make a persona file of a photo, or of a model that another tool made."""
    from datetime import date

    from realtime.persona.instant import is_photo, persona_of_photo
    from realtime.persona.package import read_persona, write_persona
    from thespis.places import check_places
    from thespis.screen import Screen

    check_places(files={"--out": out}, overwrite=overwrite)
    card, today = card_of(identity), date.today()
    if is_photo(model):
        if photo or recogniser:
            raise typer.BadParameter("a photo is a persona by itself", param_hint="--photo, --recogniser")
        made = persona_of_photo(model, card, today=today)
        write_persona(out, made.manifest, made.graphs, made.portrait)
        persona = read_persona(out, today=today)
    else:
        from export.foreign import import_model  # asks for the extra `train`, which a photo can do without

        persona = import_model(model, out, card, today=today, photos=tuple(photo or ()), recogniser=recogniser)
    manifest = persona.manifest
    Screen().say(
        f"{out}: {manifest.kind}, {manifest.crop_size} pixels, {card.name} ({card.ground}); {how_to_wear(out)}"
    )
