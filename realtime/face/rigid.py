"""The rotation between two sets of points, compiled: each face is asked for it several times in every frame.

By LAPACK and numpy it takes 35 microseconds, and three times that between two runs of a network, which leaves nothing
of either in the caches; so it takes 8.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled, first_call

Matrix = npt.NDArray[np.float64]

_SQUARINGS, _LEAST = 50, 1e-100
"""Enough for any two eigenvalues that floats tell apart; and what keeps nothing at all from being divided by."""


def nearest_rotation(covariance: Matrix) -> Matrix:
    """The rotation that carries one set of points in space nearest to another, by least squares; never a reflection.

    Horn, "Closed-form solution of absolute orientation using unit quaternions", 1987: the quaternion is the eigenvector
    of a symmetric 4 x 4 matrix for its largest eigenvalue.

    Args:
        covariance: (3, 3) float64: the sum of what each point is in the second set times what it is in the first, rows
            by the second, at least one of them about its middle.

    Returns:
        (3, 3) float64; NaN throughout where anything is.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = covariance.tolist()
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
    return np.array(
        (
            (w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z),
        )
    )


@compiled()
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
    best = 0
    for i in range(4):
        best = i if matrix[i, i] > matrix[best, best] else best
    w, x, y, z = matrix[best, 0], matrix[best, 1], matrix[best, 2], matrix[best, 3]
    length = math.sqrt(w * w + x * x + y * y + z * z)
    return w / length, x / length, y / length, z / length


@first_call
def _first_call() -> None:
    nearest_rotation(np.eye(3))
