"""`thespis train`: a network that wears one or more faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thespis.options.persona import parse_region

if TYPE_CHECKING:
    from models.trainer import Trainer
    from thespis.screen import Screen

PersonaOption = Annotated[
    list[str],
    typer.Option("--persona", help="The face to be worn: a photo, or footage. Again for more.", metavar="[NAME=]Y"),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="What of the films is worn, where that is no face: box:LEFT,TOP,WIDTH,HEIGHT or colour:NAME. "
        "REGION@FILM says it for one film.",
        metavar="R",
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="The run's folder; one that is there goes on.", metavar="RUN")]
PerformerOption = Annotated[
    str, typer.Option("--performer", help="Who performs while it trains: demo, a photo, or footage.", metavar="X")
]
PresetOption = Annotated[
    str, typer.Option("--preset", help="Which network: lite, standard or ultra; small for things and first looks.")
]
StepsOption = Annotated[
    int | None, typer.Option("--steps", min=1, help="Where it ends; a finished run goes on to a later end.")
]
MinutesOption = Annotated[float | None, typer.Option("--minutes", min=0.01, help="How long it lasts in all.")]
PatienceOption = Annotated[
    int | None, typer.Option("--patience", min=0, help="Evaluations without a rise before it winds down; 0 is never.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed and material give the same network.")]
BatchOption = Annotated[int | None, typer.Option("--batch", min=1, help="Pairs in a step, all devices together.")]
PrecisionOption = Annotated[str, typer.Option("--precision", help="auto, fp32, bf16 or fp16.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
DevicesOption = Annotated[int | None, typer.Option("--devices", min=1, help="How many, on each machine.")]
NodesOption = Annotated[int | None, typer.Option("--nodes", min=1, help="How many machines, under torchrun.")]
WarmStartOption = Annotated[
    Path | None, typer.Option("--warm-start", help="A run whose encoder a new one begins with.", metavar="RUN")
]
AdversarialOption = Annotated[
    float | None,
    typer.Option("--adversarial", min=0.0, max=1.0, help="Power of the patch discriminator; 0 is none, 0.1 is much."),
]
AdversarialFromOption = Annotated[
    float | None, typer.Option("--adversarial-from", min=0.0, max=0.99, help="Share of the run after which it joins.")
]
PreviewOption = Annotated[int, typer.Option("--preview-every", min=1, help="Steps between preview pictures.")]
SaveOption = Annotated[int, typer.Option("--save-every", min=1, help="Steps between checkpoints.")]
EvaluateOption = Annotated[int, typer.Option("--evaluate-every", min=0, help="Steps between evaluations; 0 is none.")]
TensorboardOption = Annotated[bool, typer.Option(help="Curves and pictures for TensorBoard, in the run's folder.")]


def command(
    persona: PersonaOption,
    out: OutOption,
    performer: PerformerOption = "demo",
    region: RegionOption = None,
    preset: PresetOption = "lite",
    steps: StepsOption = None,
    minutes: MinutesOption = None,
    patience: PatienceOption = None,
    seed: SeedOption = 0,
    batch: BatchOption = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "auto",
    devices: DevicesOption = None,
    nodes: NodesOption = None,
    warm_start: WarmStartOption = None,
    adversarial: AdversarialOption = None,
    adversarial_from: AdversarialFromOption = None,
    preview_every: PreviewOption = 250,
    save_every: SaveOption = 250,
    evaluate_every: EvaluateOption = 250,
    tensorboard: TensorboardOption = True,
) -> None:
    """Train personas from photos or footage. Ctrl-C saves; the same words again go on from there."""
    from thespis.places import check_folder

    check_folder("--out", out)  # first: torch takes its time to load
    from rich.console import Console

    from models.assembly import with_region
    from models.material import DEMO
    from models.request import TrainingRequest
    from models.trainer import Trainer
    from realtime.region.catalog import FACE_WORDS
    from thespis.films import as_facesets
    from thespis.screen import Screen

    if region is not None and region != FACE_WORDS:
        parse_region(region)
        if performer == DEMO:
            raise typer.BadParameter(f"--region {region} is for films: give --performer one, too")
        performer, persona = with_region(performer, region), [with_region(one, region) for one in persona]
    performer, *persona = as_facesets([performer, *persona], out, Screen())
    request = TrainingRequest(
        performer=performer,
        personas=tuple(persona),
        out=out,
        preset=preset,
        steps=steps,
        minutes=minutes,
        patience=patience,
        seed=seed,
        batch=batch,
        precision=precision,
        device=device,
        devices=devices,
        nodes=nodes,
        warm_start=warm_start,
        adversarial=adversarial,
        adversarial_from=adversarial_from,
        preview_every=preview_every,
        save_every=save_every,
        evaluate_every=evaluate_every,
        tensorboard=tensorboard,
    )
    trainer = Trainer(request)
    train(trainer, Screen(None if trainer.first else Console(quiet=True)))


def train(trainer: Trainer, screen: Screen) -> None:
    """Run it before a user's eyes, to its end or to Ctrl-C."""
    import threading

    from thespis.loop import ending_well
    from thespis.training_lines import TrainingLines

    stop, lines = threading.Event(), TrainingLines(screen)
    for line in (*lines.opening(trainer), *trainer.said):
        screen.say(line)
    with ending_well(stop.set), lines.moving() as (prepared, stepped):
        trainer.run(stepped, stop, prepared)
    for line in lines.closing(trainer):
        screen.say(line)
