"""The core of a face: what must never be seen of it, and how opaque a mask is there. By its edges, nothing is drawn."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.face.region import Polygon
from realtime.frame import Mask
from realtime.kernels import compiled, first_call

CORE = 0.1
"""How far inside its outline the core of a face begins, as a share of the crop's side."""

_UNSURE = (26, 229)

Spans: TypeAlias = npt.NDArray[np.int32]
"""(S, 2) int32: the first column of each row, and the one after the last."""


class Opacity(NamedTuple):
    """What a mask is over a face's core.

    Attributes:
        mean: How opaque, 0 to 1; 0 where there is no core.
        unsure: How much of it is neither clear nor opaque, 0 to 1.
    """

    mean: float
    unsure: float


def core(corners: Polygon, size: int) -> Mask:
    """The inside of a face's outline, `CORE` away from it, (size, size) uint8, 0 or 255.

    Args:
        corners: (N, 1, 2) int32, convex, in sixteenths of the mask's pixels.
        size: Side of the mask.
    """
    inside = np.zeros((size, size), np.uint8)
    _fill(corners.reshape(-1, 2), CORE * size - 0.5, inside)  # a pixel ends half a pixel beyond its middle
    return inside


def opacity_over_core(mask: Mask, corners: Polygon) -> Opacity:
    """How opaque a mask is over the core, without a picture of that.

    Args:
        mask: (S, S) uint8.
        corners: See `core`.
    """
    return Opacity(*_opacity(corners.reshape(-1, 2), CORE * len(mask) - 0.5, np.ascontiguousarray(mask), *_UNSURE))


@compiled()
def _spans(corners: Polygon, inset: float, size: int) -> Spans:
    """What of each row lies inside of a convex polygon, so far from every edge.

    Args:
        corners: (N, 2) int32 in sixteenths of a pixel, either way round.
        inset: By how many pixels.
        size: How many rows, and columns, there are.
    """
    count = len(corners)
    spans, bounds = np.zeros((size, 2), np.int32), np.empty((size, 2))
    doubled_area = 0.0
    for i in range(count):
        j = (i + 1) % count
        doubled_area += float(corners[i, 0]) * corners[j, 1] - float(corners[j, 0]) * corners[i, 1]
    if doubled_area == 0:
        return spans
    way = 1.0 if doubled_area > 0 else -1.0
    for y in range(size):
        bounds[y, 0], bounds[y, 1] = 0.0, size - 1.0
    for i in range(count):
        j = (i + 1) % count
        x0, y0 = corners[i, 0] / 16, corners[i, 1] / 16
        along, down = corners[j, 0] / 16 - x0, corners[j, 1] / 16 - y0
        # Inwards is (-down, along): of a pixel, -down (x - x0) + along (y - y0) is its distance times the length.
        slope, reach = -way * down, inset * math.sqrt(along * along + down * down)
        for y in range(size):
            least = reach - way * along * (y - y0)
            if slope > 0:
                bounds[y, 0] = max(bounds[y, 0], x0 + least / slope)
            elif slope < 0:
                bounds[y, 1] = min(bounds[y, 1], x0 + least / slope)
            elif least > 0:
                bounds[y, 1] = -1.0
    for y in range(size):
        first, last = math.ceil(bounds[y, 0]), math.floor(bounds[y, 1])
        if last >= first:
            spans[y, 0], spans[y, 1] = first, last + 1
    return spans


@compiled()
def _fill(corners: Polygon, inset: float, mask: Mask) -> None:
    spans = _spans(corners, inset, len(mask))
    for y in range(len(mask)):
        for x in range(spans[y, 0], spans[y, 1]):
            mask[y, x] = 255


@compiled()
def _opacity(corners: Polygon, inset: float, mask: Mask, least: int, most: int) -> tuple[float, float]:
    spans = _spans(corners, inset, len(mask))
    pixels = total = unsure = 0
    for y in range(len(mask)):
        row = mask[y, spans[y, 0] : spans[y, 1]]
        pixels += len(row)
        for x in range(len(row)):
            total += row[x]
            unsure += least <= row[x] <= most
    return total / (255 * max(pixels, 1)), unsure / max(pixels, 1)


@first_call
def _first_call() -> None:
    corners = np.zeros((3, 1, 2), np.int32)
    opacity_over_core(core(corners, 1), corners)
