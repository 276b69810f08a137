"""The rotation, and the similarity, between two sets of points, compiled: each face is asked for them again and again.

By LAPACK and numpy a rotation takes 35 microseconds, and three times that between two runs of a network, which leaves
nothing of either in the caches; so it takes 3.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled, first_call

Matrix = npt.NDArray[np.float64]

_SQUARINGS, _DONE, _LEAST = 50, 1e-15, 1e-100
"""Enough for any two eigenvalues that floats tell apart, or until so little is left of all but the largest; and what
keeps nothing at all from being divided by."""


def nearest_rotation(points: Matrix, model: Matrix) -> Matrix:
    """The rotation that carries one set of points in space nearest to another, by least squares; never a reflection.

    Horn, "Closed-form solution of absolute orientation using unit quaternions", 1987: the quaternion is the eigenvector
    of a symmetric 4 x 4 matrix for its largest eigenvalue.

    Args:
        points: (N, 3) float64, where they are carried.
        model: (N, 3) float64, what is carried there, about its middle.

    Returns:
        (3, 3) float64; NaN throughout where anything is.
    """
    rotation = np.empty((3, 3))
    _rotate(points, model, rotation)
    return rotation


def nearest_similarity(source: Matrix, target: Matrix) -> Matrix:
    """The similarity that carries one set of points in the plane nearest to another, by least squares.

    In the plane, without a reflection, it is one complex number and a shift: (x + iy) -> turn (x + iy) + shift.

    Args:
        source: (N, 2) float64.
        target: (N, 2) float64.

    Returns:
        (2, 3) float64 `target_from_source`.

    Raises:
        ValueError: All source points lie on one spot, or some are no numbers.
    """
    similarity = np.empty((2, 3))
    if not _carry(source, target, similarity):
        raise ValueError("all points lie on one spot: no scale can be found")
    return similarity


@compiled()
def _rotate(points: Matrix, model: Matrix, rotation: Matrix) -> None:
    covariance = np.zeros((3, 3))
    for n in range(len(points)):
        for i in range(3):
            for j in range(3):
                covariance[i, j] += points[n, i] * model[n, j]
    xx, xy, xz = covariance[0, 0], covariance[0, 1], covariance[0, 2]
    yx, yy, yz = covariance[1, 0], covariance[1, 1], covariance[1, 2]
    zx, zy, zz = covariance[2, 0], covariance[2, 1], covariance[2, 2]
    norm = math.sqrt(xx * xx + xy * xy + xz * xz + yx * yx + yy * yy + yz * yz + zx * zx + zy * zy + zz * zz)
    up = 2 * norm + _LEAST  # no eigenvalue is further below zero
    turn, tilt, roll = zy - yz, xz - zx, yx - xy
    matrix = np.array(
        (
            (xx + yy + zz + up, turn, tilt, roll),
            (turn, xx - yy - zz + up, yx + xy, xz + zx),
            (tilt, yx + xy, yy - xx - zz + up, zy + yz),
            (roll, xz + zx, zy + yz, zz - xx - yy + up),
        )
    )
    w, x, y, z = _dominant(matrix)
    rotation[0, 0], rotation[0, 1], rotation[0, 2] = (
        w * w + x * x - y * y - z * z,
        2 * (x * y - w * z),
        2 * (x * z + w * y),
    )
    rotation[1, 0], rotation[1, 1], rotation[1, 2] = (
        2 * (x * y + w * z),
        w * w - x * x + y * y - z * z,
        2 * (y * z - w * x),
    )
    rotation[2, 0], rotation[2, 1], rotation[2, 2] = (
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        w * w - x * x - y * y + z * z,
    )


@compiled()
def _carry(source: Matrix, target: Matrix, similarity: Matrix) -> bool:
    count = len(source)
    x = y = u = v = 0.0
    for n in range(count):
        x, y, u, v = x + source[n, 0], y + source[n, 1], u + target[n, 0], v + target[n, 1]
    x, y, u, v = x / count, y / count, u / count, v / count
    along = across = variance = 0.0
    for n in range(count):
        right, down = source[n, 0] - x, source[n, 1] - y
        along += right * target[n, 0] + down * target[n, 1]
        across += right * target[n, 1] - down * target[n, 0]
        variance += right * right + down * down
    if not variance > 0:
        return False
    a, b = along / variance, across / variance
    similarity[0, 0], similarity[0, 1], similarity[0, 2] = a, -b, u - (a * x - b * y)
    similarity[1, 0], similarity[1, 1], similarity[1, 2] = b, a, v - (b * x + a * y)
    return True


@compiled(inner=True)
def _dominant(matrix: Matrix) -> tuple[float, float, float, float]:
    """The eigenvector, of length 1, for the largest eigenvalue of a symmetric 4 x 4 matrix that has none below zero.

    The matrix is squared again and again: of the other eigenvectors less is left in it each time.
    """
    squared = np.empty((4, 4))
    for _ in range(_SQUARINGS):
        trace = matrix[0, 0] + matrix[1, 1] + matrix[2, 2] + matrix[3, 3]
        for i in range(4):
            for j in range(4):
                total = 0.0
                for k in range(4):
                    total += matrix[i, k] * matrix[k, j]
                squared[i, j] = total / (trace * trace)
        matrix, squared = squared, matrix
        trace = matrix[0, 0] + matrix[1, 1] + matrix[2, 2] + matrix[3, 3]
        if abs(1 - trace) < _DONE:
            break
    best = 0
    for i in range(4):
        best = i if matrix[i, i] > matrix[best, best] else best
    w, x, y, z = matrix[best, 0], matrix[best, 1], matrix[best, 2], matrix[best, 3]
    length = math.sqrt(w * w + x * x + y * y + z * z)
    return w / length, x / length, y / length, z / length


@first_call
def _first_call() -> None:
    nearest_rotation(np.eye(3), np.eye(3))
    nearest_similarity(np.eye(2), np.eye(2))
