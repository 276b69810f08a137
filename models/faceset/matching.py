"""How well two facesets match: two faces swap best that share as many poses, expressions and lights as possible."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.faceset.axes import AXES, GROUPS, Axis, facing
from models.faceset.coverage import Cell, Coverage, pose_places
from models.faceset.verdict import Finding

_MOST_ASKED = 1500
"""For so many of a set's faces, at even distances, is one alike looked for, among all of the other's: the share is
then known to about one percent."""
_TITLES = {"pose": "Poses", "mouth": "Mouth", "eyes": "Eyes and gaze", "light": "Light", "all": "All of it at once"}
_WANTED = {"pose": (60, 90), "mouth": (60, 90), "eyes": (60, 90), "light": (30, 70), "all": (10, 40)}
"""Percent of the performer's faces that the persona's set should have alike: to begin, and good. The two halves of one
clip of half a minute share 98 % of the mouth and 78 % of all at once; two clips of different people 74 and 38."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two sets share what one group of axes measures.

    Attributes:
        name: The group; `all` is every axis at once.
        title: For people.
        performer_in_persona: Share of the performer's faces, 0 to 1, for which the persona's set has a face alike,
            that is, one that differs by no more than its tolerance on every axis of the group. It is the measure that
            Naeem et al. ("Reliable fidelity and diversity metrics for generative models", 2020) call coverage, with a
            fixed neighbourhood in place of the k-th neighbour's distance.
        persona_in_performer: The same the other way round.
        intersection: Of the two histograms over the group's bins, sum of min(p, q), 0 to 1 (Swain and Ballard, "Color
            indexing", 1991): how alike the two spend their time. It falls with the number of bins - 0.47 for all at
            once between random halves of one clip - so the verdict is on the share above.
    """

    name: str
    title: str
    performer_in_persona: float
    persona_in_performer: float
    intersection: float


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that one set has and the other has not.

    Attributes:
        words: As `Bin.words`.
        has: What the one has.
        lacks: What the other has.
    """

    words: str
    has: Cell
    lacks: Cell

    def sentence(self, one: str, other: str) -> str:
        """In plain words, with the two sets' names."""
        there = f"{one} has {self.has.faces} faces {self.words}"
        return f"{there}, {other} {f'only {self.lacks.faces}' if self.lacks.faces else 'none'}."


def overlaps(performer: Coverage, persona: Coverage) -> tuple[Overlap, ...]:
    """Group by group, then all axes at once."""
    return tuple(
        Overlap(
            name,
            title,
            _share_alike(performer, persona, axes),
            _share_alike(persona, performer, axes),
            _intersection(performer, persona, axes),
        )
        for name, title in _TITLES.items()
        for axes in [GROUPS.get(name, AXES)]
    )


def intersections(performer: Coverage, persona: Coverage) -> dict[str, float]:
    """Histogram intersection of each axis by itself."""
    return {axis.name: _intersection(performer, persona, (axis,)) for axis in AXES}


def judge_match(found: tuple[Overlap, ...]) -> tuple[Finding, ...]:
    """The rules for a pair of sets."""
    return tuple(
        Finding(
            f"match_{overlap.name}",
            f"{overlap.title} in common",
            "what the persona never showed is guessed",
            100 * overlap.performer_in_persona,
            *_WANTED[overlap.name],
            " %",
        )
        for overlap in found
    )


def lacks(one: Coverage, other: Coverage) -> tuple[Lack, ...]:
    """What one set has enough of and the other has not, what the other has nothing of first."""
    pairs = [(words, has, lack) for words, has, lack in _paired_cells(one, other) if has.fill == "enough"]
    found = [Lack(words, has, lack) for words, has, lack in pairs if lack.fill != "enough"]
    return tuple(sorted(found, key=lambda lack: (lack.lacks.faces, -lack.has.faces)))


def _paired_cells(one: Coverage, other: Coverage) -> Iterator[tuple[str, Cell, Cell]]:
    for row, column in pose_places():
        yield facing(row, column), one.poses[row][column], other.poses[row][column]
    for axis in (*GROUPS["mouth"], *GROUPS["eyes"], *GROUPS["light"]):
        for each, has, lack in zip(axis.bins, one.strip(axis), other.strip(axis), strict=True):
            yield each.words, has, lack


def _share_alike(one: Coverage, other: Coverage, axes: tuple[Axis, ...]) -> float:
    """Share of one's faces that have a face alike in the other; NaN where one is empty."""
    mine, theirs = (
        np.stack([each.values[axis.name] / axis.tolerance for axis in axes], 1).astype(np.float32)
        for each in (one, other)
    )
    mine = mine[:: 1 + len(mine) // _MOST_ASKED]
    if not len(mine):
        return math.nan
    alike = 0
    for rows in np.array_split(mine, 1 + len(mine) // 256):
        near = np.ones((len(rows), len(theirs)), bool)
        for axis in range(len(axes)):
            near &= np.abs(rows[:, axis, None] - theirs[:, axis]) <= 1.0
        alike += int(near.any(1).sum())
    return alike / len(mine)


def _intersection(one: Coverage, other: Coverage, axes: tuple[Axis, ...]) -> float:
    """Sum of min(p, q) over the cells of the axes' bins; NaN where a set is empty."""
    if not one.faces or not other.faces:
        return math.nan
    sides = [len(axis.bins) for axis in axes]
    p, q = (
        np.bincount(np.ravel_multi_index([each.places[axis.name] for axis in axes], sides), minlength=math.prod(sides))
        / len(each.faces)
        for each in (one, other)
    )
    return float(np.minimum(p, q).sum())
