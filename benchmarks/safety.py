"""What people trust us with, measured: leaks, faults, hours of running (`python -m benchmarks.safety`).

    python -m benchmarks.safety [--only leaks,faults,…] [--soak-minutes M] [--json F] [--keep DIR]

`leaks`: output frames that show the performer's own face, judged from pixels (`realtime.witness`) with the performer's
place known in every frame (`benchmarks.scenes`). `changes`: twenty other personas while live. `faults`: what breaks,
whether output went on, and how long until the next good frame (`benchmarks.faults`). `watermark`: found and not found
(`benchmarks.watermark`). `credentials`: of a recording, and with one byte changed (`benchmarks.altered`). `soak`:
growth of resident memory after the first minute, threads and open files left (`benchmarks.soak`). It ends with 1 where
anything leaked, did not go on, or was missed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.table import Table

from benchmarks import faults, leaks, scenes
from benchmarks.altered import measure_altered
from benchmarks.change import play as play_changes
from benchmarks.likeness import default_clips
from benchmarks.round_table import CARD, photos
from benchmarks.scenes import Moment
from benchmarks.soak import soak
from benchmarks.watermark import measure as measure_watermark
from realtime.errors import ThespisError
from realtime.persona.catalog import load_persona
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona

PARTS = ("leaks", "changes", "faults", "watermark", "credentials", "soak")
_CHANGES_S, _CHANGES = 30.0, 20
_FAULT_MOMENTS = 120

Report = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    words = _parser().parse_args(arguments)
    only = words.only.split(",") if words.only else list(PARTS)
    if unknown := set(only) - set(PARTS):
        sys.stderr.write(f"--only: wanted {', '.join(PARTS)}; got {', '.join(sorted(unknown))}\n")
        return 2
    report: Report = {"frames": 0, "leaks": 0}
    with tempfile.TemporaryDirectory() as folder:
        load = _personas(Path(folder))
        if "leaks" in only:
            _add(report, _leaks(words, load[0]()))
        if "changes" in only:
            _add(report, _changes(load))
        if "faults" in only:
            _add(report, _faults(words.fault))
        if "watermark" in only:
            report |= measure_watermark(words.clips, words.windows)
        if "credentials" in only:
            report |= measure_altered(load[0](), Path(folder))
        if "soak" in only:
            report["soak"] = soak(words.soak_minutes, load)
            report["leaks"] += report["soak"]["leaks"]
            report["frames"] += report["soak"]["frames"]
    report["date"] = date.today().isoformat()
    Console().print(*make_tables(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if kept(report) else 1


def kept(report: Report) -> bool:
    """Whether everything that was measured is as it is promised."""
    asked = report.get("watermark_asked", {})
    signed = report.get("credentials", {"valid": True, "unnoticed": 0})
    return (
        not report["leaks"]
        and all(fault["went_on"] for fault in report.get("faults", ()))
        and all(report["watermark"][name] >= least for name, least in asked.items())
        and not report.get("watermark_false_alarms")
        and signed["valid"]
        and not signed["unnoticed"]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.safety", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, default=default_clips(), help="folder of films of real people")
    parser.add_argument("--only", help=f"parts, out of {','.join(PARTS)}")
    parser.add_argument("--fault", help="only the faults with this in their name")
    parser.add_argument("--scene", help="only the scenes with this in their name")
    parser.add_argument(
        "--detect-hz",
        type=float,
        default=math.inf,
        help="in the scenes, how often faces are searched for at most; they have 30 frames a second, so with 15 every "
        "second one is followed, over twice as much motion as live",
    )
    parser.add_argument("--windows", type=int, default=10_000, help="without a watermark")
    parser.add_argument("--soak-minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--keep", type=Path, help="write pictures of the frames that leaked there")
    return parser


def _personas(folder: Path) -> list[Callable[[], Persona]]:
    photo = folder / "photo.png"
    cv2.imwrite(str(photo), photos()[1])  # not the performer's own, which would be a leak by itself
    return [lambda: load_persona("hopper"), lambda: persona_of_photo(photo, CARD, today=date.today())]


def _add(report: Report, part: Report) -> None:
    """Put a part's figures in; frames and leaks are counted over all of them."""
    report |= {name: value for name, value in part.items() if name not in ("frames", "leaks")}
    for name in ("frames", "leaks"):
        report[name] += part[name]


