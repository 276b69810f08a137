"""Likeness: does the worn face look like the persona, do what the performer does, and keep still?

    python -m benchmarks.quality [--persona P] [--precision X] [--clips DIR] [--frames N] [--ceiling] [--json F]

Three kinds of performers. The built-in one, on paths that training never saw, has a known truth: the persona's own
portrait rendered in the same expression and light. So have rendered strangers (`strangers`), who are of other shapes
and colours than anybody trained on. Clips of real people have none; there the persona is rendered in the expression
that is read from the performer's face points.

With `--ceiling` that truth itself is worn in place of what the network paints: what is then read is what the yardstick
allows, and a figure that could not be reached so would measure the yardstick.

Figures, means over frames:

ssim, psnr_db
    Of the network's crop to the truth, over the true mask (Wang et al., 2004; Gaussian window of sigma 1.5).
int8_minus_fp32_ssim
    SSIM in int8 less SSIM in fp32, on the same crops.
nearer_fraction
    Frames whose worn face, as shown, has a higher SSIM to the truth in the light of the scene than to the performer.
expression_error
    Distance between points found on the worn face and points that the same detector finds on the truth worn in the
    same way, all 478, in distances between the eyes. `expression_error_strict` holds them against the points as
    drawn: the detector's own bias is in it (with the truth worn, 0.03). For a clip it compares movements about
    each point's mean with the stranger's own, whose face is of another shape.
mouth_correlation, eye_correlation
    Over frames, of the performer's opening (as drawn; on clips as the detector reads it) with the worn face's. The
    mouth is read by the detector, the eyes by comparison with renders of the persona at nine openings
    (`benchmarks.eyes`), since detectors do not see lids behind glasses. `..._detector` reads all by the detector.
turn_correlation
    The lesser of yaw's and pitch's correlation, smoothed over 0.3 s, of those that vary by more than 10 degrees.
flicker_ratio
    Frame-to-frame change of the worn face less what moves, over the performer's own. In the same aligned crop each
    picture's last frame is warped onto the present one by its own optical flow; what is left over the face, as a
    mean in grey levels, is divided by the picture's own mean slope, since the same error of motion shows more on a
    face of more contrast. `flicker_ratio_unweighted` leaves that out; `flicker_to_truth` holds it against the truth
    worn, and `tremble_to_truth` does so for second differences in time, without any flow to explain a tremble away.
rim_ciede2000
    Of the shown to the performer's picture, along the outline of the persona's mask (Sharma, Wu and Dalal, 2005).
mask_iou, mask_iou_occluded
    Of the network's mask with the true one; and with the true one less a hand, mug, microphone and hair drawn across
    the performer (`benchmarks.occluded`; `obstacle_kept`: the share of the obstacle that is shown as it was;
    `obstacle_worn_fraction`: the share of such frames that count as worn; all others are concealed).
    `strangers_occluded` has the same of rendered strangers, of whom the network may be shown less (`--sight`).
worn_fraction, read_fraction
    Frames with a face that wear the persona; of those, frames in which the detector finds the worn face.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import TARGETS, average, figures
from benchmarks.likeness import default_clips
from benchmarks.occluded import rendered_stranger, watch_obstacles
from benchmarks.strangers import STRANGERS, StrangerPerformer
from benchmarks.worn import Bench, Tally
from realtime.errors import ThespisError
from realtime.persona.autoencoder import SIGHTS, STRANGER_SIGHT
from realtime.source.portrait import PortraitPerformer
from realtime.source.video import VideoSource

SEEDS = (70_001, 70_002, 70_003, 70_004)
"""Paths of the built-in performer; training draws its paths from seeds of a million and more."""
_STRANGER_SEED = 70_021
_NOT_FIGURES = (
    "persona",
    "precision",
    "ceiling",
    "sight",
    "strangers",
    "strangers_occluded",
    "clips",
    "targets",
    "date",
)


def measure(
    persona: str,
    precision: str,
    clips: Path,
    frames: int,
    *,
    ceiling: bool = False,
    strangers: int | None = None,
    sight: str = STRANGER_SIGHT,
    card: Path | None = None,
    performer: Path | None = None,
    detect_hz: float = math.inf,
) -> dict[str, Any]:
    """All figures, keys as documented in the design.

    Args:
        persona: Name or file.
        precision: See `NetworkSwapper`.
        clips: A folder of films of real people; none is fine.
        frames: How many frames of the built-in performer.
        ceiling: Wear the truth, see above.
        strangers: How many frames of rendered strangers; None is as many as of the built-in performer.
        sight: What the network is shown of strangers, rendered and real, see `NetworkSwapper`.
        card: Says whose face it is, where the persona is a photo.
        performer: Portrait of the performer; None is the built-in one.
        detect_hz: How often faces are searched for, at most.
    """
    bench = Bench(persona, precision, card=card, ceiling=ceiling, stranger_sight=sight, detect_hz=detect_hz)
    whole = Tally()
    for seed in SEEDS:
        source = PortraitPerformer(performer, seed=seed, paced=False)
        whole.extend(bench.watch(source, frames // len(SEEDS), f"built-in performer, path {seed}"))
    each = (frames if strangers is None else strangers) // len(STRANGERS)
    others = {
        name: figures(bench.watch(StrangerPerformer(name, _STRANGER_SEED + number), each, name), rendered=True)
        for number, name in enumerate(STRANGERS if each else ())
    }
    films = sorted(clips.glob("*.mp4")) if clips.is_dir() else []
    occluded: dict[str, float | None] = {"mask_iou_occluded": None}
    report: dict[str, Any] = {
        "persona": bench.persona.name,
        "precision": bench.swapper.precision,
        "ceiling": ceiling,
        "sight": sight,
        **figures(whole, rendered=True),
        **(occluded if ceiling else watch_obstacles(bench, frames // 2).figures()),
        "strangers": others,
        "strangers_occluded": watch_obstacles(bench, each * len(STRANGERS) // 2, rendered_stranger).figures()
        if each and not ceiling
        else {},
        "clips": {
            film.stem: figures(bench.watch(VideoSource(film), None, film.stem), rendered=False) for film in films
        },
    }
    if bench.swaps_ms:
        report["swap_ms"] = statistics.median(bench.swaps_ms)
    return {**report, "targets": judge(report), "date": date.today().isoformat()}


def judge(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What is asked of a report, one entry for each figure and source: `figure`, `source`, `asked`, `got`, `met`."""
    sources = [("built-in performer", report, False), *((name, one, True) for name, one in report["clips"].items())]
    return [
        {"figure": figure, "source": name, "asked": target.asked(clips=clip), "got": one.get(figure), "met": met}
        for figure, target in TARGETS.items()
        for name, one, clip in sources
        if (met := target.met(one.get(figure), clips=clip)) is not None
    ]


