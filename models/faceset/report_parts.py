"""Pieces of a report's page: pictures, cells, tables, charts. Every name that comes from outside is escaped here."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

import cv2
import numpy as np

from models.faceset.assessment import MatchAssessment, SetAssessment
from models.faceset.axes import PITCH, YAW, Axis, Floats, facing, pose_wanted
from models.faceset.coverage import Cell
from models.faceset.record import FaceRecord
from models.faceset.verdict import Grade
from realtime.errors import TrainingError

_SIDE = 144
"""Of the pictures, in pixels: sharp on a phone's screen, and a hundred of them stay under a megabyte."""
_QUALITY = 80
TONES = {Grade.GOOD: "good", Grade.BEGIN: "begin", Grade.SHORT: "short"}
"""Classes of the style sheet."""
_SIGNS = {Grade.GOOD: "✓", Grade.BEGIN: "◐", Grade.SHORT: "✕"}
_ROLES = ("one", "two")
_CHART_WH = (440, 140)


def badge(grade: Grade) -> str:
    """A grade as a coloured sign with words, so that it is not told by colour alone."""
    sign = f'<span aria-hidden="true">{_SIGNS[grade]}</span>'
    return f'<span class="badge {TONES[grade]}">{sign} {escape(grade.words)}</span>'


def words_list(sentences: Sequence[str]) -> str:
    """Sentences as a list."""
    return '<ul class="words">' + "".join(f"<li>{escape(text)}</li>" for text in sentences) + "</ul>"


def picture(owner: SetAssessment, record: FaceRecord, alt: str) -> str:
    """A crop, small, inside the page; a damaged one leaves a hole that says so."""
    try:
        crop = owner.coverage.faceset.crop(record)
    except TrainingError:
        return f'<div class="hole" role="img" aria-label="{escape(record.file)} cannot be read"></div>'
    small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    data = base64.b64encode(coded.tobytes()).decode("ascii")
    return (
        f'<img src="data:image/jpeg;base64,{data}" width="{_SIDE}" height="{_SIDE}" '
        f'alt="{escape(alt)}" title="{escape(record.file)}">'
    )


def findings_table(sets: Sequence[SetAssessment]) -> str:
    """For each rule what is wanted, and what each set got."""
    heads = ["got"] if len(sets) == 1 else [each.name for each in sets]
    rows = []
    for found in zip(*(each.findings for each in sets), strict=True):
        rule = found[0]
        cells = [
            (head, f"<b>{each.say(each.got)}</b> {badge(each.grade)}") for head, each in zip(heads, found, strict=True)
        ]
        cells += [("to begin", rule.say(rule.begin)), ("good", rule.say(rule.good))]
        rows.append(_row(f"{escape(rule.title)}<small>{escape(rule.why)}</small>", cells))
    return figures_table(["rule", *heads, "to begin", "good"], rows)


def match_table(match: MatchAssessment, performer: str, persona: str) -> str:
    """For each group of axes what two sets share."""
    there, back = (
        f"of {one}’s faces, {two} has one alike" for one, two in ((performer, persona), (persona, performer))
    )
    heads = (there, "to begin", "good", back, "histograms in common")
    rows = []
    for overlap, found in zip(match.overlaps, match.findings, strict=True):
        figures = (
            f"<b>{percent(overlap.performer_in_persona)}</b> {badge(found.grade)}",
            found.say(found.begin),
            found.say(found.good),
            percent(overlap.persona_in_performer),
            percent(overlap.intersection),
        )
        rows.append(_row(escape(overlap.title), list(zip(heads, figures, strict=True))))
    return figures_table(["shared", *heads], rows)


def origins_table(each: SetAssessment) -> str:
    """How many faces come from each medium."""
    rows = [_row(escape(origin), [("faces", f"{count:,}")]) for origin, count in each.coverage.origins.items()]
    return figures_table(["where the faces come from", "faces"], rows)


