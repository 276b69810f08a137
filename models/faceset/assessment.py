"""One faceset, or two that are to be swapped, assessed: all that a report says, before it becomes a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.faceset.axes import AXES, PITCH, YAW
from models.faceset.coverage import Cell, Coverage, Gap
from models.faceset.index import Faceset
from models.faceset.matching import Lack, Overlap, intersections, judge_match, lacks, overlaps
from models.faceset.verdict import Finding, Grade, judge, softness, verdict


@dataclass(frozen=True, slots=True)
class SetAssessment:
    """One faceset.

    Attributes:
        name: What the report calls it.
        coverage: Its crops, sorted.
        findings: Every rule applied.
        gaps: What is missing.
    """

    name: str
    coverage: Coverage
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]

    @property
    def grade(self) -> Grade:
        """The verdict."""
        return verdict(self.findings)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in plain words."""
        if not self.coverage.faces:
            return ("No face at all: everything was set aside, or the footage showed none.",)
        soft = softness(self.coverage)
        return (*((soft,) if soft else ()), *(gap.sentence for gap in self.gaps))


@dataclass(frozen=True, slots=True)
class MatchAssessment:
    """Two facesets held against each other; the first performs, the second is worn.

    Attributes:
        overlaps: What they share, group by group.
        axes: Histogram intersection of each axis by itself.
        findings: Every rule applied.
        performer_only: What the performer has and the persona lacks.
        persona_only: The other way round.
    """

    overlaps: tuple[Overlap, ...]
    axes: dict[str, float]
    findings: tuple[Finding, ...]
    performer_only: tuple[Lack, ...]
    persona_only: tuple[Lack, ...]

    @property
    def grade(self) -> Grade:
        """The verdict."""
        return verdict(self.findings)


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that a report says.

    Attributes:
        sets: One or two.
        match: Of two sets; None of one.
    """

    sets: tuple[SetAssessment, ...]
    match: MatchAssessment | None

    @property
    def grade(self) -> Grade:
        """As good as the worst part."""
        grades = [each.grade for each in self.sets]
        return min(grades if self.match is None else [*grades, self.match.grade])

    @property
    def held_back_by(self) -> tuple[str, ...]:
        """The rules that the verdict comes from; none where all is good."""
        if self.grade is Grade.GOOD:
            return ()
        whose = [(f"{each.name}’s " if self.match else "", each.findings) for each in self.sets]
        if self.match is not None:
            whose.append(("", self.match.findings))
        return tuple(
            f"{who}{found.title.lower()}" for who, every in whose for found in every if found.grade == self.grade
        )

    def figures(self) -> dict[str, Any]:
        """As one JSON object."""
        found: dict[str, Any] = {
            "verdict": self.grade.words,
            "sets": [_set_figures(each) for each in self.sets],
        }
        if self.match is not None:
            found["match"] = _match_figures(self.match, *(each.name for each in self.sets))
        return found


def assess(facesets: Sequence[Faceset]) -> Assessment:
    """Assess one faceset, or two: the performer's first, then the persona's."""
    names = _names([faceset.folder for faceset in facesets])
    sets = []
    for name, faceset in zip(names, facesets, strict=True):
        coverage = Coverage(faceset)
        sets.append(SetAssessment(name, coverage, judge(coverage), coverage.gaps() if coverage.faces else ()))
    if len(sets) < 2:
        return Assessment(tuple(sets), None)
    one, other = (each.coverage for each in sets)
    shared = overlaps(one, other)
    match = MatchAssessment(
        shared, intersections(one, other), judge_match(shared), lacks(one, other), lacks(other, one)
    )
    return Assessment(tuple(sets), match)


def _names(folders: Sequence[Path]) -> list[str]:
    """Folders by their last part, or wholly where that is the same."""
    short = [folder.resolve().name for folder in folders]
    if len(set(short)) == len(short):
        return short
    return [
        str(folder) if len(set(folders)) == len(folders) else f"{folder} ({number})"
        for number, folder in enumerate(folders, 1)
    ]


def _number(value: float, places: int = 4) -> float | None:
    return None if math.isnan(value) else round(value, places)


def _set_figures(each: SetAssessment) -> dict[str, Any]:
    coverage = each.coverage
    return {
        "name": each.name,
        "folder": str(coverage.faceset.folder),
        "verdict": each.grade.words,
        "faces": len(coverage.faces),
        "footage_s": coverage.footage_s,
        "photos": coverage.photos,
        "set_aside": {reason: len(faces) for reason, faces in coverage.aside.items()},
        "eyes_px": {f"p{percent}": _number(coverage.eyes_px(percent), 1) for percent in (10, 50, 90)},
        "findings": [_finding_figures(finding) for finding in each.findings],
        "poses": [
            {"pitch": PITCH.bins[row].label, "yaw": YAW.bins[column].label, **_cell_figures(cell)}
            for row, cells in enumerate(coverage.poses)
            for column, cell in enumerate(cells)
        ],
        "axes": {
            axis.name: [
                {"bin": bin.label, **_cell_figures(cell)}
                for bin, cell in zip(axis.bins, coverage.strip(axis), strict=True)
            ]
            for axis in AXES
        },
        "missing": list(each.missing),
    }


def _match_figures(match: MatchAssessment, performer: str, persona: str) -> dict[str, Any]:
    return {
        "verdict": match.grade.words,
        "findings": [_finding_figures(finding) for finding in match.findings],
        "overlaps": {
            overlap.name: {
                "performer_in_persona": _number(overlap.performer_in_persona),
                "persona_in_performer": _number(overlap.persona_in_performer),
                "intersection": _number(overlap.intersection),
            }
            for overlap in match.overlaps
        },
        "axes": {name: _number(share) for name, share in match.axes.items()},
        "performer_only": [lack.sentence(performer, persona) for lack in match.performer_only],
        "persona_only": [lack.sentence(persona, performer) for lack in match.persona_only],
    }


def _finding_figures(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "got": _number(finding.got),
        "begin": finding.begin,
        "good": finding.good,
        "grade": finding.grade.words,
    }


def _cell_figures(cell: Cell) -> dict[str, Any]:
    return {"faces": cell.faces, "moments": cell.moments}
