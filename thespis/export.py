"""`thespis export`: a trained run as a persona file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thespis.card import CardOption, card_of
from thespis.options.files import JsonFileOption, OverwriteOption
from thespis.persona import how_to_wear

if TYPE_CHECKING:
    from rich.table import Table

    from export.persona_file import ExportReport

SUFFIX = ".persona"
PRECISIONS = ("fp32", "fp16", "int8")


def parse_out(text: str) -> Path:
    """The persona file to write.

    Raises:
        typer.BadParameter: It has another ending, or is a folder.
    """
    path = Path(text)
    if path.suffix != SUFFIX or path.is_dir():
        raise typer.BadParameter(f"wanted a file NAME{SUFFIX}, got {text}{' (a folder)' if path.is_dir() else ''}")
    return path


@dataclass(frozen=True, slots=True)
class Precisions:
    """What the file is to hold."""

    names: tuple[str, ...] = PRECISIONS

    def __str__(self) -> str:
        return ",".join(self.names)


def parse_precisions(text: str | Precisions) -> Precisions:
    """`fp16,int8` as precisions, in the house's order; typer has the default read too.

    Raises:
        typer.BadParameter: One of them is none, or nothing is named.
    """
    names = {name.strip() for name in str(text).split(",")}
    if not names <= set(PRECISIONS):
        raise typer.BadParameter(f"wanted some of {','.join(PRECISIONS)}; got {text}")
    return Precisions(tuple(name for name in PRECISIONS if name in names))


RunArgument = Annotated[Path, typer.Argument(help="The folder that train wrote.", metavar="RUN")]
OutOption = Annotated[
    Path, typer.Option("--out", parser=parse_out, help="The persona file to write.", metavar=f"P{SUFFIX}")
]
PersonaOption = Annotated[
    str | None, typer.Option("--persona", help="Which of the run's personas, where it has several.", metavar="NAME")
]
PrecisionsOption = Annotated[
    Precisions,
    typer.Option(
        "--precisions",
        parser=parse_precisions,
        metavar="LIST",
        help="What the file holds: fp16 is for graphics cards, int8 for processors, fp32 loses nothing.",
    ),
]


def command(
    run: RunArgument,
    out: OutOption,
    identity: CardOption = None,
    persona: PersonaOption = None,
    precisions: PrecisionsOption = Precisions(),
    json: JsonFileOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Export a trained run: ONNX in fp32, fp16 and int8, each measured against the trained network."""
    from datetime import date

    from thespis.places import check_places

    check_places(files={"--out": out, "--json": json}, overwrite=overwrite)  # first: torch takes its time to load
    from export.run import export_run
    from thespis.figures import write_json
    from thespis.screen import Screen

    screen = Screen()
    card = card_of(identity)
    screen.say(f"exporting {run} as {card.name} ({card.ground}): a minute or two")
    with screen.progress("exporting") as move:
        report = export_run(
            run,
            card=card,
            out=out,
            today=date.today(),
            persona=persona,
            precisions=precisions.names,
            say=screen.say,
            on_stage=lambda stage: move(0, None, stage),
        )
    figures = figures_of(report)
    screen.console.print(table_of(figures))
    screen.say("".join(f"{name}: {row['recipe']}\n" for name, row in figures["graphs"].items() if row["recipe"])[:-1])
    screen.say(f"{out}: {report.bytes / 1e6:.1f} MB; {how_to_wear(out)}")
    if json is not None:
        write_json(figures, json)


def figures_of(report: ExportReport) -> dict[str, Any]:
    """What was written, as one JSON object."""
    graphs = {
        one.precision: {
            "in_file": one.precision in report.precisions,
            "bytes": len(one.graph),
            "ms": round(report.milliseconds[one.precision], 2),
            **one.figures(),
            "recipe": one.recipe,
        }
        for one in report.graphs
    }
    return {"persona": str(report.path), "bytes": report.bytes, "seconds": round(report.seconds, 1), "graphs": graphs}


def table_of(figures: dict[str, Any]) -> Table:
    """The same for people."""
    from rich.table import Table

    table = Table(title="a crop on one thread of this machine's processor", title_justify="left")
    table.add_column("precision", no_wrap=True)
    for column in ("MB", "ms", "SSIM to fp32", "worst crop", "PSNR, dB", "SSIM to truth"):
        table.add_column(column, justify="right")
    for name, row in figures["graphs"].items():
        reference = "-" if name == "fp32" else f"{row['ssim']:.4f}"
        table.add_row(
            name if row["in_file"] else f"{name} (left out)",
            f"{row['bytes'] / 1e6:.1f}",
            f"{row['ms']:.1f}",
            reference,
            "-" if name == "fp32" else f"{row['ssim_least']:.4f}",
            "-" if name == "fp32" else f"{row['image_psnr_db']:.1f}",
            f"{row['ssim_to_truth']:.3f}" if "ssim_to_truth" in row else "-",
        )
    return table
