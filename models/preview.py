"""The picture that tells whether a run is going well."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.augment import untouched
from models.network import SharedAutoencoder
from models.sample import Batch, Planes, Sample
from realtime.frame import BgrImage

_ROWS = 3
_SHADE = 0.35


def preview(network: SharedAutoencoder, batch: Batch, rows: int = _ROWS) -> BgrImage:
    """Five columns: seen | landmark map | painted | painted where its mask is | true. Some rows for each decoder.

    Args:
        network: On the CPU or elsewhere.
        batch: Pairs for each decoder.
        rows: Of each, at most.

    Returns:
        (R S, 5 S, 3) uint8 BGR.
    """
    device = next(network.parameters()).device
    return np.vstack([_rows(network, name, sample, rows, device) for name, sample in batch.items()])


def _rows(network: SharedAutoencoder, name: str, sample: Sample, rows: int, device: torch.device) -> BgrImage:
    view, face_map, image = (_tensor(part[:rows], device) for part in (sample.view, sample.face_map, sample.image))
    with torch.inference_mode():
        painted, mask = (part.float() for part in network({name: untouched(view, face_map)})[name])
    worn = painted * (_SHADE + (1 - _SHADE) * mask)
    tiles = zip(view, face_map, painted, worn, image, strict=True)
    return np.vstack([np.hstack([_picture(tile) for tile in row]) for row in tiles])


def _tensor(planes: Planes, device: torch.device) -> Tensor:
    return torch.from_numpy(planes).to(device).float() / 255


def _picture(planes: Tensor) -> BgrImage:
    rgb = (planes.clamp(0, 1) * 255 + 0.5).to(torch.uint8).cpu().numpy()
    return np.ascontiguousarray(rgb.transpose(1, 2, 0)[..., ::-1])
