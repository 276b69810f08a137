"""How a mesh follows its handles, and the rings that tie a head to the still picture around it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from realtime.face import topology

Vectors = npt.NDArray[np.float64]

# Rings around the face: how far out they lie, and how much of the head's movement and of the jaw's they take.
_RINGS = ((1.12, 1.0, 0.75), (1.35, 0.9, 0.45), (1.75, 0.5, 0.2), (2.4, 0.15, 0.05), (3.2, 0.0, 0.0))
_RING_CENTRE = np.array([0.0, 0.45, 0.0])
_RING_DEPTH = 0.75
RING_COUNT = len(_RINGS)


def biharmonic(points: Vectors, triangles: npt.NDArray[np.int32], handles: list[int]) -> Vectors:
    """(468, H) weights with which every point follows the handles."""
    count = len(points)
    laplacian = np.zeros((count, count))
    for first, second in ((0, 1), (1, 2), (2, 0)):
        i, j = triangles[:, first], triangles[:, second]
        weight = 1 / np.maximum(np.linalg.norm(points[i] - points[j], axis=1), 1e-3)
        np.add.at(laplacian, (i, j), weight)
        np.add.at(laplacian, (j, i), weight)
    laplacian /= laplacian.sum(1, keepdims=True)
    laplacian -= np.eye(count)
    energy: Vectors = laplacian.T @ laplacian
    held = np.array(handles)
    free = np.setdiff1d(np.arange(count), held)
    weights = np.zeros((count, len(handles)))
    weights[handles, np.arange(len(handles))] = 1
    weights[free] = np.linalg.solve(energy[np.ix_(free, free)], -energy[np.ix_(free, held)])
    return weights


def rings(rest: Vectors, jaw_shares: Mapping[int, float]) -> tuple[Vectors, Vectors, Vectors]:
    """Points (R, 3) around the face's outline, their share of the head's movement and of the jaw's."""
    oval = rest[list(topology.OVAL)]
    jaw = np.array([jaw_shares.get(index, 0.0) for index in topology.OVAL])
    points, moved, dropped = [], [], []
    for reach, share, jaw_share in _RINGS:
        ring = _RING_CENTRE + (oval - _RING_CENTRE) * reach
        ring[:, 2] = oval[:, 2] + (reach - 1) * _RING_DEPTH
        points.append(ring)
        moved.append(np.full(len(oval), share))
        dropped.append(jaw * jaw_share)
    return np.vstack(points), np.concatenate(moved), np.concatenate(dropped)


def ring_triangles() -> npt.NDArray[np.int32]:
    """(T, 3) triangles that join the face's outline to the first ring, and each ring to the next."""
    sides = len(topology.OVAL)
    loops = [list(topology.OVAL)]
    loops += [
        list(range(topology.SKIN_POINTS + ring * sides, topology.SKIN_POINTS + (ring + 1) * sides))
        for ring in range(len(_RINGS))
    ]
    faces = []
    for near, far in pairwise(loops):
        for side in range(sides):
            after = (side + 1) % sides
            faces += [(near[side], near[after], far[side]), (near[after], far[after], far[side])]
    return np.array(faces, np.int32)
