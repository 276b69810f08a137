"""Bodies of revolution seen through a camera: where each pixel's ray meets the body, and how the surface lies there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]

REACH = 1.25
"""No body reaches farther from its middle than this; its widest radius is about 1."""

_STEP, _BISECTIONS = 0.05, 7


@dataclass(frozen=True, slots=True)
class Shape:
    """A body of revolution, and a stem.

    The body's own axes: x to the right, y along its axis to the top, z towards the viewer.

    Attributes:
        profile: (K,) float32, distance of the surface from the middle, over sin(g / 2) from 0 to 1, where g is
            the angle from the top.
        stem: (7,) float32, a capsule: both ends (x, y, z) and its radius; a radius of 0 is none.
    """

    profile: Floats
    stem: Floats


@dataclass(frozen=True, slots=True)
class Hits:
    """What a square of rays found.

    Attributes:
        part: (N, N) uint8: 0 nothing, 1 the body, 2 the stem.
        points: (N, N, 3) float32, where on the body, in its own axes.
        normals: (N, N, 3) float32, outward, in the camera's axes: x right, y up, z towards the viewer.
    """

    part: npt.NDArray[np.uint8]
    points: Floats
    normals: Floats


def profile_of(radius_at: npt.NDArray[np.float64]) -> Floats:
    """A profile from distances over `profile_angles`."""
    return np.asarray(radius_at, np.float32)


def profile_angles(count: int = 512) -> npt.NDArray[np.float64]:
    """Angles from the top at which a profile is given, in radians: close together near the top."""
    angles: npt.NDArray[np.float64] = 2 * np.arcsin(np.linspace(0, 1, count))
    return angles


def see(shape: Shape, camera_from_body: npt.NDArray[np.float64], size: int) -> Hits:
    """Look at a body along parallel rays.

    Args:
        shape: What is looked at.
        camera_from_body: (3, 3) rotation.
        size: N; the square's side is 2 `REACH`.
    """
    part = np.zeros((size, size), np.uint8)
    points, normals = (np.zeros((size, size, 3), np.float32) for _ in range(2))
    _march(shape.profile, shape.stem, camera_from_body.astype(np.float32), part, points, normals)
    return Hits(part, points, normals)


@njit(nogil=True, cache=True, fastmath=True)  # type: ignore[untyped-decorator,unused-ignore]
def _outside(profile: Floats, stem: Floats, x: float, y: float, z: float) -> tuple[float, int]:
    """Above 0 outside, below 0 inside; and which part is nearer."""
    length = math.sqrt(x * x + y * y + z * z) + 1e-9
    place = math.sqrt(max(0.0, 0.5 * (1.0 - y / length))) * (profile.size - 1)
    first = min(int(place), profile.size - 2)
    rest = place - first
    body = length - (profile[first] * (1.0 - rest) + profile[first + 1] * rest)
    if stem[6] <= 0.0:
        return body, 1
    ax, ay, az = stem[3] - stem[0], stem[4] - stem[1], stem[5] - stem[2]
    bx, by, bz = x - stem[0], y - stem[1], z - stem[2]
    along = min(1.0, max(0.0, (ax * bx + ay * by + az * bz) / (ax * ax + ay * ay + az * az)))
    bx, by, bz = bx - along * ax, by - along * ay, bz - along * az
    radius = stem[6] * (0.8 + 0.5 * along * along)  # stems widen where they broke off
    twig = math.sqrt(bx * bx + by * by + bz * bz) - radius
    if twig < body:
        return twig, 2
    return body, 1


@njit(nogil=True, cache=True, fastmath=True)  # type: ignore[untyped-decorator,unused-ignore]
def _march(
    profile: Floats,
    stem: Floats,
    turn: Floats,
    part: npt.NDArray[np.uint8],
    points: Floats,
    normals: Floats,
) -> None:
    """From the viewer inwards in small steps, then halving: bodies with a dimple have no simple distance."""
    size = part.shape[0]
    unit = 2.0 * REACH / size
    eps = 0.004
    for row in range(size):
        v = REACH - (row + 0.5) * unit
        for column in range(size):
            u = (column + 0.5) * unit - REACH
            room = REACH * REACH - u * u - v * v
            if room <= 0.0:
                continue
            # The ray in the body's axes: start + depth * direction.
            sx, sy, sz = (
                turn[0, 0] * u + turn[1, 0] * v,
                turn[0, 1] * u + turn[1, 1] * v,
                turn[0, 2] * u + turn[1, 2] * v,
            )
            dx, dy, dz = turn[2, 0], turn[2, 1], turn[2, 2]
            end = -math.sqrt(room)
            depth, found = -end, 0
            while depth > end:
                value, found = _outside(profile, stem, sx + depth * dx, sy + depth * dy, sz + depth * dz)
                if value < 0.0:
                    break
                depth -= _STEP
                found = 0
            if found == 0:
                continue
            near, far = depth + _STEP, depth
            for _ in range(_BISECTIONS):
                depth = 0.5 * (near + far)
                value, _unused = _outside(profile, stem, sx + depth * dx, sy + depth * dy, sz + depth * dz)
                if value < 0.0:
                    far = depth
                else:
                    near = depth
            x, y, z = sx + near * dx, sy + near * dy, sz + near * dz
            at, found = _outside(profile, stem, x, y, z)
            gx = _outside(profile, stem, x + eps, y, z)[0] - at
            gy = _outside(profile, stem, x, y + eps, z)[0] - at
            gz = _outside(profile, stem, x, y, z + eps)[0] - at
            length = math.sqrt(gx * gx + gy * gy + gz * gz) + 1e-12
            part[row, column] = found
            points[row, column, 0], points[row, column, 1], points[row, column, 2] = x, y, z
            for axis in range(3):
                normals[row, column, axis] = (turn[axis, 0] * gx + turn[axis, 1] * gy + turn[axis, 2] * gz) / length
