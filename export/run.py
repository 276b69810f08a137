"""From a training run's folder to a persona file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from export.parity import Crops
from export.persona_file import ExportReport, export_persona
from models.disguise import random_shape
from models.network import CHANNELS, Wearer
from models.presets import find_preset
from models.rendered import PortraitFaceset
from models.trainer import load_average
from realtime.persona.identity import Identity
from realtime.persona.manifest import TrainedFrom
from realtime.source.expression import ExpressionPath, random_expression

_CROPS = 192
_SEED = 20_001


def export_run(run: Path, *, card: Identity, out: Path, today: date) -> ExportReport:
    """Export the averaged weights of a run.

    Args:
        run: The folder that `thespis train` wrote.
        card: Whose face it is, and on what ground it may be worn.
        out: The persona file to write.
        today: The day of the export.

    Raises:
        TrainingError: There is no whole checkpoint.
        SourceError: A picture that it was trained from is not there any more.
        ExportError: A difference is over its bound.
        PersonaError: The card is past its end date, or the file cannot be written.
    """
    network, trained, step = load_average(run)
    size = find_preset(trained.preset).size
    performer = PortraitFaceset(None if trained.performer == "demo" else Path(trained.performer), size)
    persona = PortraitFaceset(Path(trained.persona), size)
    digests = dict(zip(("performer", "persona"), trained.digests, strict=True))
    return export_persona(
        Wearer(network),
        representative_crops(performer),
        card=card,
        portrait=persona.picture,
        trained_from=TrainedFrom(digests, {"portraits": 2}, step),
        out=out,
        today=today,
        channels=CHANNELS,
    )


def representative_crops(performer: PortraitFaceset, count: int = _CROPS) -> Crops:
    """Inputs as the live loop gives them: the performer as it is, as strangers, and by landmark map alone.

    Args:
        performer: Whose portrait is rendered.
        count: How many.

    Returns:
        (count, 6, S, S) float32, 0 to 1.
    """
    random, path = np.random.default_rng(_SEED), ExpressionPath(_SEED)
    crops = []
    for number in range(count):
        if number % 4 < 2:
            crops.append(performer.seen_input(path.at(number * 0.31), random, recoloured=False))
            continue
        shape = random_shape(performer.renderer.head.rest, random)
        crops.append(performer.seen_input(random_expression(random), random, shape, with_crop=number % 4 == 2))
    return np.stack(crops)
