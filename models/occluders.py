"""Things that come between a face and the camera: hands, cups, microphones, hair; made on the fly, no two alike.

All are made of one form, the rounded box: a finger is a long one without height, a cup a stout one, a lock of hair a
thin one. What matters to the network is not what they are but that they are not the face.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

PARTS = 12
"""Rounded boxes in one occluder; spare ones have no size."""

Boxes: TypeAlias = npt.NDArray[np.float32]
"""(PARTS, 9): x, y, half width, half height, radius, angle, red, green, blue; lengths in shares of the crop's side."""

_NOTHING = -10.0


def _part(middle: tuple[float, float], half: float, height: float, radius: float, angle: float) -> list[float]:
    return [*middle, half, height, radius, angle]


def _skin(random: np.random.Generator) -> npt.NDArray[np.float64]:
    tone = random.uniform(0.15, 0.95)
    colour: npt.NDArray[np.float64] = tone * np.array([1.0, random.uniform(0.65, 0.85), random.uniform(0.45, 0.75)])
    return colour


def _hand(random: np.random.Generator) -> tuple[list[list[float]], npt.NDArray[np.float64]]:
    x, y, turn = random.uniform(0.15, 0.85), random.uniform(0.3, 0.95), random.uniform(0, math.tau)
    width = random.uniform(0.035, 0.06)
    along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    palm = np.array([x, y])
    arm = palm - along * (width * 3 + 0.3)
    parts = [_part((arm[0], arm[1]), 0.3, width * random.uniform(0.5, 1.2), width, turn)]
    parts.append(_part((x, y), width * 1.2, width * 1.6, width, turn))
    for finger in range(4):
        spread = (finger - 1.5) * random.uniform(0.9, 1.25)
        reach = random.uniform(0.1, 0.2)
        middle = palm + along * (2.0 * width + reach) + across * spread * 2 * width * 0.95
        parts.append(
            _part((middle[0], middle[1]), reach, 0.0, width * random.uniform(0.75, 0.95), turn + 0.08 * spread)
        )
    thumb = palm + across * 3 * width + along * width
    parts.append(
        _part((thumb[0], thumb[1]), random.uniform(0.06, 0.1), 0.0, width * 0.9, turn + random.uniform(0.5, 1.1))
    )
    return parts, _skin(random)


def _cup(random: np.random.Generator) -> tuple[list[list[float]], npt.NDArray[np.float64]]:
    x, y, turn = random.uniform(0.25, 0.75), random.uniform(0.55, 0.95), random.normal(0, 0.3)
    half, tall = random.uniform(0.08, 0.16), random.uniform(0.1, 0.18)
    side = random.choice([-1.0, 1.0])
    handle = _part((x + side * (half + 0.05), y), 0.02, tall * 0.5, 0.025, turn)
    return [_part((x, y), half, tall, 0.02, turn), handle], random.uniform(0.05, 1.0, 3)


def _microphone(random: np.random.Generator) -> tuple[list[list[float]], npt.NDArray[np.float64]]:
    x, y, turn = random.uniform(0.3, 0.7), random.uniform(0.55, 0.8), random.uniform(0.2, math.pi - 0.2)
    ball, stick = random.uniform(0.05, 0.1), random.uniform(0.15, 0.3)
    middle = (x + math.cos(turn) * (stick + ball), y + math.sin(turn) * (stick + ball))
    return [
        _part(middle, stick, 0.0, ball * 0.5, turn),
        _part((x, y), 0.0, 0.0, ball, 0.0),
    ], np.full(3, random.uniform(0.03, 0.6))


def _hair(random: np.random.Generator) -> tuple[list[list[float]], npt.NDArray[np.float64]]:
    x, lean, spread = random.uniform(0.15, 0.85), random.normal(math.pi / 2, 0.35), random.uniform(0.02, 0.12)
    parts = []
    for _ in range(PARTS):
        astray = 2 * random.normal(0, 0.05)
        length = random.uniform(0.1, 0.5)
        place = (x + random.normal(0, spread), random.uniform(0.05, 0.7))
        parts.append(_part(place, length, 0.0, random.uniform(0.005, 0.025), lean + astray))
    return parts, random.uniform(0.02, 0.5) * np.array([1.0, random.uniform(0.6, 1.0), random.uniform(0.3, 1.0)])


_KINDS: Mapping[str, Callable[[np.random.Generator], tuple[list[list[float]], npt.NDArray[np.float64]]]] = (
    MappingProxyType({"hand": _hand, "cup": _cup, "microphone": _microphone, "hair": _hair})
)
KINDS = tuple(_KINDS)


def random_occluder(random: np.random.Generator, kind: str | None = None) -> Boxes:
    """One occluder somewhere over a crop; `kind` out of `KINDS`, None for any."""
    parts, colour = _KINDS[kind or str(random.choice(KINDS))](random)
    boxes = np.zeros((PARTS, 9), np.float32)
    boxes[:, 4] = _NOTHING
    boxes[: len(parts), :6] = parts
    boxes[:, 6:] = np.clip(colour * random.uniform(0.85, 1.15, (PARTS, 1)), 0, 1)
    return boxes


def draw_occluders(boxes: Tensor, size: int, texture: Tensor) -> tuple[Tensor, Tensor]:
    """Draw one occluder for each of a batch.

    The distance to a rounded box is Quilez's closed form ("2D distance functions", rounded box); a form's inside is
    shaded as if it were round.

    Args:
        boxes: (N, PARTS, 9).
        size: Side of the crops in pixels.
        texture: (N, 1, S, S) about 0, what the surface is like.

    Returns:
        (N, 3, S, S) colours 0 to 1 and (N, 1, S, S) coverage 0 to 1.
    """
    axis = (torch.arange(size, device=boxes.device) + 0.5) / size
    x, y = axis[None, None, None, :], axis[None, None, :, None]
    centre_x, centre_y, half, height, radius, angle = (part[..., None, None] for part in boxes[..., :6].unbind(-1))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    along = ((x - centre_x) * cosine + (y - centre_y) * sine).abs() - half
    across = ((y - centre_y) * cosine - (x - centre_x) * sine).abs() - height
    outside = torch.hypot(along.clamp(min=0), across.clamp(min=0))
    distance = outside + torch.maximum(along, across).clamp(max=0) - radius
    nearest, part = distance.min(1)
    part = part.flatten(1)
    thick = (boxes[..., 4] + boxes[..., 2:4].amin(-1)).clamp(min=1e-3).gather(1, part).view_as(nearest)
    round_ = (-nearest / thick).clamp(0, 1)
    shade = (0.55 + 0.45 * torch.sqrt(round_ * (2 - round_)))[:, None]
    colours = [boxes[..., channel].gather(1, part) for channel in (6, 7, 8)]
    colour = torch.stack(colours, 1).view(len(boxes), 3, size, size)
    textured = (colour * shade * (1 + texture)).clamp(0, 1)
    total = (0.5 - nearest * size / 1.5).clamp(0, 1)[:, None]
    return textured, F.avg_pool2d(total, 3, 1, 1)
