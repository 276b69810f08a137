"""What stands between one rendered performer and the strangers who will wear the persona.

The network trains on one performer's face; it must not learn that face alone. So its shape, colours and sharpness are
varied, and the crop with its landmark map is bent a little.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.frame import BgrImage

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


def recolour(crop: BgrImage, random: np.random.Generator) -> BgrImage:
    """Another camera, another skin, another lamp: tint, contrast, saturation, blur and noise of a whole crop."""
    picture: npt.NDArray[np.float32] = crop.astype(np.float32)
    grey = picture.mean(2, keepdims=True)
    picture = grey + (picture - grey) * random.uniform(0.2, 1.4)
    picture *= random.uniform(0.65, 1.3, 3)
    middle = picture.mean()
    picture = (picture - middle) * random.uniform(0.6, 1.35) + middle * random.uniform(0.6, 1.25)
    if random.random() < 0.5:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 2.0)), np.float32)
    picture += random.normal(0, random.uniform(0, 7), picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def random_warp(size: int, random: np.random.Generator) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Maps for `cv2.remap` that shift, turn, scale and bend a crop a little.

    Returns:
        Two (size, size) float32 arrays: where in the crop each pixel of the warped one comes from, x and y.
    """
    angle, scale = random.normal(0, 0.008), 1 + random.normal(0, 0.008)
    shift = random.normal(0, 0.003 * size, 2)
    axis = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = np.meshgrid(axis, axis)
    bend = random.normal(0, 0.003 * size, (2, 5, 5)).astype(np.float32)
    bends = [cv2.resize(plane, (size, size), interpolation=cv2.INTER_CUBIC) for plane in bend]
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    middle = (size - 1) / 2
    return (
        (c * x - s * y + middle + shift[0] + bends[0]).astype(np.float32),
        (s * x + c * y + middle + shift[1] + bends[1]).astype(np.float32),
    )
