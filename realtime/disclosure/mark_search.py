"""Where in the marked frame a picture was cut out: the sync is looked for in every place and scale at once.

A cut has four numbers, left edge and width, top edge and height, each in shares of the marked frame. Interpolation
between cells is separable, so the sync seen through a cut is Y · SYNC · Xᵀ, with X from the horizontal cut alone and
Y from the vertical one, and the correlation of all horizontal with all vertical cuts is two matrix products, where
Fourier transforms would need one for each pair of scales. The best few are then refined, one axis after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_pattern import GRID_WH, SYNC
from realtime.disclosure.mark_signal import SAMPLES_WH, Samples

Cuts: TypeAlias = npt.NDArray[np.float64]
"""(N, 2) start and extent along one axis, in shares of the marked frame."""
Bases: TypeAlias = npt.NDArray[np.float32]
"""(N, samples, cells): what each cell gives to each sample, for each cut."""

SCALE_STEP = 0.008
PLACE_STEP_CELLS = 0.7
RANGES = (
    ((0.89, 1.01), (0.89, 1.01)),  # cut by a tenth and a little more, or with a little of the black bars left on
    ((0.736, 0.768), (0.98, 1.01)),  # 16:9 cut to 4:3
    ((0.98, 1.01), (0.736, 0.768)),  # 4:3 cut to 16:9
)
"""Widths and heights of the cuts that are tried."""

_CROWD = 64
"""How many neighbours of one good cut may be as good, at most."""
_NEAR = np.arange(-2, 3)
_ZOOMS = (1.0, 0.5, 0.25)


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of the marked frame, in shares of its sides."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Family:
    """Every horizontal with every vertical cut of one range; the axis of fewer cuts comes first, which is less work.

    Attributes:
        axes: The first axis and the second; 0 is horizontal.
        first: (N, 2) cuts along the first axis.
        seen: (N x cells along the second, samples along the first), the sync through each of them.
        second: (M, 2) cuts along the second axis.
        through: (M, cells x samples along the second), their bases.
    """

    axes: tuple[int, int]
    first: Cuts
    seen: npt.NDArray[np.float32]
    second: Cuts
    through: npt.NDArray[np.float32]


def bases(cuts: Cuts, samples: int, cells: int) -> Bases:
    """Linear interpolation between cells as matrices, as `cv2.resize` enlarges the grid; zero outside the frame.

    Each is scaled so that a pattern of random signs has the same energy through all of them: samples that fall on the
    middles of cells see more of it than those between, and would else be preferred.
    """
    left, share, scale = _interpolation(cuts, samples, cells)
    matrices = np.zeros((len(cuts), samples, cells), np.float32)
    cut, sample = np.ogrid[: len(cuts), :samples]
    matrices[cut, sample, left] = (1 - share) * scale
    matrices[cut, sample, left + 1] = share * scale
    return matrices


def _interpolation(
    cuts: Cuts, samples: int, cells: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each cut and sample: the cell to its left, the share of the cell to its right, and a scale.

    The scale is 0 outside the frame, and makes the energy of random signs 1 inside it.
    """
    middles = (np.arange(samples) + 0.5) / samples
    places = (cuts[:, :1] + cuts[:, 1:] * middles) * cells - 0.5  # (N, samples), in cells from the middle of the first
    inside = (places >= -0.5) & (places <= cells - 0.5)
    places = np.clip(places, 0, cells - 1)
    left = np.minimum(places.astype(np.int64), cells - 2)
    share = places - left
    energy = (((1 - share) ** 2 + share**2) * inside).sum(1, keepdims=True)
    return left, share, inside / np.sqrt(np.maximum(energy, 1e-9))


def cuts_along(narrowest: float, widest: float, cells: int) -> Cuts:
    """Every cut along an axis of so many cells; the whole axis is among them where it is in the range."""
    found = []
    first, last = np.ceil((narrowest - 1) / SCALE_STEP - 1e-9), np.floor((widest - 1) / SCALE_STEP + 1e-9)
    for extent in 1 + np.arange(first, last + 1) * SCALE_STEP:
        room = 1 - extent
        places = round(abs(room) * cells / PLACE_STEP_CELLS) + 1
        found += [(start, extent) for start in np.linspace(0, room, places)]
    return np.array(found, np.float64)


