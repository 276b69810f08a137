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


def opening(points: Points3, pair: tuple[int, int]) -> float:
    """Distance between two points in distances between the eyes, measured in space."""
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]])) / eye_distance(points)


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
    front = turned_ahead(points, rotation, unit)

    def apart(one: int, other: int) -> float:
        return float(np.linalg.norm(points[one] - points[other])) / unit

    mouth_open = apart(topology.UPPER_LIP, topology.LOWER_LIP)
    line_y = front[topology.UPPER_LIP, 1] + UPPER_SHARE * mouth_open
    corner_y = front[[topology.LIPS_INNER[0], topology.LIPS_INNER[10]], 1].mean()
    yaw, pitch, roll = _angles(rotation)
    right_eye, left_eye = (apart(*pair) for pair in topology.LID_PAIRS)
    gaze = np.mean(
        [
            front[iris[0], :2] - front[[ring[0], ring[8]], :2].mean(0)
            for iris, ring in (
                (topology.RIGHT_IRIS, topology.RIGHT_EYE),
                (topology.LEFT_IRIS, topology.LEFT_EYE),
            )
        ],
        axis=0,
    )
    return Expression(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        mouth_open=mouth_open,
        mouth_width=apart(topology.LIPS_INNER[0], topology.LIPS_INNER[10]),
        smile=float(line_y + 0.3 * (1 - UPPER_SHARE) * mouth_open - corner_y),
        right_eye=right_eye,
        left_eye=left_eye,
        gaze_x=float(gaze[0]),
        gaze_y=float(gaze[1]),
    )


def _angles(rotation: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of roll @ yaw @ pitch, as `realtime.source.head.rotation_of` builds it."""
    yaw = math.asin(max(-1.0, min(1.0, float(rotation[2, 0]))))
    pitch = math.atan2(float(rotation[2, 1]), float(rotation[2, 2]))
    roll = math.atan2(float(rotation[1, 0]), float(rotation[0, 0]))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)
