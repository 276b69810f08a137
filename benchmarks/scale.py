"""How the cost of a frame grows (`python -m benchmarks.scale`): with faces, its size, the persona's, and with cores.

    faces     1, 2 and 4 people in view at 1280x720, each as large as the others
    sizes     640x480 to 3840x2160 with the same face in them, as many pixels of it in each
    personas  crops of 128 to 512 pixels through networks of our own, untrained, in fp32 and int8
    cores     1 to 16 of them, as far as this machine has so many: the live loop, and `thespis swap` by as many workers

Processor time of a frame is told part by part, all threads together: the loop's own stages are called one after the
other, and what one calls of another is the other's. `other_ms` is all that is neither MediaPipe's mesh (`detection`)
nor the network; `copies_ms` what of it goes over the whole frame and cannot do without. Frames a second are those of
the loop in its own threads, with a source as fast as it is asked.

Run it on a machine that does nothing else. `load_before` says how many programs were at work when it began: where that
is not nearly 0, frames a second are too low, and processor times a little too high.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from benchmarks.affinity import cores_here
from benchmarks.scaling import axes
from benchmarks.scaling.plot import draw
from benchmarks.scaling.sheets import in_page, sheets

AXES = ("faces", "sizes", "personas", "cores")


def measure(only: list[str], plan: axes.Plan) -> dict[str, Any]:
    """The axes that are asked for, one after the other."""
    here = len(cores_here())
    report: dict[str, Any] = {
        "date": date.today().isoformat(),
        "cores": here,
        "frames": plan.frames,
        "load_before": round(psutil.getloadavg()[0], 1),
    }
    if "faces" in only:
        report["by_faces"] = axes.by_faces(plan)
    if "sizes" in only:
        report["by_size"] = axes.by_size(plan)
        report["growth"] = axes.growth(report["by_size"])
    if "personas" in only:
        report["by_crop"] = axes.by_crop(plan)
    if "cores" in only:
        report["by_cores"] = axes.by_cores(plan, here)
    return report


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=_axes, default=list(AXES), help=f"some of {','.join(AXES)}", metavar="AXIS,…")
    parser.add_argument("--frames", type=int, default=300, help="of each figure; fewer where a frame takes long")
    parser.add_argument("--film-seconds", type=float, help="length of the film; by default a piece for each core, 60 s")
    parser.add_argument("--from", type=Path, dest="before", help="tell figures that --json wrote, and measure nothing")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--png", type=Path, help="draw them there")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--page", type=Path, help="put them in the place of those in a page, as benchmarks/RESULTS.md")
    words = parser.parse_args(arguments)
    if words.before:
        report = json.loads(words.before.read_text(encoding="utf-8"))
    else:
        tell = partial(Console(stderr=True).print, highlight=False)
        with tempfile.TemporaryDirectory(prefix="thespis-scale-") as folder:
            report = measure(words.only, axes.Plan(words.frames, words.film_seconds, Path(folder), tell))
    screen = Console()
    for sheet in sheets(report):
        if words.markdown:
            sys.stdout.write(sheet.as_markdown() + "\n\n")
        else:
            screen.print(sheet.on_screen())
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if words.png:
        draw(report, words.png)
    if words.page:
        words.page.write_text(in_page(words.page.read_text(encoding="utf-8"), report), encoding="utf-8")
    return 0


def _axes(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(AXES):
        raise argparse.ArgumentTypeError(f"wanted some of {','.join(AXES)}, got {','.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    sys.exit(main())
