"""Figures as tables: on screen, and as Markdown for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.table import Table

from benchmarks.gpu import NOT_MEASURED
from benchmarks.scaling.meter import COPIES, DETECTION, ELSEWHERE, NETWORK

Report = Mapping[str, Any]

BEGIN, END = "<!-- figures of benchmarks.scale -->", "<!-- end of figures -->"
"""Between these two lines a page has its tables."""

QUIET = 0.5
"""Load under which a machine is as good as idle."""

PARTS = (DETECTION, NETWORK, "find", "swap", "colour", "composite", "conceal", "badge", *COPIES, ELSEWHERE)
"""In the order in which they are told."""


class Sheet(NamedTuple):
    """One table.

    Attributes:
        title: What it is of.
        head: Of its columns.
        rows: As many words each.
        notes: Lines below it.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def on_screen(self) -> Table:
        """For a terminal."""
        table = Table(*self.head, title=self.title, caption="\n".join(self.notes), caption_justify="left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """For a page."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([f"**{self.title}**", table, *self.notes])


def in_page(page: str, report: Report) -> str:
    """A page with the tables of this report in the place of those that it has.

    Raises:
        ValueError: It does not say where.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"wanted a page with the lines {BEGIN} and {END}")
    return (
        before + "\n\n".join([BEGIN, told_of(report), *(sheet.as_markdown() for sheet in sheets(report)), END]) + after
    )


def told_of(report: Report) -> str:
    """When, where and how thoroughly it was measured, and whether in peace."""
    cores, load = report["cores"], float(report["load_before"])
    said = f"{report['date']}, {cores} core{'s' * (cores > 1)}, {report['frames']} frames each."
    if load > QUIET:
        said += (
            f" Other programs were at work (load {load:.1f}): frames a second, and shares of them, are worth nothing."
        )
    return said


def sheets(report: Report) -> Iterator[Sheet]:
    """A table for each axis that was measured."""
    for name, make in (("by_faces", _faces), ("by_size", _sizes), ("by_crop", _crops), ("by_cores", _cores)):
        if report.get(name):
            yield make(report)


def _faces(report: Report) -> Sheet:
    rows = report["by_faces"]
    head = ["", *(f"{row['faces']} face{'s' * (row['faces'] > 1)}" for row in rows)]
    seen = [
        [words, *(f"{row[name]:.1%}" for row in rows)]
        for name, words in (("found_share", "frames in which all are found"), ("worn_share", "all wear the persona"))
    ]
    title = "Faces in view, 1280x720, all as large: processor time of a frame, ms"
    return Sheet(title, head, [*seen, *_by_part(rows)])


def _sizes(report: Report) -> Sheet:
    rows, grown = report["by_size"], report["growth"]
    head = ["", *("x".join(map(str, row["size"])) for row in rows)]
    alone = [
        [f"alone: {words}", *(f"{row['alone_ms'][name]:.2f}" for row in rows)]
        for name, words in (("copy", "one copy of a frame"), ("convert", "BGR to YUV 4:2:0, which an output may ask"))
    ]
    notes = []
    if grown["ratio"] is not None:
        notes = [
            f"4K takes {grown['ratio']:.2f} times what 720p takes of all that is neither detection nor network; "
            f"{grown['ratio_without_copies']:.2f} times without {', '.join(COPIES)}."
        ]
    title = "Size of the frame, the same face in it: processor time of a frame, ms"
    return Sheet(title, head, [*_by_part(rows), *alone], notes)


def _by_part(rows: Sequence[Report]) -> list[list[str]]:
    parts = [[name, *(f"{row['parts_ms'].get(name, 0.0):.2f}" for row in rows)] for name in PARTS]
    sums = [("all", "cpu_ms", ".1f"), ("neither detection nor network", "other_ms", ".2f")]
    sums += [(f"of it {', '.join(COPIES)}", "copies_ms", ".2f")]
    told = [[words, *(format(row[name], form) for row in rows)] for words, name, form in sums]
    return [*parts, *told, ["frames a second, unpaced", *(f"{row['fps_unpaced']:.1f}" for row in rows)]]


def _crops(report: Report) -> Sheet:
    head = [
        "crop",
        "network",
        "10⁹ multiply-adds",
        "fp32, ms",
        "int8, ms",
        "10⁹ a second in int8",
        "all but mesh and network, ms",
    ]
    head += ["frames a second, fp32", "int8"]
    rows = []
    for row in report["by_crop"]:
        wide, small = row["fp32"], row["int8"]
        rows.append(
            [
                str(row["crop"]),
                row["network"],
                f"{row['billion_multiply_adds']:.1f}",
                f"{wide['parts_ms'][NETWORK]:.1f}",
                f"{small['parts_ms'][NETWORK]:.1f}",
                f"{1e3 * row['billion_multiply_adds'] / small['parts_ms'][NETWORK]:.0f}",
                f"{small['other_ms']:.1f}",
                f"{wide['fps_unpaced']:.1f}",
                f"{small['fps_unpaced']:.1f}",
            ]
        )
    return Sheet("Side of the persona's crop; untrained networks, 1280x720, one face", head, rows)


def _cores(report: Report) -> Sheet:
    head = ["cores", "live loop, frames a second, unpaced", "times one core"]
    head += ["`thespis swap`, frames a second", "of linear", "processor time, s"]
    rows = []
    for row in report["by_cores"]:
        told = [str(row["cores"])]
        if row["fps_live"] == NOT_MEASURED:
            told += [NOT_MEASURED] * (len(head) - 1)
        else:
            told += [f"{row['fps_live']:.1f}", f"{row['live_times']:.2f}"]
            told += [f"{row['fps_film']:.1f}", f"{row['film_of_linear']:.0%}", f"{row['cpu_s_film']:.0f}"]
        rows.append(told)
    return Sheet("Cores", head, rows)
