"""`thespis export`: a trained run as a persona file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunArgument = Annotated[Path, typer.Argument(help="The folder that train wrote.", metavar="RUN")]
IdentityOption = Annotated[
    Path, typer.Option("--identity", help="A TOML file that says whose face it is, and on what ground.", metavar="I")
]
OutOption = Annotated[Path, typer.Option("--out", help="The persona file to write.", metavar="P.persona")]


def command(run: RunArgument, identity: IdentityOption, out: OutOption) -> None:
    """Export a trained run: ONNX in fp32 and int8, each proved against the trained network."""
    from datetime import date

    from export.run import export_run
    from realtime.persona.identity import read_identity
    from thespis.screen import Screen

    screen = Screen()
    card = read_identity(identity)
    screen.say(f"exporting {run} as {card.name} ({card.ground}): a minute or two")
    report = export_run(run, card=card, out=out, today=date.today())
    screen.say(f"fp32 differs from the trained network by at most {report.fp32.image_max_abs:.1e}")
    screen.say(f"int8 ({report.int8_recipe}): {report.int8.image_psnr_db:.1f} dB to fp32")
    screen.say(f"{out}: {report.bytes / 1e6:.1f} MB; next: thespis run --source 0 --persona {out}")
