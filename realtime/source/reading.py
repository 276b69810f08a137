"""Reads an expression back from face points: what a face does, whoever it is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import eye_distance, head_rotation, turned_ahead
from realtime.frame import Points3
from realtime.source.expression import Expression
from realtime.source.features import UPPER_SHARE

_READ = np.array(
    (
        *(topology.UPPER_LIP, topology.LOWER_LIP, topology.LIPS_INNER[0], topology.LIPS_INNER[10]),
        *(point for pair in topology.LID_PAIRS for point in pair),
        *(topology.RIGHT_IRIS[0], topology.RIGHT_EYE[0], topology.RIGHT_EYE[8]),
        *(topology.LEFT_IRIS[0], topology.LEFT_EYE[0], topology.LEFT_EYE[8]),
    ),
    np.intp,
)
"""The points an expression is read from, in this order."""


def opening(points: Points3, pair: tuple[int, int]) -> float:
    """Distance between two points in distances between the eyes, measured in space."""
    return math.dist(points[pair[0]], points[pair[1]]) / eye_distance(points)


def mouth_opening(points: Points3) -> float:
    """Between the lips' inner edges, in distances between the eyes."""
    return opening(points, (topology.UPPER_LIP, topology.LOWER_LIP))


def eye_opening(points: Points3) -> float:
    """Between the lids, both eyes' mean, in distances between the eyes."""
    return sum(opening(points, pair) for pair in topology.LID_PAIRS) / 2


def read_expression(points: Points3) -> Expression:
    """What a face does; brows and light, which a stranger's rest cannot be known for, are left at rest.

    Args:
        points: (478, 3) face points, z in the unit of x and y.
    """
    rotation, unit = head_rotation(points), eye_distance(points)
    front = turned_ahead(points, rotation, unit)[_READ].tolist()
    upper, lower, right_corner, left_corner, *lids = front[:8]
    mouth_open = math.dist(upper, lower)
    line_y = upper[1] + UPPER_SHARE * mouth_open
    corner_y = (right_corner[1] + left_corner[1]) / 2
    yaw, pitch, roll = _angles(rotation)
    # Of both eyes, how far the iris is from half-way between the corners.
    gaze_x, gaze_y = (
        sum(iris[axis] - (outer[axis] + inner[axis]) / 2 for iris, outer, inner in (front[8:11], front[11:])) / 2
        for axis in range(2)
    )
    return Expression(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        mouth_open=mouth_open,
        mouth_width=math.dist(right_corner, left_corner),
        smile=line_y + 0.3 * (1 - UPPER_SHARE) * mouth_open - corner_y,
        right_eye=math.dist(*lids[:2]),
        left_eye=math.dist(*lids[2:]),
        gaze_x=gaze_x,
        gaze_y=gaze_y,
    )


def _angles(rotation: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of roll @ yaw @ pitch, as `realtime.source.head.rotation_of` builds it."""
    yaw = math.asin(max(-1.0, min(1.0, float(rotation[2, 0]))))
    pitch = math.atan2(float(rotation[2, 1]), float(rotation[2, 2]))
    roll = math.atan2(float(rotation[1, 0]), float(rotation[0, 0]))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)
