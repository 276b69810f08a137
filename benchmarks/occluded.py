"""A hand before the face stays a hand: how well a persona's mask leaves out what passes before the performer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.likeness import overlap
from benchmarks.obstacles import SPRITES, Obstacle
from benchmarks.strangers import STRANGERS, StrangerPerformer
from benchmarks.worn import Bench, drawn
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.face.finder import FaceFinder
from realtime.frame import BgrImage, Frame, Mask
from realtime.source.base import Source
from realtime.source.portrait import PortraitPerformer

_SEED = 70_011
_UNCHANGED = 12
_LEAST_COVERED = 0.03
"""Frames in which less of the face is covered say nothing about occluders."""


@dataclass
class Occlusion:
    """What is gathered: one number for each frame in which enough of the face was covered."""

    ious: dict[str, list[float]] = field(default_factory=dict)
    kept: list[float] = field(default_factory=list)
    worn: int = 0
    lost: int = 0

    def figures(self) -> dict[str, float | None]:
        """Mean IoU, the share of the obstacle left as it was, shares of frames that count as worn and that show no face
        to the detector, IoU by kind."""
        every = [value for values in self.ious.values() for value in values]
        if not every:
            return {"mask_iou_occluded": None}
        return {
            "mask_iou_occluded": float(np.mean(every)),
            "obstacle_kept": float(np.mean(self.kept)),
            "obstacle_worn_fraction": self.worn / len(every),
            "obstacle_lost_fraction": self.lost / (self.lost + len(every)),
            **{f"mask_iou_{kind}": float(np.mean(values)) for kind, values in self.ious.items() if values},
        }


def built_in(number: int) -> Source:
    """The built-in performer on a path of its own for each obstacle."""
    return PortraitPerformer(seed=_SEED + number, paced=False)


def rendered_stranger(number: int) -> Source:
    """A stranger of its own for each obstacle."""
    return StrangerPerformer(list(STRANGERS)[number % len(STRANGERS)], _SEED + number)


def watch_obstacles(bench: Bench, frames: int, performer: Callable[[int], Source] = built_in) -> Occlusion:
    """Draw each obstacle on its way across a performer's face and look at the persona's masks.

    The mask wanted is the true one less what the obstacle covers of it, in the alignment in which the swap is worn; the
    one got is the network's own, which it can know from the crop alone. `kept`: over the obstacle, where the true mask
    would show the persona, the share of pixels that left as they came (all colours within 12 of 255).

    Args:
        bench: With the persona.
        frames: In all.
        performer: Who performs behind the obstacle of a number.
    """
    found = Occlusion({kind: [] for kind in SPRITES})
    each = max(4, frames // len(SPRITES))
    for number, kind in enumerate(track(list(SPRITES), "obstacles", console=Console(stderr=True))):
        _watch_one(bench, Obstacle(kind, _SEED + number), performer(number), each, found.ious[kind], found)
    return found


def _watch_one(
    bench: Bench, obstacle: Obstacle, performer: Source, frames: int, ious: list[float], gathered: Occlusion
) -> None:
    find, match, composite = FaceFinder(), ColourMatch(), Composite()
    with performer:
        for number in range(frames):
            frame = performer.read()
            assert frame is not None and frame.truth is not None
            cover = obstacle.draw(frame.image, frame.truth.landmarks_px, number / max(1, frames - 1))
            before = frame.image.copy()
            swapped = find(frame)
            if not swapped.faces:
                gathered.lost += 1
                continue
            truth = bench.truth(drawn(frame.truth))
            swapped = bench.swapper(swapped)
            swap = swapped.swaps[0]
            size_wh = (len(swap.mask), len(swap.mask))
            covered = np.asarray(cv2.warpAffine(cover, swap.crop_from_frame, size_wh), np.uint8)
            if _share(truth.mask, covered) < _LEAST_COVERED:
                continue
            ious.append(overlap(np.minimum(truth.mask, 255 - covered), swap.mask))
            shown = composite(match(swapped))
            gathered.worn += shown.worn
            gathered.kept.append(_kept(before, shown, cover, truth.mask))
    find.close()


def _share(mask: Mask, covered: Mask) -> float:
    inside = mask > 127
    return float((covered[inside] > 127).mean()) if inside.any() else 0.0


def _kept(before: BgrImage, shown: Frame, cover: Mask, true_mask: Mask) -> float:
    """Of the obstacle's pixels where the persona would be, the share that left as it came."""
    matrix = shown.swaps[0].crop_from_frame
    in_frame = cv2.warpAffine(true_mask, matrix, shown.size_wh, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    over = (cover > 250) & (in_frame > 250)
    if not over.any():
        return 1.0
    change = cv2.absdiff(before, shown.image)[over].max(1)
    return float((change <= _UNCHANGED).mean())
