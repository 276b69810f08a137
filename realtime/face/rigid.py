"""The rotation between two sets of points, compiled: each face is asked for it several times in every frame.

By LAPACK and numpy it takes 35 microseconds, and three times that between two runs of a network, which leaves nothing
of either in the caches; so it takes 4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled, first_call

Matrix = npt.NDArray[np.float64]

_SWEEPS, _LEAST = 12, 1e-30


@compiled()
def rotation_of(covariance: Matrix) -> Matrix:
    """The rotation that carries one set of points in space nearest to another, by least squares; never a reflection.

    Horn, "Closed-form solution of absolute orientation using unit quaternions", 1987: the quaternion is the eigenvector
    of a symmetric 4 x 4 matrix for its largest eigenvalue, found here by Jacobi's method (Golub and Van Loan, "Matrix
    Computations", section 8.5).

    Args:
        covariance: (3, 3) float64, C-contiguous: the sum of what each point is in the second set times what it is in
            the first, rows by the second, at least one of them about its middle.

    Returns:
        (3, 3) float64; NaN throughout where anything is.
    """
    s = covariance
    n, vectors = np.empty((4, 4)), np.eye(4)
    n[0, 0] = s[0, 0] + s[1, 1] + s[2, 2]
    n[1, 1] = s[0, 0] - s[1, 1] - s[2, 2]
    n[2, 2] = s[1, 1] - s[0, 0] - s[2, 2]
    n[3, 3] = s[2, 2] - s[0, 0] - s[1, 1]
    n[0, 1], n[0, 2], n[0, 3] = s[2, 1] - s[1, 2], s[0, 2] - s[2, 0], s[1, 0] - s[0, 1]
    n[1, 2], n[1, 3], n[2, 3] = s[1, 0] + s[0, 1], s[0, 2] + s[2, 0], s[2, 1] + s[1, 2]
    scale = 0.0
    for p in range(4):
        for q in range(4):
            n[q, p] = n[min(p, q), max(p, q)]
            scale += n[q, p] * n[q, p]
    for _ in range(_SWEEPS):
        beside = 0.0
        for p in range(3):
            for q in range(p + 1, 4):
                beside += n[p, q] * n[p, q]
        if beside <= _LEAST * scale:
            break
        for p in range(3):
            for q in range(p + 1, 4):
                if n[p, q] != 0:
                    half = (n[q, q] - n[p, p]) / (2 * n[p, q])
                    tangent = (1.0 if half >= 0 else -1.0) / (abs(half) + np.sqrt(half * half + 1))
                    cosine = 1 / np.sqrt(tangent * tangent + 1)
                    sine = tangent * cosine
                    for k in range(4):
                        first, second = n[k, p], n[k, q]
                        n[k, p], n[k, q] = cosine * first - sine * second, sine * first + cosine * second
                        first, second = vectors[k, p], vectors[k, q]
                        vectors[k, p], vectors[k, q] = cosine * first - sine * second, sine * first + cosine * second
                    for k in range(4):
                        first, second = n[p, k], n[q, k]
                        n[p, k], n[q, k] = cosine * first - sine * second, sine * first + cosine * second
    best = 0
    for p in range(1, 4):
        best = p if n[p, p] > n[best, best] else best
    w, x, y, z = vectors[0, best], vectors[1, best], vectors[2, best], vectors[3, best]
    turn = np.empty((3, 3))
    turn[0, 0], turn[0, 1], turn[0, 2] = w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)
    turn[1, 0], turn[1, 1], turn[1, 2] = 2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)
    turn[2, 0], turn[2, 1], turn[2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z
    return turn


@first_call
def _first_call() -> None:
    rotation_of(np.eye(3))
