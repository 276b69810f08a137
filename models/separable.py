"""Filters and enlargements that treat rows and columns alike, as matrix products.

What one line of pixels becomes is a matrix; a plane becomes that matrix times the plane times its transpose. On
processors products of matrices run several times faster than pooling or depthwise convolutions of the same size.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def apply(matrix: Tensor, planes: Tensor) -> Tensor:
    """(M, S) applied along rows and columns of (..., S, S): (..., M, M)."""
    return matrix @ planes @ matrix.T


@cache
def gaussian(size: int, taps: int, sigma: float, rim: str, device: torch.device) -> Tensor:
    """Blurs lines of `size` pixels by a normalised Gaussian of so many taps, an odd number; (size, size).

    Args:
        size: Pixels of a line.
        taps: Of the filter.
        sigma: In pixels.
        rim: What lies beyond the ends: a mode of `torch.nn.functional.pad`.
        device: Where.
    """
    ramp = torch.arange(taps) - taps // 2
    line = torch.exp(-(ramp**2) / (2 * sigma**2))
    return _filter(size, line / line.sum(), rim).to(device)


@cache
def box(size: int, taps: int, device: torch.device) -> Tensor:
    """Averages `taps` neighbours, an odd number, in lines of `size` pixels that go on mirrored; (size, size)."""
    return _filter(size, torch.full((taps,), 1 / taps), "reflect").to(device)


@cache
def enlargement(points: int, size: int, mode: str, device: torch.device) -> Tensor:
    """Interpolates lines of `size` pixels from `points` that span them from end to end; (size, points).

    Args:
        points: Of a line.
        size: Pixels of a line.
        mode: `bilinear` or `bicubic`.
        device: Where.
    """
    grid = torch.eye(points)[:, None, None, :].expand(-1, 1, points, -1)
    return F.interpolate(grid, (points, size), mode=mode, align_corners=True)[:, 0, 0].T.to(device)


def _filter(size: int, line: Tensor, rim: str) -> Tensor:
    reach = len(line) // 2
    each = F.pad(torch.eye(size)[:, None], (reach, reach), mode=rim)
    return F.conv1d(each, line[None, None])[:, 0].T.contiguous()
