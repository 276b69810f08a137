"""From face points to the crop: one similarity transform, the same in training and live.

The crop is a square that covers a face from above the forehead to below a wide-open jaw. It is tied to points
that expression hardly moves (eye corners, nose, temples); the mouth and jaw may then move inside it as they do
in life. Units of the template are the distance between the eyes' middles; its origin is half-way between them.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.rigid import nearest_rotation, nearest_similarity
from realtime.frame import Matrix2x3, Points2, Points3

TEMPLATE_NAME = "thespis-1"
CROP_SIDE = 3.6
"""Side of the crop in distances between the eyes; at 128 pixels the eyes are 36 pixels apart."""
CROP_CENTRE = (0.0, 0.62)
"""Where the crop's middle lies, below the point between the eyes."""

# x, y, z in distances between the eyes: means over the front-facing mesh of our two portraits, made symmetric.
TEMPLATE: dict[int, tuple[float, float, float]] = {
    33: (-0.72, -0.01, 0.04),
    133: (-0.28, 0.01, -0.04),
    362: (0.28, 0.01, -0.04),
    263: (0.72, -0.01, 0.04),
    168: (0.0, -0.10, -0.31),
    6: (0.0, 0.01, -0.39),
    197: (0.0, 0.12, -0.48),
    195: (0.0, 0.21, -0.57),
    5: (0.0, 0.32, -0.67),
    4: (0.0, 0.45, -0.72),
    2: (0.0, 0.66, -0.45),
    98: (-0.31, 0.62, -0.32),
    327: (0.31, 0.62, -0.32),
    127: (-1.10, 0.15, 0.82),
    356: (1.10, 0.15, 0.82),
}
STABLE = np.array(list(TEMPLATE), np.intp)
_STABLE_3D = np.array(list(TEMPLATE.values()), np.float64)
_STABLE_CENTRED = _STABLE_3D - _STABLE_3D.mean(0)
_STABLE_IN_CROP = (_STABLE_3D[:, :2] - CROP_CENTRE) / CROP_SIDE + 0.5


_EYE_CORNERS = np.array(topology.EYE_CORNERS, np.intp).ravel()


def umeyama(source: npt.NDArray[np.floating[Any]], target: npt.NDArray[np.floating[Any]]) -> Matrix2x3:
    """The similarity transform that carries one set of points onto another with the least squared error.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.

    Args:
        source: (N, 2) points, N >= 2.
        target: (N, 2) points.

    Returns:
        (2, 3) `target_from_source`: rotation and uniform scale (never a reflection), then translation.

    Raises:
        ValueError: All source points lie on one spot.
    """
    return nearest_similarity(np.ascontiguousarray(source, np.float64), np.ascontiguousarray(target, np.float64))


def align(landmarks_px: Points3 | Points2) -> Matrix2x3:
    """Where a face's crop lies in its frame.

    Args:
        landmarks_px: (478, 2 or 3) face points in frame pixels.

    Returns:
        (2, 3) `crop_from_frame`, onto the unit crop: (0, 0) is its upper left corner and (1, 1) its lower right.
    """
    return umeyama(landmarks_px[STABLE, :2], _STABLE_IN_CROP)


def scale_crop(crop_from_frame: Matrix2x3, size: int) -> Matrix2x3:
    """The same transform onto a crop of `size` pixels, whose pixel centres lie at whole numbers."""
    scaled = crop_from_frame * size
    scaled[:, 2] -= 0.5
    return scaled


def resize_crop(crop_from_frame: Matrix2x3, factor: float) -> Matrix2x3:
    """The transform onto the same crop resized by a factor; pixel centres lie at whole numbers before and after."""
    resized = crop_from_frame * factor
    resized[:, 2] += (factor - 1) / 2
    return resized


def scale_of(similarity: Matrix2x3) -> float:
    """How many times longer a similarity makes things; by a formula, as LAPACK takes ten times as long."""
    return math.hypot(similarity[0, 0], similarity[1, 0])


def invert(matrix: Matrix2x3) -> Matrix2x3:
    """The affine transform backwards; by a formula, since LAPACK wakes its threads for two rows: 0.2 to 2 ms."""
    return np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def transform(points: npt.NDArray[np.floating[Any]], matrix: Matrix2x3) -> Points2:
    """(N, 2 or more) points through an affine (2, 3) matrix; further columns are left out."""
    moved: Points2 = (points[:, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return moved


def head_rotation(landmarks_px: Points3) -> npt.NDArray[np.float64]:
    """How the head is turned, against the front-facing template (`realtime.face.rigid`).

    Args:
        landmarks_px: (478, 3) face points, z in the unit of x and y.

    Returns:
        (3, 3) rotation that carries a front-facing head to this one: x right, y down, z away from the camera.
    """
    return nearest_rotation(landmarks_px[STABLE].astype(np.float64), _STABLE_CENTRED)


def facing_ahead(landmarks_px: Points3) -> npt.NDArray[np.float64]:
    """(478, 3) a face's points turned to face ahead, in distances between the eyes from the eyes' middle.

    Args:
        landmarks_px: (478, 3) face points, z in the unit of x and y.
    """
    return turned_ahead(landmarks_px, head_rotation(landmarks_px), eye_distance(landmarks_px))


def turned_ahead(landmarks_px: Points3, rotation: npt.NDArray[np.float64], unit: float) -> npt.NDArray[np.float64]:
    """As `facing_ahead`, where the head's rotation and the distance between the eyes are known already."""
    facing: npt.NDArray[np.float64] = (landmarks_px - landmarks_px[_EYE_CORNERS].mean(0)) @ rotation
    return facing / unit


def eye_distance(landmarks_px: Points3) -> float:
    """Distance between the middles of the eyes, in space, so that a turned head measures the same."""
    outer, inner, inner2, outer2 = landmarks_px[_EYE_CORNERS].tolist()
    return math.dist(map(sum, zip(outer, inner, strict=True)), map(sum, zip(inner2, outer2, strict=True))) / 2