def make_table(report: dict[str, Any]) -> Table:
    """Figures by source beside what is asked; what misses is marked."""
    columns: dict[str, tuple[dict[str, Any], bool | None]] = {"built-in performer": (report, False)}
    if report["strangers"]:
        strangers = average(report["strangers"].values()) | report["strangers_occluded"]
        columns["rendered strangers"] = (strangers, None)
    columns |= {name: (one, True) for name, one in report["clips"].items()}
    title = f"{report['persona']}, {'the truth worn: the ceiling' if report['ceiling'] else report['precision']}"
    table = Table("figure", "asked", "asked of clips", title=title)
    for name in columns:
        table.add_column(name, justify="right")
    rest = [key for key in report if key not in TARGETS and key not in _NOT_FIGURES]
    for name in ("frames", *TARGETS, *(key for key in rest if key != "frames")):
        target = TARGETS.get(name)
        asked = [target.asked(clips=clips) if target else "" for clips in (False, True)]
        cells = []
        for one, clips in columns.values():
            met = target.met(one.get(name), clips=clips) if target and clips is not None else None
            cells.append(_cell(one.get(name), met))
        table.add_row(name, *asked, *cells)
    return table


def _cell(value: float | int | None, met: bool | None) -> str:
    if value is None:
        return "-"
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"[red]{text} ✗[/red]" if met is False else f"[green]{text} ✓[/green]" if met else text


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--persona", default="hopper", help="name, file or photo")
    parser.add_argument("--identity", type=Path, help="beside a photo: the TOML file that says whose face it is")
    parser.add_argument("--performer", type=Path, help="another portrait than the built-in one")
    parser.add_argument("--precision", default="auto", help="auto, fp32, fp16 or int8")
    parser.add_argument("--clips", type=Path, default=default_clips(), help="a folder of films of real people")
    parser.add_argument("--frames", type=int, default=600, help="of the built-in performer, and of the strangers")
    parser.add_argument("--strangers", type=int, help="frames of the strangers, where another number is wanted")
    parser.add_argument("--sight", choices=tuple(SIGHTS), default=STRANGER_SIGHT, help="what is shown of strangers")
    parser.add_argument("--detect-hz", type=float, default=math.inf, help="search for faces so often in a second")
    parser.add_argument("--ceiling", action="store_true", help="wear the truth: what the yardstick itself allows")
    parser.add_argument("--json", type=Path, help="write all figures there")
    words = parser.parse_args(arguments)
    try:
        report = measure(
            words.persona,
            words.precision,
            words.clips,
            words.frames,
            ceiling=words.ceiling,
            strangers=words.strangers,
            sight=words.sight,
            card=words.identity,
            performer=words.performer,
            detect_hz=words.detect_hz,
        )
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(make_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
