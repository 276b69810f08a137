"""Likeness: does the worn face look like the persona, do what the performer does, and keep still?

    python -m benchmarks.quality [--persona P] [--precision X] [--clips DIR] [--frames N] [--json F]

The built-in performer, on paths that training never saw, has a known truth: the persona's own portrait rendered in
the same expression and light. Clips of real people have none; there the persona is rendered in the expression that
is read from the performer's face points, and movements are compared with the performer's own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.likeness import Likeness, PersonaTruth, Truth, compare, default_clips, in_crop
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.errors import ThespisError
from realtime.face.align import CROP_SIDE, scale_crop
from realtime.face.finder import FaceFinder
from realtime.face.landmarks import FaceMesh
from realtime.frame import BgrImage, Frame, Points2, Points3
from realtime.persona.autoencoder import Swapper
from realtime.persona.catalog import load_persona
from realtime.persona.crop import cut_crop
from realtime.source.base import Source
from realtime.source.expression import Expression
from realtime.source.portrait import PortraitPerformer
from realtime.source.reading import eye_opening, mouth_opening, read_expression
from realtime.source.video import VideoSource

_SEEDS = (70_001, 70_002)
"""Paths of the built-in performer; training draws single expressions and knows no path at all."""


@dataclass
class Tally:
    """What is gathered over one source."""

    frames: int = 0
    faces: int = 0
    worn: int = 0
    likeness: list[Likeness] = field(default_factory=list)
    mouths: list[tuple[float, float]] = field(default_factory=list)
    eyes: list[tuple[float, float]] = field(default_factory=list)
    points: list[tuple[Points2, Points2]] = field(default_factory=list)
    shown: list[BgrImage] = field(default_factory=list)
    reference: list[BgrImage] = field(default_factory=list)


class Bench:
    """The live loop's own stages, one frame after the other, and a detector of its own that looks at the result."""

    def __init__(self, persona_name: str, precision: str) -> None:
        self.persona = load_persona(persona_name)
        self.swapper = Swapper(self.persona, "auto", precision)
        self.truth = PersonaTruth(self.persona, self.persona.manifest.crop_size)

    def watch(self, source: Source, frames: int | None, what: str) -> Tally:
        """Wear the persona over a source and gather figures."""
        finder, match, composite = FaceFinder(), ColourMatch(), Composite()
        seen_before, seen_after, tally = FaceMesh(), FaceMesh(), Tally()
        with source:
            for frame in track(_frames(source, frames), what, total=frames, console=Console(stderr=True)):
                before = frame.image.copy()
                found = finder(frame)
                own = seen_before(before)
                tally.frames += 1
                tally.faces += bool(own)
                if not found.faces or not own:
                    continue
                swapped = self.swapper(found)
                shown = composite(match(swapped))
                tally.worn += shown.worn
                self._gather(tally, before, swapped, shown, own[0], seen_after(shown.image))
        for part in (finder, seen_before, seen_after):
            part.close()
        return tally

    def _gather(
        self, tally: Tally, before: BgrImage, swapped: Frame, shown: Frame, own: Points3, after: list[Points3]
    ) -> None:
        rendered = swapped.truth is not None
        truth = self.truth(_expression(swapped, own))
        tally.likeness.append(compare(before, swapped, shown, truth))
        face = swapped.faces[0]
        size = self.truth.size
        crop_from_frame = scale_crop(face.crop_from_frame, size)
        tally.shown.append(cut_crop(shown.image, crop_from_frame, size))
        tally.reference.append(truth.crop if rendered else cut_crop(before, crop_from_frame, size))
        if after:
            tally.mouths.append((mouth_opening(own), mouth_opening(after[0])))
            tally.eyes.append((eye_opening(own), eye_opening(after[0])))
            tally.points.append((_true_points(truth, rendered, own, swapped), in_crop(after[0], face)))


def _frames(source: Source, limit: int | None) -> Iterator[Frame]:
    count = 0
    while (limit is None or count < limit) and (frame := source.read()) is not None:
        count += 1
        yield frame


def _expression(frame: Frame, own: Points3) -> Expression:
    if frame.truth is None:
        return read_expression(own)
    assert isinstance(frame.truth.expression, Expression)
    # Brightness is the colour match's, not the network's.
    return replace(frame.truth.expression, shift_x=0.0, shift_y=0.0, zoom=1.0, exposure=1.0)


def _true_points(truth: Truth, rendered: bool, own: Points3, frame: Frame) -> Points2:
    """Where the worn face's points should be, in distances between the eyes; a stranger's own where that is unknown."""
    if rendered:
        return (truth.points + 0.5) / len(truth.crop) * np.float32(CROP_SIDE)
    return in_crop(own, frame.faces[0])


