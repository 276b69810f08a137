"""Other people's heads: the network trains on one performer's face and must not learn that face alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import eye_distance, facing_ahead, head_rotation
from realtime.frame import Points3

Vectors = npt.NDArray[np.float64]

_BUMPS = 7


def random_shape(rest: Vectors, random: np.random.Generator, strength: float = 0.75) -> Vectors:
    """Offsets that turn one head into another's: a wider jaw, a longer nose, closer eyes.

    Smooth bumps, mirrored so that the face stays nearly symmetric. They are wide against lids and lips, so that
    openings stay what the expression asks for.

    Args:
        rest: (478, 3) the head's points at rest, in distances between the eyes.
        random: Where the randomness comes from.
        strength: 1 varies as widely as people do; less keeps outlines and expressions from being mistaken.

    Returns:
        (468, 3) offsets.
    """
    skin = rest[: topology.SKIN_POINTS]
    scale = random.normal(0, (0.06, 0.08, 0.08)) * strength
    offsets: Vectors = (skin - np.array([0, 0.1, 0])) * scale
    for _ in range(_BUMPS):
        centre = random.uniform((0.0, -0.8), (1.0, 1.7))
        width = random.uniform(0.3, 0.8)
        push = random.normal(0, (0.055, 0.07, 0.07)) * strength
        if random.random() < 0.4:
            centre[0], push[0] = 0.0, 0.0
        for side in (1.0, -1.0) if centre[0] else (1.0,):
            away = skin[:, :2] - (side * centre[0], centre[1])
            bump = np.exp(-(away**2).sum(1) / (2 * width**2))
            offsets += bump[:, None] * (push * (side, 1, 1) * random.uniform(0.8, 1.2))
    return offsets


def reshape(landmarks_px: Points3, random: np.random.Generator, strength: float) -> Points3:
    """A face's points as another person's, its pose and expression kept.

    Args:
        landmarks_px: (478, 3) face points, z in the unit of x and y.
        random: Where the randomness comes from.
        strength: As in `random_shape`.

    Returns:
        (478, 3) float32.
    """
    rotation, unit = head_rotation(landmarks_px), eye_distance(landmarks_px)
    moved = landmarks_px.copy()
    moved[: topology.SKIN_POINTS] += random_shape(facing_ahead(landmarks_px), random, strength) @ rotation.T * unit
    for ring, iris in ((topology.RIGHT_EYE, topology.RIGHT_IRIS), (topology.LEFT_EYE, topology.LEFT_IRIS)):
        rows = list(ring)
        moved[list(iris)] += moved[rows].mean(0) - landmarks_px[rows].mean(0)
    return np.asarray(moved, np.float32)
