"""Training: how fast, how much faster than the published network, how good after how long, and is it safe to kill.

    python -m benchmarks.training speed [--minutes M] [--preset P] [--json F]
    python -m benchmarks.training race  [--minutes M] [--json F]       at most M minutes for each of the two networks
    python -m benchmarks.training curve RUN [--plot F.png] [--json F]  reads what `thespis train` wrote
    python -m benchmarks.training kill  [--kills N] [--json F]

What is measured, and how, stands in `benchmarks.speed`, `race`, `curve` and `kills`. All train the built-in performer
and one public-domain portrait; runs go to a temporary folder, or to `--out` to keep them and their rendered pairs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from matplotlib import cbook
from rich.console import Console
from rich.table import Table

from realtime.errors import ThespisError


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    words = _parser().parse_args(arguments)
    try:
        with _place(words.out if words.what != "curve" else None) as place:
            report = {"what": words.what, **_measure(words, place), "date": date.today().isoformat()}
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(make_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    for name, minutes in (("speed", 5.0), ("race", 20.0)):
        one = what.add_parser(name)
        one.add_argument("--minutes", type=float, default=minutes)
        one.add_argument("--preset", default="lite")
        one.add_argument("--pool", type=int, help="pairs rendered beforehand; the preset's number where left out")
        if name == "race":
            one.add_argument("--evaluate-every", type=int, default=50, help="steps")
            one.add_argument("--goal", type=float, default=0.80, help="SSIM")
    curve = what.add_parser("curve")
    curve.add_argument("run", type=Path)
    curve.add_argument("--plot", type=Path, help="draw it, as PNG or SVG")
    kill = what.add_parser("kill")
    kill.add_argument("--kills", type=int, default=20)
    for one in what.choices.values():
        one.add_argument(
            "--photo", type=Path, default=None, help="the persona's; the built-in persona's where left out"
        )
        one.add_argument("--out", type=Path, help="keep runs and rendered pairs there")
        one.add_argument("--json", type=Path, help="write all figures there")
    return parser


def _measure(words: argparse.Namespace, place: Path) -> Mapping[str, object]:
    # Each brings in torch, which reading a curve can do without.
    photo = words.photo or Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    if words.what == "curve":
        from benchmarks.curve import draw_curve, report_curve

        if words.plot:
            draw_curve(words.run, words.plot)
        return report_curve(words.run)
    if words.what == "kill":
        from benchmarks.kills import measure_kills

        return measure_kills(photo, place, words.kills)
    from benchmarks.speed import Bench, measure_speed

    bench = Bench(photo, words.preset, place, words.pool)
    if words.what == "speed":
        return measure_speed(bench, words.minutes)
    from benchmarks.race import measure_race

    return measure_race(bench, words.minutes, words.evaluate_every, words.goal)


@contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="thespis-benchmark-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def make_table(report: Mapping[str, Any]) -> Table:
    """One line for each figure; lists are left to the JSON."""
    table = Table("figure", "value", title=f"training: {report['what']}")
    for name, value in _flat(report):
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value))
    return table


def _flat(report: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in report.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list) and name != "what":
            yield f"{prefix}{name}", value


if __name__ == "__main__":
    sys.exit(main())