def figures(tally: Tally, *, rendered: bool) -> dict[str, float | int | None]:
    """One source's figures. A stranger's shape is not the persona's: there movements alone are compared."""
    wanted, got = (np.array([pair[side] for pair in tally.points]) for side in (0, 1))
    if not rendered and len(wanted):
        wanted, got = wanted - wanted.mean(0), got - got.mean(0)
    error = float(np.linalg.norm(wanted - got, axis=2).mean()) if len(wanted) else None
    common: dict[str, float | int | None] = {
        "frames": tally.frames,
        "worn_fraction": tally.worn / max(tally.faces, 1),
        "nearer_fraction": _mean([one.nearer for one in tally.likeness]),
        "expression_error": error,
        "mouth_correlation": _correlation(tally.mouths),
        "eye_correlation": _correlation(tally.eyes),
        "flicker_ratio": _flicker(tally.shown) / max(_flicker(tally.reference), 1e-6),
        "ssim_shown": _mean([one.ssim_shown for one in tally.likeness]),
        "ssim_to_performer": _mean([one.ssim_to_performer for one in tally.likeness]),
        "rim_ciede2000": _mean([one.rim_ciede2000 for one in tally.likeness]),
    }
    if rendered:
        common |= {
            "ssim": _mean([one.ssim for one in tally.likeness]),
            "psnr_db": _mean([one.psnr_db for one in tally.likeness]),
            "mask_iou": _mean([one.mask_iou for one in tally.likeness]),
        }
    return common


def _mean(values: list[float] | list[bool]) -> float | None:
    return float(np.mean(values)) if values else None


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    if len(pairs) < 3:
        return None
    own, worn = np.array(pairs).T
    return float(np.corrcoef(own, worn)[0, 1]) if own.std() > 0 and worn.std() > 0 else None


def _flicker(crops: list[BgrImage]) -> float:
    """Mean second difference in time: what trembles, not what moves evenly."""
    changes: list[npt.NDArray[np.float64]] = []
    inner = slice(len(crops[0]) // 4, -len(crops[0]) // 4) if crops else slice(None)
    for first, middle, last in zip(crops, crops[1:], crops[2:], strict=False):
        trio = [crop[inner, inner].astype(np.int32) for crop in (first, middle, last)]
        changes.append(np.abs(trio[0] - 2 * trio[1] + trio[2]).mean())
    return float(np.mean(changes)) if changes else 0.0


def measure(persona: str, precision: str, clips: Path, frames: int) -> dict[str, Any]:
    """All figures, keys as documented in the design.

    Args:
        persona: Name or file.
        precision: See `Swapper`.
        clips: A folder of films of real people; none is fine.
        frames: How many frames of the built-in performer.
    """
    bench = Bench(persona, precision)
    whole = Tally()
    for seed in _SEEDS:
        part = bench.watch(
            PortraitPerformer(seed=seed, paced=False), frames // len(_SEEDS), f"built-in performer, path {seed}"
        )
        for name in ("likeness", "mouths", "eyes", "points", "shown", "reference"):
            getattr(whole, name).extend(getattr(part, name))
        whole.frames, whole.faces, whole.worn = (
            whole.frames + part.frames,
            whole.faces + part.faces,
            whole.worn + part.worn,
        )
    films = sorted(clips.glob("*.mp4")) if clips.is_dir() else []
    return {
        "persona": bench.persona.name,
        "precision": bench.swapper.precision,
        **figures(whole, rendered=True),
        "mask_iou_occluded": None,
        "clips": {
            film.stem: figures(bench.watch(VideoSource(film), None, film.stem), rendered=False) for film in films
        },
        "date": date.today().isoformat(),
    }


def _table(report: dict[str, Any]) -> Table:
    columns = {"built-in performer": report, **report["clips"]}
    table = Table("figure", *columns, title=f"{report['persona']}, {report['precision']}")
    skipped = {"persona", "precision", "clips", "date"}
    for name in (key for key in report if key not in skipped):
        cells = [columns[column].get(name) for column in columns]
        table.add_row(name, *("-" if cell is None else f"{cell:.3f}".rstrip("0").rstrip(".") for cell in cells))
    return table


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--persona", default="hopper")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--clips", type=Path, default=default_clips())
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--json", type=Path)
    words = parser.parse_args(arguments)
    try:
        report = measure(words.persona, words.precision, words.clips, words.frames)
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
