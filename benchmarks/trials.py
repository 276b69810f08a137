"""What each part of the training's variety is worth to strangers (`python -m benchmarks.trials`).

Each row of `TRIALS` changes one thing. For each, the same small network is trained from the two public-domain portraits
with the same seed for the same number of steps, exported in fp32, and worn over films of real people, which nothing is
ever trained on, and over one rendered stranger whose truth is known.

Figures are those of `benchmarks.quality`. Those of the expression say something only where the worn face is nearer to
the persona: a network that paints nothing lets the performer's own mouth through. Small networks, few steps, one seed:
differences of a few hundredths say nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matplotlib import cbook
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.figures import Figures, figures
from benchmarks.likeness import default_clips
from benchmarks.strangers import STRANGERS, StrangerPerformer
from benchmarks.worn import Bench
from export.persona_file import export_persona
from export.run import representative_crops
from models.assembly import Parts
from models.augment import held_down
from models.average import load_average
from models.batches import Batches
from models.evaluate import Evaluation
from models.material import parse_material, read_material
from models.network import PERFORMER, PERSONA, Painted, Wearer
from models.objective import Objective
from models.presets import Preset, find_preset
from models.request import TrainingRequest
from models.sample import Batch
from models.trainer import Trainer
from models.variety import PairVariety, SightVariety, Variety
from realtime.errors import ThespisError, TrainingError
from realtime.frame import Frame
from realtime.persona.autoencoder import STRANGER_SIGHT
from realtime.persona.identity import Identity
from realtime.persona.manifest import TrainedFrom
from realtime.source.video import VideoSource

_PRESET = "small"
_STEPS, _POOL, _FRAMES, _EVERY, _SEED = 300, 640, 45, 5, 1
_STRANGER, _STRANGER_SEED = "long dark face", 70_021
_RENDERED = "rendered"
_CROPS = 16
_HALF = 128 / 255
"""How bright an eye's opening is in the map; irises are drawn brighter."""
_SETTINGS = ("steps", "pool", "frames", "every", "rendered")
_NEVER_DROPPED = SightVariety(own_seen=1.0, no_crop=0.0, no_colour=0.0)
_ALL_SIGHTS = ("map", "local", "crop")
_SHOWN = (
    "nearer_fraction",
    "mouth_correlation",
    "eye_correlation",
    "turn_correlation",
    "expression_error",
    "flicker_ratio",
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One row: what differs, and by what of a stranger the network is then worn.

    Attributes:
        variety: What it is trained with.
        sights: Keys of `realtime.persona.autoencoder.SIGHTS`.
    """

    variety: Variety
    sights: tuple[str, ...] = (STRANGER_SIGHT,)


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        "as it is": Trial(Variety(), _ALL_SIGHTS),
        "crop never shown": Trial(Variety(sight=SightVariety(own_seen=0.0, no_crop=1.0, no_colour=1.0))),
        "crop never dropped": Trial(Variety(sight=_NEVER_DROPPED), ("crop",)),
        "no strangers, crop never dropped": Trial(Variety(PairVariety(own=1.0), _NEVER_DROPPED), ("crop",)),
        "strangers in the portraits' skins": Trial(Variety(pairs=PairVariety(painted=0.0)), _ALL_SIGHTS),
        "no irises in the map": Trial(Variety(sight=SightVariety(ceilings={"map_eyes": _HALF}))),
        "no shape jitter": Trial(Variety(pairs=PairVariety(shape=0.0, jitter=0.0))),
        "expressions as in life only": Trial(Variety(pairs=PairVariety(talking_own=1.0, talking_strangers=1.0))),
        "one portrait for all strangers": Trial(Variety(pairs=PairVariety(performer_strangers=1.0))),
        "no local contrast": Trial(
            Variety(sight=SightVariety(no_crop=0.5, no_colour=0.5, ceilings={"local": 0.0})), ("map", "crop")
        ),
    }
)


class EveryFew(VideoSource):
    """A film of which one frame in so many is read: what a face does in a short while is seen in few frames.

    Args:
        address: A path.
        every: One in so many.
    """

    def __init__(self, address: Path, every: int) -> None:
        super().__init__(address)
        self._every = every

    def open(self) -> None:
        """As `VideoSource.open`."""
        super().open()
        self.fps /= self._every

    def read(self) -> Frame | None:
        """The next frame that counts."""
        frame = super().read()
        for _ in range(self._every - 1):
            super().read()
        return frame


class SharedPool:
    """Batches whose pairs lie in one folder for all trials that draw them alike.

    Args:
        batches: Where pairs come from.
        folder: Where they are kept.
    """

    def __init__(self, batches: Batches, folder: Path) -> None:
        self._batches, self._folder = batches, folder
        self.decoders, self.digests = batches.decoders, batches.digests

    def prepare(self, _: Path, on_progress: Callable[[int, int], None], stop: threading.Event | None = None) -> bool:
        """As `Batches.prepare`, in the shared folder."""
        return self._batches.prepare(self._folder, on_progress, stop)

    def __call__(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """As `Batches`."""
        return self._batches(step, rank, world)


class HeldDown(nn.Module):
    """A persona's network that sees, when worn, what it was shown in training.

    Args:
        wearer: The network.
        ceilings: As in `SightVariety`.
    """

    def __init__(self, wearer: Wearer, ceilings: Mapping[str, float]) -> None:
        super().__init__()
        self.wearer, self._ceilings = wearer, ceilings

    def forward(self, inputs: Tensor) -> Painted:
        """Swap a batch of crops."""
        painted: Painted = self.wearer(held_down(inputs, self._ceilings))
        return painted


@dataclass(frozen=True, slots=True)
class Stage:
    """Where trials are held; alike for all of them.

    Attributes:
        work: A folder for runs, pools and personas.
        steps: Training steps.
        pool: Rendered pairs.
        frames: Frames of each film.
        every: Of a film, one frame in so many is taken; over 1, flicker is no flicker any more.
        rendered: Frames of the rendered stranger; 0 leaves it out.
        clips: A folder of films of real people.
    """

    work: Path
    steps: int = _STEPS
    pool: int = _POOL
    frames: int = _FRAMES
    every: int = _EVERY
    rendered: int = _FRAMES
    clips: Path = field(default_factory=default_clips)

    def hold(self, name: str) -> dict[str, dict[str, Figures]]:
        """Train, export and measure one trial: figures by sight and source.

        Raises:
            ThespisError: It cannot be trained, exported or worn.
        """
        trial = TRIALS[name]
        persona = self._export(self._train(name, trial), name, trial)
        return {sight: self._measure(persona, sight) for sight in trial.sights}

    def _train(self, name: str, trial: Trial) -> Path:
        """The run's folder."""
        run = self.work / "runs" / _plain(name)
        request = TrainingRequest(
            performer="demo",
            personas=(_photo(),),
            out=run,
            preset=_PRESET,
            steps=self.steps,
            seed=_SEED,
            evaluate_every=0,
            preview_every=self.steps,
            save_every=self.steps,
            tensorboard=False,
        )
        Trainer(request, make_parts(trial.variety, replace(find_preset(_PRESET), pool=self.pool), self.work)).run(
            lambda _: None
        )
        return run

    def _export(self, run: Path, name: str, trial: Trial) -> Path:
        """The persona file, fp32 alone."""
        network, card, step = load_average(run)
        size = find_preset(card.preset).size
        performer, worn = (read_material(parse_material(one, card.material[one]), size) for one in (PERFORMER, PERSONA))
        assert worn.portrait is not None
        out = self.work / f"{_plain(name)}.persona"
        export_persona(
            HeldDown(Wearer(network), trial.variety.sight.ceilings).eval(),
            representative_crops(performer, worn, size, _CROPS),
            card=Identity("Grace Hopper", "public-domain", died=1992, source="matplotlib, grace_hopper.jpg"),
            portrait=worn.portrait.picture,
            trained_from=TrainedFrom(digests=dict(card.digests), counts={"portraits": 2}, iterations=step),
            out=out,
            today=date.today(),
            precisions=("fp32",),
        )
        return out

    def _measure(self, persona: Path, sight: str) -> dict[str, Figures]:
        """Figures of each film by its name, and of the rendered stranger."""
        bench = Bench(str(persona), "fp32", stranger_sight=sight)
        films = sorted(self.clips.glob("*.mp4")) if self.clips.is_dir() else []
        measured = {
            film.stem: figures(bench.watch(EveryFew(film, self.every), self.frames, film.stem), rendered=False)
            for film in films
        }
        if self.rendered:
            drawn = StrangerPerformer(_STRANGER, _STRANGER_SEED + list(STRANGERS).index(_STRANGER))
            measured[_RENDERED] = figures(bench.watch(drawn, self.rendered, _RENDERED), rendered=True)
        return measured


def make_parts(variety: Variety, preset: Preset, work: Path) -> Parts:
    """What a trial's run is put together from.

    Args:
        variety: What differs.
        preset: The network, and how many pairs it is trained on.
        work: Where pools lie, one for each way of drawing pairs.
    """
    material = {PERFORMER: "demo", PERSONA: _photo()}
    words = [parse_material(name, text) for name, text in material.items()]
    batches = Batches(words, preset, _SEED, variety=variety.pairs)
    unlike = (f"{name}-{value:g}" for name, value in variety.pairs.unlike_usual().items())
    return Parts(
        material=material,
        batches=SharedPool(batches, work / "pools" / ("_".join(unlike) or "usual")),
        objective=lambda device: Objective(preset.size, _SEED, device, variety.sight),
        evaluation=lambda: Evaluation(words, preset.size),
    )


def make_table(report: Mapping[str, Mapping[str, Mapping[str, Figures]]]) -> Table:
    """A line for each trial and sight: of every figure, the films' values one by one, then the rendered stranger's."""
    table = Table("trial", "worn by", *_SHOWN, "ssim, rendered")
    for name, sights in report.items():
        for sight, sources in sights.items():
            cells = (_cell(one.get(figure) for one in sources.values()) for figure in _SHOWN)
            table.add_row(name, sight, *cells, _cell([sources.get(_RENDERED, {}).get("ssim")]))
    return table


def _cell(values: Iterable[float | int | None]) -> str:
    return " / ".join("-" if value is None else f"{value:.2f}" for value in values)


def _photo() -> str:
    return str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))


