"""Which poses, expressions and lights a faceset covers, and which it lacks, in figures and in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.faceset.axes import AXES, GROUPS, PITCH, YAW, Axis, Floats, Places, facing, pose_wanted, states
from models.faceset.index import Faceset
from models.faceset.record import FaceRecord

ENOUGH_MOMENTS = 3
"""In so many different seconds a state must be seen: thirty frames of one second are one state, not thirty."""

Fill = Literal["none", "little", "enough"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What falls into one bin, or into one cell of a grid.

    Attributes:
        faces: How many crops.
        moments: In how many different seconds of footage; a photo counts as one.
        sample: A crop to show for it; None where there is none.
    """

    faces: int
    moments: int
    sample: FaceRecord | None

    @property
    def fill(self) -> Fill:
        """Whether that is enough."""
        if not self.faces:
            return "none"
        return "enough" if self.moments >= ENOUGH_MOMENTS else "little"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that footage lacks.

    Attributes:
        words: As `Bin.words`.
        cell: What there is of it.
    """

    words: str
    cell: Cell

    @property
    def sentence(self) -> str:
        """In plain words."""
        if self.cell.fill == "none":
            return f"No footage {self.words}."
        faces, moments = _several(self.cell.faces, "face"), _several(self.cell.moments, "moment")
        return f"Little footage {self.words}: {faces} from {moments}."


class Coverage:
    """A faceset's kept crops, sorted into bins.

    Args:
        faceset: Whose crops.
    """

    def __init__(self, faceset: Faceset) -> None:
        self.faceset = faceset
        self.name = faceset.folder.resolve().name
        self.faces = faceset.records
        self.values: dict[str, Floats] = states(self.faces)
        self.places: dict[str, Places] = {axis.name: axis.place(self.values[axis.name]) for axis in AXES}
        numbers: dict[object, int] = {}
        self._moments = np.array([numbers.setdefault(_moment(face), len(numbers)) for face in self.faces], np.intp)

    @cached_property
    def footage_s(self) -> int:
        """Different seconds of footage."""
        return len({_moment(face) for face in self.faces if face.time_s is not None})

    @cached_property
    def photos(self) -> int:
        """Crops that come from photos."""
        return sum(face.time_s is None for face in self.faces)

    @cached_property
    def origins(self) -> Counter[str]:
        """How many crops come from each medium, most first."""
        return Counter(dict(Counter(face.origin for face in self.faces).most_common()))

    @cached_property
    def aside(self) -> dict[str, tuple[FaceRecord, ...]]:
        """What was set aside, by reason, most first."""
        reasons = Counter(face.aside or "" for face in self.faceset.set_aside)
        return {
            reason: tuple(face for face in self.faceset.set_aside if face.aside == reason)
            for reason, _ in reasons.most_common()
        }

    def eyes_px(self, percent: float) -> float:
        """A percentile of the distance between the eyes, in pixels of the source; NaN without a crop."""
        return float(np.percentile([face.eyes_px for face in self.faces], percent)) if self.faces else math.nan

    def strip(self, axis: Axis) -> tuple[Cell, ...]:
        """One axis by its bins."""
        rank = self._rank(axis)
        here = self.places[axis.name]
        return tuple(self._cell(np.flatnonzero(here == place), rank) for place in range(len(axis.bins)))

    @cached_property
    def poses(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows from up to down, in each the columns from their right to their left."""
        rank = self._rank(*GROUPS["pose"])
        yaw, pitch = self.places["yaw"], self.places["pitch"]
        return tuple(
            tuple(self._cell(np.flatnonzero((pitch == row) & (yaw == column)), rank) for column in range(len(YAW.bins)))
            for row in range(len(PITCH.bins))
        )

    def gaps(self) -> tuple[Gap, ...]:
        """What is wanted and missing, poses first; what there is nothing of before what there is little of."""
        found = [*self._pose_gaps(), *self._strip_gaps()]
        return tuple(sorted(found, key=lambda gap: gap.cell.fill == "little"))

    def _cell(self, members: npt.NDArray[np.intp], rank: Floats) -> Cell:
        """A cell of the crops at these places; its sample is the one of the lowest rank."""
        if not len(members):
            return Cell(0, 0, None)
        best = members[int(np.argmin(rank[members]))]
        return Cell(len(members), len(np.unique(self._moments[members])), self.faces[best])

    def _rank(self, *shown: Axis) -> Floats:
        """(N,) how far each crop is from the set's middle on all other axes, in tolerances.

        The lowest make good samples: what is to be shown shows, and little else happens in the face.
        """
        far = np.zeros(len(self.faces))
        for axis in AXES:
            if axis not in shown and self.faces:
                far += np.abs(self.values[axis.name] - np.median(self.values[axis.name])) / axis.tolerance
        return far

    def _pose_gaps(self) -> Iterator[Gap]:
        """Whole rows and columns in one sentence, then single cells."""
        rows = [row for row, cells in enumerate(self.poses) if not any(cell.faces for cell in cells)]
        columns = [column for column in range(len(YAW.bins)) if not any(cells[column].faces for cells in self.poses)]
        nothing = Cell(0, 0, None)
        yield from (Gap(PITCH.bins[row].words, nothing) for row in rows)
        yield from (Gap(YAW.bins[column].words, nothing) for column in columns)
        for row, column in pose_places():
            cell = self.poses[row][column]
            if row not in rows and column not in columns and pose_wanted(row, column) and cell.fill != "enough":
                yield Gap(facing(row, column), cell)

    def _strip_gaps(self) -> Iterator[Gap]:
        for axis in (*GROUPS["mouth"], *GROUPS["eyes"], *GROUPS["light"]):
            for each, cell in zip(axis.bins, self.strip(axis), strict=True):
                if each.wanted and cell.fill != "enough":
                    yield Gap(each.words, cell)


def pose_places() -> Sequence[tuple[int, int]]:
    """Row and column of every cell of the poses' grid."""
    return [(row, column) for row in range(len(PITCH.bins)) for column in range(len(YAW.bins))]


def _moment(face: FaceRecord) -> tuple[str, int | str]:
    """What makes two crops the same moment: one second of one medium; photos are each their own."""
    return face.origin_sha256, face.file if face.time_s is None else int(face.time_s)


def _several(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
