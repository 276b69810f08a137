"""Where other programs' networks want a face's features in their crops.

A template is a few points in the unit crop and the points of our mesh that lie there. Their pixel grids differ from
ours: FaceLab lays pixel 0 at the crop's very corner, ArcFace puts pixel centres at whole numbers.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import invert, umeyama
from realtime.frame import Matrix2x3, Points2, Points3

# DeepFaceLab's mean face: points 17 to 35, 36, 39, 42, 45, 48 and 54 of the 68 of iBUG 300-W, in units of the box
# around brows and nose, and beside each the point of MediaPipe's mesh that is nearest to it.
# fmt: off
_FACELAB = (
    (70, 0.000213256, 0.106454), (63, 0.0752622, 0.038915), (105, 0.18113, 0.0187482), (66, 0.29077, 0.0344891),
    (107, 0.393397, 0.0773906), (336, 0.586856, 0.0773906), (296, 0.689483, 0.0344891), (334, 0.799124, 0.0187482),
    (293, 0.904991, 0.038915), (300, 0.98004, 0.106454), (168, 0.490127, 0.203352), (197, 0.490127, 0.307009),
    (5, 0.490127, 0.409805), (4, 0.490127, 0.515625), (98, 0.36688, 0.587326), (97, 0.426036, 0.609345),
    (2, 0.490127, 0.628106), (326, 0.554217, 0.609345), (327, 0.613373, 0.587326), (33, 0.121737, 0.216423),
    (133, 0.334606, 0.231733), (362, 0.645647, 0.231733), (263, 0.858516, 0.216423), (61, 0.254149, 0.780233),
    (291, 0.726104, 0.780233),
)
# fmt: on
_FACELAB_POINTS = [index for index, _, _ in _FACELAB]
_FACELAB_PLACES = np.array([place for _, *place in _FACELAB], np.float64)
_WHOLE_FACE, _UP = 0.4, 0.07
"""The padding of FaceLab's whole face, and how far its middle lies above the mean face's, in heights of its box."""

_ARCFACE_PLACES = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float64
)
"""Deng et al., "ArcFace", 2019, in 112 pixels: right and left eye, tip of the nose, corners of the mouth."""
_ARCFACE_SIDE, _SWAPPER_SIDE = 112, 128
_NOSE, _MOUTH = 1, (61, 291)


def facelab_crop(landmarks_px: Points2 | Points3, size: int) -> Matrix2x3:
    """`crop_from_frame` of FaceLab's whole face: Umeyama on its mean face, padded, a little raised.

    Args:
        landmarks_px: (478, 2 or 3) face points in frame pixels.
        size: Side of the crop in pixels.
    """
    unit_from_frame = umeyama(landmarks_px[_FACELAB_POINTS, :2], _FACELAB_PLACES)
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)], np.float64)
    frame_from_unit = invert(unit_from_frame)
    placed = corners @ frame_from_unit[:, :2].T + frame_from_unit[:, 2]
    top_left, top_right, low_right, low_left, middle = placed
    middle = middle + _UP * (top_left - low_left)
    half = np.linalg.norm(top_left - low_right) * (_WHOLE_FACE * math.sqrt(2) + 0.5)
    down, up = ((a - b) / np.linalg.norm(a - b) for a, b in ((low_right, top_left), (top_right, low_left)))
    square = np.array([middle - down * half, middle + up * half, middle + down * half])
    return _affine(square, np.array([(0, 0), (size, 0), (size, size)], np.float64))


def arcface_crop(landmarks_px: Points2 | Points3, size: int) -> Matrix2x3:
    """`crop_from_frame` of ArcFace's template: as it is at multiples of 112, with 8 columns more to either side at 128.

    Args:
        landmarks_px: (478, 2 or 3) face points in frame pixels.
        size: Side of the crop in pixels.
    """
    side, shift = (_ARCFACE_SIDE, 0.0) if size % _ARCFACE_SIDE == 0 else (_SWAPPER_SIDE, 8.0)
    places = np.add(_ARCFACE_PLACES, (shift, 0.0)) * size / side
    return umeyama(five_points(landmarks_px), places)


def five_points(landmarks_px: Points2 | Points3) -> npt.NDArray[np.float64]:
    """(5, 2) eyes, nose and corners of the mouth, the person's right first."""
    eyes = [landmarks_px[list(pair), :2].mean(0) for pair in topology.EYE_CORNERS]
    return np.array([*eyes, landmarks_px[_NOSE, :2], *landmarks_px[list(_MOUTH), :2]], np.float64)


def _affine(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> Matrix2x3:
    """The affine transform that carries three points onto three others."""
    solved: Matrix2x3 = np.linalg.solve(np.hstack([source, np.ones((3, 1))]), target).T
    return solved