@cache
def _families() -> tuple[_Family, ...]:
    found = []
    for ranges in RANGES:
        cuts = [cuts_along(*ranges[axis], GRID_WH[axis]) for axis in (0, 1)]
        axes = (1, 0) if 2 * len(cuts[1]) < len(cuts[0]) else (0, 1)
        first, second = (cuts[axis] for axis in axes)
        sync = SYNC if axes[0] == 0 else SYNC.T  # (cells along the second, along the first)
        through_first, through_second = (
            bases(along, SAMPLES_WH[axis], GRID_WH[axis]).swapaxes(1, 2)  # (cuts, cells, samples)
            for axis, along in zip(axes, (first, second), strict=True)
        )
        seen = (sync.astype(np.float32) @ through_first).reshape(-1, SAMPLES_WH[axes[0]])
        found.append(_Family(axes, first, seen, second, through_second.reshape(len(second), -1)))
    return tuple(found)


def count_cuts() -> int:
    """How many cuts are tried: three each way along each axis for each coarse one, which refining tells apart."""
    coarse = sum(
        len(cuts_along(*widths, GRID_WH[0])) * len(cuts_along(*heights, GRID_WH[1])) for widths, heights in RANGES
    )
    return coarse * 3**4


def find_cuts(samples: Samples, most: int) -> list[Cut]:
    """The cuts in which the sync correlates best, refined; no two of them nearly the same.

    Args:
        samples: (144, 256) float32, normalised.
        most: How many, at most.
    """
    scored = [pair for family in _families() for pair in _best_of(family, samples, most * _CROWD)]
    scored.sort(key=lambda pair: -pair[0])
    found: list[Cut] = []
    for _, cut in scored:
        if not any(_alike(cut, other) for other in found):
            found.append(cut)
        if len(found) == most:
            break
    return [_refined(samples, cut) for cut in found]


def _best_of(family: _Family, samples: Samples, most: int) -> list[tuple[float, Cut]]:
    turned = samples.T if family.axes[0] == 0 else samples  # (samples along the first, along the second)
    columns = (family.seen @ turned).reshape(len(family.first), -1)  # (N, cells x samples along the second)
    scores = (family.through @ columns.T).ravel()
    best = np.argpartition(scores, -min(most, scores.size))[-most:]
    found = []
    for place in best:
        second, first = divmod(int(place), len(family.first))
        along = (family.first[first], family.second[second])
        (x, width), (y, height) = along if family.axes[0] == 0 else along[::-1]
        found.append((float(scores[place]), Cut(x, y, width, height)))
    return found


def _refined(samples: Samples, cut: Cut) -> Cut:
    """Climb from a coarse cut to the best fine one near it, one axis after the other."""
    sync = SYNC.astype(np.float32)
    (x, width), (y, height) = (cut.left, cut.width), (cut.top, cut.height)
    for zoom in _ZOOMS:
        rows = _basis(y, height, 1).T @ samples  # (72 cells, 256 samples)
        x, width = _best_near(x, width, rows.T @ sync, zoom)
        columns = samples @ _basis(x, width, 0)  # (144 samples, 128 cells)
        y, height = _best_near(y, height, columns @ sync.T, zoom)
    return Cut(x, y, width, height)


def _basis(start: float, extent: float, axis: int) -> npt.NDArray[np.float32]:
    one: Bases = bases(np.array([(start, extent)]), SAMPLES_WH[axis], GRID_WH[axis])
    return np.asarray(one[0], np.float32)


def chips_through(samples: Samples, cut: Cut) -> npt.NDArray[np.float64]:
    """What samples show of each cell, seen through a cut, (72, 128) float64; 0 where it shows none of it."""
    chips = _basis(cut.top, cut.height, 1).T @ samples @ _basis(cut.left, cut.width, 0)
    return np.asarray(chips, np.float64)


def _best_near(start: float, extent: float, wanted: npt.NDArray[np.float32], zoom: float) -> tuple[float, float]:
    """Of the cuts near one, that whose bases correlate best with what is wanted, (samples, cells)."""
    cells = wanted.shape[1]
    extents = extent + _NEAR * zoom * SCALE_STEP / 3
    middles = start + extent / 2 + _NEAR * zoom * PLACE_STEP_CELLS / cells / 3
    pairs = np.array([(middle - each / 2, each) for each in extents for middle in middles])
    (left, share, scale), sample = _interpolation(pairs, *wanted.shape), np.arange(len(wanted))
    scores = (((1 - share) * wanted[sample, left] + share * wanted[sample, left + 1]) * scale).sum(1)
    best = int(np.argmax(scores))
    return float(pairs[best, 0]), float(pairs[best, 1])


def _alike(one: Cut, other: Cut) -> bool:
    """Whether two cuts show nearly the same, so that refining one finds the other."""
    return (
        abs(one.left + one.width / 2 - other.left - other.width / 2) < 1.5 / GRID_WH[0]
        and abs(one.top + one.height / 2 - other.top - other.height / 2) < 1.5 / GRID_WH[1]
        and abs(one.width - other.width) < 2.5 * SCALE_STEP
        and abs(one.height - other.height) < 2.5 * SCALE_STEP
    )
