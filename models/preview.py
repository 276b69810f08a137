"""The picture that tells whether a run is going well."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.network import SharedAutoencoder
from models.rendered import PortraitFaceset
from realtime.frame import BgrImage
from realtime.source.expression import Expression, ExpressionPath

_ROWS = 6
_PATH_SEED = 987_654


def preview(network: SharedAutoencoder, performer: PortraitFaceset, persona: PortraitFaceset) -> BgrImage:
    """Five columns, one row an expression: performer | as itself | as persona | persona | as itself.

    The last row's performer is seen by its landmark map alone.

    Args:
        network: On the CPU or elsewhere; left in the mode it was in.
        performer: The performer's portrait.
        persona: The persona's portrait.

    Returns:
        (6 S, 5 S, 3) uint8 BGR.
    """
    path = ExpressionPath(_PATH_SEED)
    device = next(network.parameters()).device
    rows = []
    for row in range(_ROWS):
        expression = path.at(3.7 * row)
        pairs = [faceset.truth(expression) for faceset in (performer, persona)]
        random = np.random.default_rng(row)
        inputs = np.stack([one.seen_input(expression, random, recoloured=False) for one in (performer, persona)])
        if row == _ROWS - 1:
            inputs[0, :3] = 0
        with torch.inference_mode():
            latent = network.encoder(torch.from_numpy(inputs).to(device))
            itself, worn = network.performer(latent[:1])[0], network.persona(latent)[0]
        painted = [itself[0], worn[0], worn[1]]
        shown = [pairs[0].image, *(tile.float().cpu().numpy() for tile in painted[:2]), pairs[1].image]
        shown.append(painted[2].float().cpu().numpy())
        rows.append(np.hstack([_picture(tile) for tile in shown]))
    return np.vstack(rows)


def rest_portrait(persona: PortraitFaceset) -> BgrImage:
    """The persona's own crop at rest, (256, 256, 3) uint8 BGR: what galleries show."""
    crop, _, _ = persona.renderer.crop(Expression(), persona.size)
    return np.asarray(cv2.resize(crop, (256, 256), interpolation=cv2.INTER_CUBIC), np.uint8)


def _picture(planes: npt.NDArray[np.float32]) -> BgrImage:
    rgb = np.clip(planes * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(rgb.transpose(1, 2, 0)[..., ::-1])
