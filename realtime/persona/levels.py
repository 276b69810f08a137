"""A picture's bytes into a network's numbers and back, in one pass each.

OpenCV and numpy take a pass for each channel and each step: four times as long, and ten where little of them is left in
the caches since the frame before.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Mask
from realtime.kernels import compiled
from realtime.persona.buffers import Tensor

_compiled = compiled(fastmath={"contract", "reassoc", "nsz"})


def fill_plane(plane: Tensor, picture: BgrImage | Mask, channel: int = 0) -> None:
    """One channel's levels as numbers.

    Args:
        plane: (H, W) float32, 0 to 1 afterwards.
        picture: (H, W) or (H, W, 3) uint8, C-contiguous.
        channel: Which of the three.
    """
    if picture.ndim == 2:
        _fill(plane.reshape(-1), picture.reshape(-1))
    else:
        _fill_third(plane.reshape(-1), picture.reshape(-1)[channel:])


def read_mask(plane: Tensor, mask: Mask) -> bool:
    """Numbers as levels, 0..1 as 0 to 255, rounded and held at both ends.

    Args:
        plane: (H, W) float32.
        mask: (H, W) uint8, C-contiguous, written.

    Returns:
        Whether all of them are finite numbers; what is none is 0.
    """
    return bool(np.isfinite(_read(plane.reshape(-1), mask.reshape(-1))))


def read_picture(planes: Tensor, picture: BgrImage) -> bool:
    """Three planes as the channels of a picture, as `read_mask` reads one.

    Args:
        planes: (3, H, W) float32, blue, green and red.
        picture: (H, W, 3) uint8, C-contiguous, written.
    """
    blue, green, red = (plane.reshape(-1) for plane in planes)
    return bool(np.isfinite(_read_three(blue, green, red, picture.reshape(-1))))


def warm_up(into: Tensor, out: Tensor, masks: Iterable[Tensor]) -> None:
    """Compile, or load, what fills and reads arrays as these lie in memory.

    Args:
        into: (C, H, W), whose numbers change.
        out: (3, H, W).
        masks: (H, W) each.
    """
    picture = np.zeros((*out.shape[1:], 3), np.uint8)
    mask = picture[..., 0].copy()
    fill_plane(into[0], picture, 0)
    fill_plane(into[0], mask)
    read_picture(out, picture)
    for plane in masks:
        read_mask(plane, mask)


@_compiled
def _fill(plane: Tensor, levels: npt.NDArray[np.uint8]) -> None:
    for i in range(plane.size):
        plane[i] = np.float32(levels[i]) * np.float32(1 / 255)


@_compiled
def _fill_third(plane: Tensor, levels: npt.NDArray[np.uint8]) -> None:
    for i in range(plane.size):
        plane[i] = np.float32(levels[3 * i]) * np.float32(1 / 255)


@_compiled
def _level(number: np.float32) -> np.uint8:
    level = number * np.float32(255)
    level = level if level > np.float32(0) else np.float32(0)  # and not `max`, which would keep what is no number
    return np.uint8(np.int32(np.rint(level if level < np.float32(255) else np.float32(255))))


@_compiled
def _read(plane: Tensor, levels: npt.NDArray[np.uint8]) -> np.float32:
    """Returns a sum that is finite where every number is."""
    total = np.float32(0)
    for i in range(plane.size):
        total += plane[i]
        levels[i] = _level(plane[i])
    return total


@_compiled
def _read_three(blue: Tensor, green: Tensor, red: Tensor, levels: npt.NDArray[np.uint8]) -> np.float32:
    total = np.float32(0)
    for i in range(blue.size):
        total += blue[i] + green[i] + red[i]
        levels[3 * i], levels[3 * i + 1], levels[3 * i + 2] = _level(blue[i]), _level(green[i]), _level(red[i])
    return total
