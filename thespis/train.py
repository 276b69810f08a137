"""`thespis train`: a network that one portrait wears another's face with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PerformerOption = Annotated[
    str, typer.Option("--performer", help="Who performs while it trains: demo, or a portrait.", metavar="X")
]
PersonaOption = Annotated[Path, typer.Option("--persona", help="The portrait to be worn.", metavar="PHOTO")]
OutOption = Annotated[Path, typer.Option("--out", help="The run's folder; one that is there goes on.", metavar="RUN")]
PresetOption = Annotated[str, typer.Option("--preset", help="Which network.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, help="Training steps; the preset knows best.")]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed and pictures give the same network.")]
PrecisionOption = Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
PreviewOption = Annotated[int, typer.Option("--preview-every", min=1, help="Steps between preview pictures.")]


def command(
    persona: PersonaOption,
    out: OutOption,
    performer: PerformerOption = "demo",
    preset: PresetOption = "lite",
    steps: StepsOption = None,
    seed: SeedOption = 0,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "auto",
    preview_every: PreviewOption = 250,
) -> None:
    """Train a persona from one photo. Ctrl-C saves; the same words again go on from there."""
    import threading

    from models.trainer import Progress, Trainer, TrainingRequest
    from thespis.loop import ending_well
    from thespis.screen import Screen

    trainer = Trainer(
        TrainingRequest(
            performer=None if performer == "demo" else Path(performer),
            persona=persona,
            out=out,
            preset=preset,
            steps=steps,
            seed=seed,
            precision=precision,
            device=device,
            preview_every=preview_every,
        )
    )
    screen, stop = Screen(), threading.Event()
    card = trainer.card
    screen.say(f"{preset} network on {trainer.device}, {card.precision}; steps {trainer.step} of {card.steps} done")
    screen.say(f"previews and checkpoints: {out}")
    with ending_well(stop.set), screen.progress("training") as move:

        def show(progress: Progress) -> None:
            move(progress.step, card.steps, f"step {progress.step} of {progress.steps}, loss {progress.paired:.3f}")

        trainer.run(show, stop)
    screen.say(f"step {trainer.step} of {card.steps}: look at {out}/preview-{trainer.step:06d}.jpg")
    if trainer.step < card.steps:
        screen.say("the same words again go on from here")
    else:
        screen.say(f"next: thespis export {out} --identity IDENTITY.toml --out NAME.persona")
