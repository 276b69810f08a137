"""From a training run's folder to a persona file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

import numpy as np
import torch

from export.parity import Worn
from export.persona_file import ExportReport, export_persona
from export.precisions import Proof
from export.subject import Subject
from export.things import thing_subject
from models.augment import untouched
from models.checkpoint import RunCard
from models.material import Material, Words, digest_of, parse_material, read_material
from models.network import CHANNELS, PERFORMER, Wearer
from models.pairs import PairMaker
from models.presets import find_preset
from models.sample import Planes, stack
from models.things.words import is_thing
from models.trainer import load_average
from realtime.errors import ExportError
from realtime.frame import BgrImage, Points3
from realtime.persona.identity import Identity
from realtime.persona.manifest import PRECISIONS, TrainedFrom

CROPS = 192
_SEED = 20_001
_COLOURS, _CROP = ("r", "g", "b"), ("r", "g", "b", "local")
_HIDDEN_FROM_STRANGERS = (_CROP, _COLOURS, ())
"""By turns: strangers are seen by the landmark map alone, with what stands out of their crop, or whole."""


def export_run(
    run: Path,
    *,
    card: Identity,
    out: Path,
    today: date,
    persona: str | None = None,
    precisions: Collection[str] = PRECISIONS,
    crops: int = CROPS,
    say: Callable[[str], None] = lambda _: None,
    on_stage: Callable[[str], None] = lambda _: None,
) -> ExportReport:
    """Export the averaged weights of a run.

    Args:
        run: The folder that `thespis train` wrote.
        card: Whose face it is, and on what ground it may be worn.
        out: The persona file to write.
        today: The day of the export.
        persona: Which of the run's personas; None where it has one only.
        precisions: Which the file is to hold.
        crops: How many to calibrate on and to measure by.
        say: Told what a user should know, a line each.
        on_stage: Told what is being done now.

    Raises:
        TrainingError: There is no whole checkpoint.
        TrainingError: What it was trained from is not there any more.
        SourceError: A picture cannot be read.
        ExportError: There is no such persona, a picture is another one now, or a difference is over its bound.
        PersonaError: The card is past its end date, or the file cannot be written.
    """
    card.check(today)
    network, trained, step = load_average(run)
    name = _choose(run, trained, persona)
    if not trained.ended_by:
        far = f"step {step}" + (f" of {trained.steps}" if trained.steps else "")
        say(f"run {run} is not at its end ({far}): the same words of train go on, and the face gets better")
    on_stage("crops to measure by")
    gather = thing_subject if is_thing(trained.material[name]) else face_subject
    subject = gather(run, trained, Wearer(network, name), name, crops)
    return export_persona(
        subject.network,
        subject.proof,
        card=card,
        portrait=subject.portrait,
        trained_from=TrainedFrom(
            digests={"performer": trained.digests[PERFORMER], "persona": trained.digests[name]},
            counts=subject.counts,
            iterations=step,
            seconds=trained.seconds,
            machine=trained.machine or None,
        ),
        out=out,
        today=today,
        channels=subject.channels,
        region=subject.region,
        portrait_points=subject.portrait_points,
        precisions=precisions,
        on_stage=on_stage,
    )


def face_subject(run: Path, trained: RunCard, network: Wearer, name: str, crops: int) -> Subject:
    """A face's persona.

    Args:
        run: The folder that `thespis train` wrote.
        trained: What the run is made of.
        network: Encoder and the persona's decoder.
        name: Of that decoder.
        crops: How many to calibrate on and to measure by.

    Raises:
        TrainingError: What it was trained from is not there any more.
        ExportError: It is another picture now.
        SourceError: A picture cannot be read.
    """
    size = find_preset(trained.preset).size
    words = [parse_material(one, trained.material[one]) for one in (PERFORMER, name)]
    for one in words:
        _check_unchanged(one, trained)
    performer, worn = (read_material(one, size) for one in words)
    proof = representative_crops(performer, worn, size, crops)
    portrait, points = _portrait(worn)
    return Subject(network, proof, portrait, _counts(performer, worn), portrait_points=points)


def representative_crops(performer: Material, persona: Material, size: int, count: int = CROPS) -> Proof:
    """Inputs as the live loop gives them, and what ought to come of each.

    Args:
        performer: Who is seen as it is; strangers are made from it too.
        persona: Who is worn.
        size: Side of the crops in pixels.
        count: How many.
    """
    maker = PairMaker(persona, performer, size, held_out=True)
    samples = stack([maker(np.random.default_rng((_SEED, number))) for number in range(count)])
    inputs = untouched(_tensor(samples.view), _tensor(samples.face_map)).numpy()
    for turn, stranger in enumerate(np.flatnonzero(samples.known == 0)):
        hidden = _HIDDEN_FROM_STRANGERS[turn % len(_HIDDEN_FROM_STRANGERS)]
        inputs[stranger, [CHANNELS.index(name) for name in hidden]] = 0
    return Proof(inputs, Worn(_tensor(samples.image).numpy(), _tensor(samples.mask).numpy()))


def _check_unchanged(words: Words, trained: RunCard) -> None:
    """Refuse another picture under the same name: it would stand for the persona, under the old one's digest.

    Crops of footage may have been pruned since.

    Raises:
        ExportError: It is another.
    """
    if words.footage is None and digest_of(words) != trained.digests[words.name]:
        raise ExportError(
            f"photo {trained.material[words.name]}",
            wanted="the one that the run was trained on",
            got="another picture",
            next_step="put it back",
        )


def _tensor(planes: Planes) -> torch.Tensor:
    return torch.from_numpy(planes).float() / 255


def _choose(run: Path, trained: RunCard, persona: str | None) -> str:
    personas = [name for name in trained.decoders if name != PERFORMER]
    if persona in personas:
        return persona
    if persona is None and len(personas) == 1:
        return personas[0]
    raise ExportError(
        f"run {run}",
        wanted="one of its personas: " + ", ".join(personas),
        got=persona or "",
        next_step="give --persona",
    )


def _counts(*faces: Material) -> dict[str, int]:
    counts = {
        "portraits": sum(face.portrait is not None for face in faces),
        "crops": sum(len(face.footage.records) for face in faces if face.footage is not None),
    }
    return {what: count for what, count in counts.items() if count}


def _portrait(persona: Material) -> tuple[BgrImage, Points3]:
    """The picture that stands for it, with its points: its photo, or the sharpest crop of its footage."""
    if persona.portrait is not None:
        return persona.portrait.picture, persona.portrait.landmarks_px
    assert persona.footage is not None
    sharpest = max(persona.footage.records, key=lambda record: record.sharpness)
    return persona.footage.crop(sharpest), sharpest.landmarks