def _leaks(words: argparse.Namespace, persona: Persona) -> Report:
    rows = []
    console = Console(stderr=True)
    for name, moments in _every_scene(words):
        tally = leaks.play(name, moments, persona, detect_hz=words.detect_hz)
        rows.append(_row(tally, words.keep))
        console.print(f"{name}: {tally.frames} frames, {tally.worn} worn, {tally.leaks} leaks, {tally.most_own:.2f}")
    if not words.scene or words.scene in "starts and stops":
        rows.append(_row(leaks.starts(persona, _moments()), words.keep))
    return {
        "scenes": rows,
        "frames": sum(row["frames"] for row in rows),
        "leaks": sum(row["leaks"] for row in rows),
    }


def _every_scene(words: argparse.Namespace) -> Iterator[tuple[str, Iterator[Moment]]]:
    for name, moments in chain(leaks.clip_scenes(words.clips), leaks.performer_scenes()):
        if not words.scene or words.scene in name:
            yield name, moments


def _row(tally: leaks.Tally, keep: Path | None) -> Report:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(tally.pictures):
            cv2.imwrite(str(keep / f"{tally.name.replace(' ', '-').replace(',', '')}-{number}.png"), picture)
    return {
        "name": tally.name,
        "frames": tally.frames,
        "judged": tally.judged,
        "worn": tally.worn,
        "leaks": tally.leaks,
        "most_own": round(tally.most_own, 3),
    }


def _changes(load: list[Callable[[], Persona]]) -> Report:
    told = play_changes(_CHANGES_S, load, changes=True)
    if told["changes"] < _CHANGES:
        raise ThespisError("persona changes", wanted=f"{_CHANGES} of them", got=str(told["changes"]))
    return {"changes": told, "frames": told["frames"], "leaks": told["leaks"]}


def _moments() -> list[Moment]:
    """What a camera sees: the built-in performer, there and back, so that nothing jumps."""
    there = list(islice(scenes.performer(60, 5), _FAULT_MOMENTS))
    return there + there[::-1]


def _faults(only: str | None) -> Report:
    moments = _moments()
    outcomes = [faults.play(name, fault, moments) for name, fault in faults.FAULTS.items() if not only or only in name]
    return {
        "faults": [asdict(outcome) for outcome in outcomes],
        "frames": sum(outcome.frames for outcome in outcomes),
        "leaks": sum(outcome.leaks for outcome in outcomes),
    }


def make_tables(report: Report) -> list[Table]:
    """What is shown on screen."""
    tables = []
    for name, columns in (
        ("scenes", ("name", "frames", "judged", "worn", "leaks", "most_own")),
        ("faults", ("name", "went_on", "recovery_s", "longest_pause_s", "frames", "leaks")),
    ):
        if name in report:
            table = Table(*columns, title=name)
            for row in report[name]:
                table.add_row(*(_shown(row[column]) for column in columns))
            tables.append(table)
    whole = Table("figure", "value", title="safety")
    left_out = ("scenes", "faults", "watermark_curve", "watermark_asked", "watermark_least_score")
    singles: Mapping[str, Any] = {name: value for name, value in report.items() if name not in left_out}
    for name, value in singles.items():
        if isinstance(value, dict):
            for inner, number in value.items():
                whole.add_row(f"{name}: {inner}", _shown(number))
        else:
            whole.add_row(name, _shown(value))
    return [*tables, whole]


def _shown(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
