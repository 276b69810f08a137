"""Other tools' alignments, held against their own way of computing them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from realtime.face.templates import arcface_crop, facelab_crop, five_points
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

# iBUG's 68 points from 17 on, less those that the mean face leaves out, as the mesh has them.
MESH = [70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327, 33, 133, 362, 263, 61, 291]
MEAN_X = [0.000213256, 0.0752622, 0.18113, 0.29077, 0.393397, 0.586856, 0.689483, 0.799124, 0.904991, 0.98004]
MEAN_X += [0.490127, 0.490127, 0.490127, 0.490127, 0.36688, 0.426036, 0.490127, 0.554217, 0.613373]
MEAN_X += [0.121737, 0.334606, 0.645647, 0.858516, 0.254149, 0.726104]
MEAN_Y = [0.106454, 0.038915, 0.0187482, 0.0344891, 0.0773906, 0.0773906, 0.0344891, 0.0187482, 0.038915, 0.106454]
MEAN_Y += [0.203352, 0.307009, 0.409805, 0.515625, 0.587326, 0.609345, 0.628106, 0.609345, 0.587326]
MEAN_Y += [0.216423, 0.231733, 0.231733, 0.216423, 0.780233, 0.780233]


def points_of(renderer: PortraitRenderer, roll: float, yaw: float) -> np.ndarray:
    return renderer.head.pose(Expression(roll=roll, yaw=yaw)).points.astype(np.float32)


@pytest.mark.parametrize(("roll", "yaw"), [(0, 0), (12, 0), (-9, 25)])
@pytest.mark.parametrize("size", [64, 224, 320])
def test_the_whole_face_is_cut_as_facelab_cuts_it(
    astronaut: PortraitRenderer, roll: float, yaw: float, size: int
) -> None:
    """Its own steps: fit the mean face, take its box's corners back, go out along the diagonals, raise the middle."""
    points = points_of(astronaut, roll, yaw)
    fitted = SimilarityTransform()
    fitted.estimate(points[MESH, :2].astype(np.float64), np.stack([MEAN_X, MEAN_Y], 1))
    corner = fitted.inverse(np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)]))
    middle = corner[4] + 0.07 * (corner[0] - corner[3])
    half = np.linalg.norm(corner[0] - corner[2]) * (0.4 * np.sqrt(2) + 0.5)
    falling = (corner[2] - corner[0]) / np.linalg.norm(corner[2] - corner[0])
    rising = (corner[1] - corner[3]) / np.linalg.norm(corner[1] - corner[3])
    triangle = np.float32([middle - falling * half, middle + rising * half, middle + falling * half])
    theirs = cv2.getAffineTransform(triangle, np.float32([(0, 0), (size, 0), (size, size)]))
    np.testing.assert_allclose(facelab_crop(points, size), theirs, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize("size", [112, 128])
def test_eyes_nose_and_mouth_lie_where_arcface_has_them(astronaut: PortraitRenderer, size: int) -> None:
    points = points_of(astronaut, 8, 0)
    wanted = np.array(
        [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
    )
    fitted = SimilarityTransform()
    fitted.estimate(five_points(points), np.add(wanted, (8.0 if size == 128 else 0.0, 0.0)))
    np.testing.assert_allclose(arcface_crop(points, size), fitted.params[:2], rtol=1e-6, atol=1e-4)
