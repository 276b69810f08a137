"""Pieces of a report's page: pictures, cells, tables, charts. Every name that comes from outside is escaped here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape

import cv2
import numpy as np

from models.faceset.assessment import SetAssessment
from models.faceset.axes import PITCH, YAW, Axis, Floats, facing, pose_wanted
from models.faceset.coverage import Cell
from models.faceset.record import FaceRecord
from models.faceset.verdict import Finding, Grade
from realtime.errors import TrainingError

_SIDE = 144
"""Of the pictures, in pixels: sharp on a phone's screen, and a hundred of them stay under a megabyte."""
_QUALITY = 80
TONES = {Grade.GOOD: "good", Grade.BEGIN: "begin", Grade.SHORT: "short"}
"""Classes of the style sheet."""
_SIGNS = {Grade.GOOD: "✓", Grade.BEGIN: "◐", Grade.SHORT: "✕"}
_ROLES = ("one", "two")
_CHART_WH = (640, 150)


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


def findings_table(findings: Sequence[Finding]) -> str:
    """What was wanted and what was got."""
    rows = "".join(
        f'<tr><th scope="row">{escape(found.title)}<small>{escape(found.why)}</small></th>'
        f"<td><b>{found.say(found.got)}</b></td><td>{badge(found.grade)}</td>"
        f'<td class="wide">{found.say(found.begin)}</td><td>{found.say(found.good)}</td></tr>'
        for found in findings
    )
    return (
        '<table class="figures"><thead><tr><th scope="col"></th><th scope="col">got</th><th scope="col"></th>'
        '<th scope="col" class="wide">to begin</th><th scope="col">to be good</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


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
        f'<text class="mark-text" x="{scale(at):.1f}" y="11" text-anchor="middle">{escape(name)} {at:g}</text>'
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


def _scale(width: int, top: float) -> Callable[[float], float]:
    return lambda value: width * value / top
