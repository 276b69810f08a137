"""What a run is put together from: batches, objective, evaluation. The one place that knows how each is made."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from models.batches import Batches
from models.evaluate import Evaluation
from models.material import AND, DEMO, Words, parse_material, split_material
from models.network import PERFORMER, PERSONA, SharedAutoencoder
from models.objective import Objective
from models.presets import Preset
from models.sample import Batch
from models.things.batches import ThingBatches
from models.things.evaluate import ThingEvaluation
from models.things.objective import THING_SIGHT, ThingObjective
from models.things.words import AT, is_thing, parse_thing
from realtime.errors import TrainingError

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(.+)", re.DOTALL)


class PairSource(Protocol):
    """Where batches come from, as `models.batches.Batches`."""

    decoders: tuple[str, ...]
    digests: Mapping[str, str]

    def prepare(
        self, folder: Path, on_progress: Callable[[int, int], None], stop: threading.Event | None = None
    ) -> bool:
        """Make what is needed beforehand; whether it is whole."""

    def __call__(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """One process's share of a step's batch."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run trains with.

    Attributes:
        material: What each decoder paints, in the user's words; the performer's first.
        batches: Where pairs come from.
        objective: Makes the objective, once the device is known.
        evaluation: Makes what tells the quality on held-out pairs, when it is first asked for.
    """

    material: Mapping[str, str]
    batches: PairSource
    objective: Callable[[torch.device], Objective]
    evaluation: Callable[[], Callable[[SharedAutoencoder], float]]


def assemble(performer: str, personas: Sequence[str], preset: Preset, *, seed: int, batch: int | None) -> Parts:
    """Put the parts for a performer and any number of personas together.

    Args:
        performer: Material: `demo`, a photo, or a faceset's folder; or a film of a thing, as `REGION@FILM`.
        personas: The same, or `NAME=MATERIAL`.
        preset: The network.
        seed: Of batches and of what is done to them.
        batch: Pairs in a step; None is what the preset wants.

    Raises:
        TrainingError: A word names nothing that can be trained on.
        RegionError: A film's region is none.
        SourceError: A picture cannot be read.
        FaceError: A picture shows no face.
    """
    material = {name: resolved(text) for name, text in ({PERFORMER: performer} | name_personas(personas)).items()}
    if any(is_thing(text) for text in material.values()):
        things = ThingBatches([parse_thing(*one) for one in material.items()], preset, seed, batch)
        return Parts(
            material=material,
            batches=things,
            objective=lambda device: ThingObjective(preset.size, seed, device, THING_SIGHT),
            evaluation=lambda: ThingEvaluation(things),
        )
    words = [parse_material(name, text) for name, text in material.items()]
    return Parts(
        material=material,
        batches=_batches(words, preset, seed, batch),
        objective=lambda device: Objective(preset.size, seed, device),
        evaluation=lambda: Evaluation(words, preset.size),
    )


def name_personas(personas: Sequence[str]) -> dict[str, str]:
    """Each persona's material by its decoder's name: `persona` for one alone, else the given or the file's name.

    Raises:
        TrainingError: Two have the same name, or one has none that a decoder can bear.
    """
    if len(personas) == 1 and _NAMED.fullmatch(personas[0]) is None:
        return {PERSONA: personas[0]}
    named: dict[str, str] = {}
    for text in personas:
        given = _NAMED.fullmatch(text)
        name, material = given.groups() if given else (re.sub(r"\W+", "-", Path(text).stem).strip("-").lower(), text)
        # A decoder is an attribute of the network's table of decoders, beside that table's own.
        if not name or name == PERFORMER or name in named or hasattr(nn.ModuleDict(), name):
            raise TrainingError(
                f"--persona {text}",
                wanted="a name of its own for each persona",
                got=f"{name or 'none'} again" if name in named else name or "none",
                next_step=f"give it one: --persona NAME={material}",
            )
        named[name] = material
    return named


def with_region(text: str, region: str) -> str:
    """The same material, `NAME=` before it or not, with that region where it names none of its own."""
    given = _NAMED.fullmatch(text)
    name, material = given.groups() if given else ("", text)
    placed = material if is_thing(material) else f"{region}{AT}{material}"
    return f"{name}={placed}" if name else placed


def resolved(text: str) -> str:
    """The same material by whole paths: a run is exported, or goes on, from any folder."""
    if is_thing(text):
        region, _, film = text.partition(AT)
        return f"{region}{AT}{_whole(film)}"
    return AND.join(_whole(part) for part in split_material(text))


def _whole(part: str) -> str:
    path = Path(part)
    return str(path.resolve()) if part != DEMO and path.exists() else part


def _batches(words: Sequence[Words], preset: Preset, seed: int, batch: int | None) -> PairSource:
    return Batches(words, preset, seed, batch)