def _plain(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def _read(path: Path | None, settings: Mapping[str, int]) -> dict[str, dict[str, dict[str, Figures]]]:
    """Trials that were held before in the same way.

    Raises:
        TrainingError: They were held in another way.
    """
    if path is None or not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text())
    held = {name: found.get(name) for name in settings}
    if held != settings:
        raise TrainingError(
            f"trials {path}", wanted=json.dumps(settings), got=json.dumps(held), next_step="give another --json"
        )
    return dict(found["trials"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold the trials, one after the other; what a JSON file holds already is not held again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trials", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=tuple(TRIALS), default=tuple(TRIALS), metavar="NAME")
    parser.add_argument("--steps", type=int, default=_STEPS, help="training steps of each")
    parser.add_argument("--pool", type=int, default=_POOL, help="rendered pairs")
    parser.add_argument("--frames", type=int, default=_FRAMES, help="of each film")
    parser.add_argument("--every", type=int, default=_EVERY, help="one frame in so many of a film")
    parser.add_argument("--rendered", type=int, default=_FRAMES, help="frames of the rendered stranger; 0 for none")
    parser.add_argument("--clips", type=Path, default=default_clips(), help="a folder of films of real people")
    parser.add_argument("--work", type=Path, default=Path("trials"), help="a folder for runs, pools and personas")
    parser.add_argument("--json", type=Path, help="write all figures there, after each trial")
    words = parser.parse_args(arguments)
    settings = {"seed": _SEED, **{name: getattr(words, name) for name in _SETTINGS}}
    # Runs that are there would go on, and pools be found: each way of holding trials has a folder of its own.
    work = words.work / f"{words.steps}-steps-{words.pool}-pairs"
    stage = Stage(work, words.steps, words.pool, words.frames, words.every, words.rendered, words.clips)
    try:
        report = _read(words.json, settings)
        for name in words.only:
            if name in report:
                continue
            report[name] = stage.hold(name)
            if words.json:
                words.json.write_text(json.dumps({**settings, "trials": report}, indent=2) + "\n")
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(make_table(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