def figures_table(heads: Sequence[str], rows: Sequence[str]) -> str:
    """A table of figures; on a phone each row is stacked, and its cells say themselves what they are."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return f'<table class="figures"><thead><tr>{columns}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def percent(share: float) -> str:
    """A share, 0 to 1, rounded down."""
    return "none" if math.isnan(share) else f"{math.floor(100 * share + 1e-9)} %"


def _row(head: str, cells: Sequence[tuple[str, str]]) -> str:
    """A row of HTML cells, each with the plain words that head its column."""
    inside = "".join(f'<td data-label="{escape(label)}">{cell}</td>' for label, cell in cells)
    return f'<tr><th scope="row">{head}</th>{inside}</tr>'


def pose_grid(sets: Sequence[SetAssessment]) -> str:
    """Turn by nod: one sample and a count in each cell, laid out as the heads are seen in the picture."""
    head = "".join(f'<th scope="col">{escape(each.label)}</th>' for each in YAW.bins)
    rows = []
    for row, nod in enumerate(PITCH.bins):
        cells = []
        for column in range(len(YAW.bins)):
            found = [each.coverage.poses[row][column] for each in sets]
            cells.append(_cell(sets, found, facing(row, column), wanted=pose_wanted(row, column)))
        rows.append(f'<tr><th scope="row">{escape(nod.label)}</th>{"".join(cells)}</tr>')
    return (
        '<table class="cells poses"><colgroup><col class="head"></colgroup>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def strip(sets: Sequence[SetAssessment], axis: Axis) -> str:
    """One axis: a column for each bin."""
    head = "".join(f'<th scope="col">{escape(each.label)}</th>' for each in axis.bins)
    strips = [each.coverage.strip(axis) for each in sets]
    cells = "".join(
        _cell(sets, [cells[place] for cells in strips], bin.words, wanted=bin.wanted)
        for place, bin in enumerate(axis.bins)
    )
    return (
        f'<div><h3>{escape(axis.title)}</h3><table class="cells"><thead><tr>{head}</tr></thead>'
        f"<tbody><tr>{cells}</tr></tbody></table></div>"
    )


def _cell(sets: Sequence[SetAssessment], cells: Sequence[Cell], words: str, *, wanted: bool) -> str:
    paired = len(sets) > 1
    figures = []
    for owner, cell, role in zip(sets, cells, _ROLES, strict=False):
        kind = f"{cell.fill}{' wanted' if wanted else ''}{f' {role}' if paired else ''}"
        name = f"{owner.name}, " if paired else ""
        shown = (
            picture(owner, cell.sample, f"{name}{words}")
            if cell.sample
            else f'<div class="hole" role="img" aria-label="{escape(name)}nothing {escape(words)}"></div>'
        )
        figures.append(f'<figure class="{kind}">{shown}<figcaption>{_count(owner, cell)}</figcaption></figure>')
    inside = "".join(figures)
    return f"<td>{f'<div class=pair>{inside}</div>' if paired else inside}</td>"


def _count(owner: SetAssessment, cell: Cell) -> str:
    if not cell.faces:
        return "none"
    seconds = f" <small>in {cell.moments:,} s</small>" if owner.coverage.footage_s else ""
    return f"{cell.faces:,}{seconds}"


def chart(values: Floats, label: str, unit: str, marks: Mapping[str, float]) -> str:
    """A histogram as inline SVG.

    Args:
        values: (N,) what is counted; N > 0.
        label: What it is, for those who do not see it.
        unit: Behind the figures of the scale.
        marks: Lines to draw, by name.
    """
    width, height = _CHART_WH
    top = float(max(values.max(), *marks.values())) * 1.06 if marks else float(values.max()) * 1.02
    top = top or 1.0
    counts, edges = np.histogram(values, bins=40, range=(0.0, top))
    scale = _scale(width, top)
    floor, roof = height - 22, 26
    bars = "".join(
        f'<rect class="bar" x="{scale(left):.1f}" y="{floor - (floor - roof) * count / counts.max():.1f}" '
        f'width="{scale(right) - scale(left) - 1.5:.1f}" height="{(floor - roof) * count / counts.max():.1f}" rx="1"/>'
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        if count
    )
    lines = "".join(
        f'<line class="mark" x1="{scale(at):.1f}" x2="{scale(at):.1f}" y1="16" y2="{floor}"/>'
        f'<text class="mark-text" x="{scale(at):.1f}" y="11" text-anchor="{_anchor(scale(at) / width)}">'
        f"{escape(name)} {at:g}</text>"
        for name, at in marks.items()
    )
    low, middle, high = np.percentile(values, (10, 50, 90))
    said = f"{label}: nine in ten from {low:.3g}, half from {middle:.3g}, one in ten from {high:.3g}{unit} upwards"
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">'
        f'<line class="axis" x1="0" x2="{width}" y1="{floor}" y2="{floor}"/>{bars}{lines}'
        f'<text x="0" y="{height - 6}">0</text>'
        f'<text x="{width}" y="{height - 6}" text-anchor="end">{top:.3g}{escape(unit)}</text></svg>'
        f'<p class="note">{escape(said)}.</p>'
    )


def _anchor(place: float) -> str:
    """Which end of a text stands at a place, 0 to 1, so that it stays inside the chart."""
    return "start" if place < 0.15 else "end" if place > 0.85 else "middle"


def _scale(width: int, top: float) -> Callable[[float], float]:
    return lambda value: width * value / top
