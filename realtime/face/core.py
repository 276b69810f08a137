"""The core of a face: what must never be seen of it, and how opaque a mask is there. By its edges, nothing is drawn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from realtime.face.region import Polygon
from realtime.frame import Mask
from realtime.kernels import compiled, first_call

CORE = 0.1
"""How far inside its outline the core of a face begins, as a share of the crop's side."""

_UNSURE = (26, 229)


class Opacity(NamedTuple):
    """What a mask is over a face's core.

    Attributes:
        mean: How opaque, 0 to 1; 0 where there is no core.
        unsure: How much of it is neither clear nor opaque, 0 to 1.
    """

    mean: float
    unsure: float


def opacity_over_core(mask: Mask, corners: Polygon) -> Opacity:
    """How opaque a mask is over the core, without a picture of that.

    Args:
        mask: (S, S) uint8.
        corners: (N, 1, 2) int32, the face's outline, convex, in sixteenths of the mask's pixels.
    """
    mask = np.ascontiguousarray(mask)
    return Opacity(*_look(corners.reshape(-1, 2), _inset(len(mask)), mask, *_UNSURE, fills=False))


def close_core(mask: Mask, corners: Polygon) -> None:
    """Make a mask opaque all over the core, in place.

    Args:
        mask: (S, S) uint8, C-contiguous.
        corners: See `opacity_over_core`.
    """
    _look(corners.reshape(-1, 2), _inset(len(mask)), mask, *_UNSURE, fills=True)


def _inset(size: int) -> float:
    return CORE * size - 0.5  # a pixel ends half a pixel beyond its middle


@compiled()
def _look(corners: Polygon, inset: float, mask: Mask, least: int, most: int, fills: bool) -> tuple[float, float]:
    """What a mask is inside of a convex polygon, so far from every edge; what lies there may be filled.

    Args:
        corners: (N, 2) int32 in sixteenths of a pixel, either way round.
        inset: By how many pixels.
        mask: (S, S) uint8.
        least: What is unsure begins here,
        most: and ends here.
        fills: Whether it is opaque there from then on.

    Returns:
        See `Opacity`.
    """
    count, size = len(corners), len(mask)
    doubled_area = 0.0
    for i in range(count):
        j = (i + 1) % count
        doubled_area += float(corners[i, 0]) * corners[j, 1] - float(corners[j, 0]) * corners[i, 1]
    way = 1.0 if doubled_area > 0 else -1.0
    first, last = np.empty(size), np.empty(size)
    for y in range(size):
        first[y], last[y] = 0.0, size - 1.0 if doubled_area else -1.0
    for i in range(count):
        j = (i + 1) % count
        x0, y0 = corners[i, 0] / 16, corners[i, 1] / 16
        along, down = corners[j, 0] / 16 - x0, corners[j, 1] / 16 - y0
        # Inwards is (-down, along): of a pixel, -down (x - x0) + along (y - y0) is its distance times the length.
        slope, reach = -way * down, inset * math.sqrt(along * along + down * down)
        for y in range(size):
            lacks = reach - way * along * (y - y0)
            if slope > 0:
                first[y] = max(first[y], x0 + lacks / slope)
            elif slope < 0:
                last[y] = min(last[y], x0 + lacks / slope)
            elif lacks > 0:
                last[y] = -1.0
    pixels = total = unsure = 0
    for y in range(size):
        for x in range(math.ceil(first[y]), math.floor(last[y]) + 1):
            pixels += 1
            total += mask[y, x]
            unsure += least <= mask[y, x] <= most
            if fills:
                mask[y, x] = 255
    return total / (255 * max(pixels, 1)), unsure / max(pixels, 1)


@first_call
def _first_call() -> None:
    corners = np.zeros((3, 1, 2), np.int32)
    opacity_over_core(np.zeros((1, 1), np.uint8), corners)
