"""How far an exported graph is from the network it came from, measured on real crops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn

from realtime.errors import ExportError

Crops: TypeAlias = npt.NDArray[np.float32]
"""(N, C, S, S) float32, 0 to 1, channels as the persona file names them."""

_BATCH = 16
_FATAL = 4


@dataclass(frozen=True, slots=True)
class Worn:
    """What a network makes of crops.

    Attributes:
        image: (N, 3, S, S) float32 RGB, 0 to 1.
        mask: (N, 1, S, S) float32, 0 to 1.
    """

    image: npt.NDArray[np.float32]
    mask: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Differences that an export may not exceed; pictures are 0 to 1, so 1/255 is one grey level."""

    fp32_max_abs: float = 1e-3
    fp32_mean_abs: float = 1e-4
    int8_psnr_db: float = 32.0
    int8_mask_mean_abs: float = 0.02


@dataclass(frozen=True, slots=True)
class Parity:
    """Measured differences between a graph and its reference.

    Attributes:
        crops: How many crops were compared.
        image_max_abs: Largest difference of one value of the image.
        image_mean_abs: Mean difference.
        image_psnr_db: Peak signal-to-noise ratio of the image, capped at 120 dB for equal ones.
        mask_max_abs: Largest difference of the mask.
        mask_mean_abs: Mean difference of the mask.
    """

    crops: int
    image_max_abs: float
    image_mean_abs: float
    image_psnr_db: float
    mask_max_abs: float
    mask_mean_abs: float

    def figures(self) -> dict[str, float]:
        """As they stand in the persona file, to four digits."""
        return {name: float(f"{getattr(self, name):.4g}") for name in self.__dataclass_fields__}


def run_torch(network: nn.Module, crops: Crops) -> Worn:
    """The reference: the trained network itself, in evaluation mode."""
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    was_training = network.training
    network.eval()
    images, masks = [], []
    try:
        with torch.inference_mode():
            for at in range(0, len(crops), _BATCH):
                image, mask = network(torch.from_numpy(crops[at : at + _BATCH]).to(device))
                images.append(image.float().cpu().numpy())
                masks.append(mask.float().cpu().numpy())
    finally:
        network.train(was_training)
    return Worn(np.concatenate(images), np.concatenate(masks))


def run_graph(graph: bytes, crops: Crops) -> Worn:
    """What a graph makes of the crops, one by one, on the CPU as it is used live."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    pairs = [session.run(["image", "mask"], {"input": crop[None]}) for crop in crops]
    return Worn(np.concatenate([image for image, _ in pairs]), np.concatenate([mask for _, mask in pairs]))


def compare(reference: Worn, found: Worn) -> Parity:
    """Measure one against the other.

    Raises:
        ExportError: One of them holds what is not a number.
    """
    image = np.abs(found.image.astype(np.float64) - reference.image)
    mask = np.abs(found.mask.astype(np.float64) - reference.mask)
    if not (np.isfinite(image).all() and np.isfinite(mask).all()):
        raise ExportError("parity", wanted="finite numbers", got="others", next_step="train on from a checkpoint")
    noise = float((image**2).mean())
    return Parity(
        crops=len(image),
        image_max_abs=float(image.max()),
        image_mean_abs=float(image.mean()),
        image_psnr_db=min(120.0, -10 * math.log10(max(noise, 1e-12))),
        mask_max_abs=float(mask.max()),
        mask_mean_abs=float(mask.mean()),
    )


def check_fp32(parity: Parity, bounds: Bounds) -> None:
    """Refuse a graph that is not the network it came from.

    Raises:
        ExportError: A difference is over its bound.
    """
    _refuse(
        "the fp32 graph against the trained network",
        {
            "largest difference": (parity.image_max_abs, bounds.fp32_max_abs),
            "mean difference": (parity.image_mean_abs, bounds.fp32_mean_abs),
            "largest difference of the mask": (parity.mask_max_abs, bounds.fp32_max_abs),
            "mean difference of the mask": (parity.mask_mean_abs, bounds.fp32_mean_abs),
        },
        next_step="report this with your torch and ONNX Runtime versions",
    )


def check_int8(parity: Parity, bounds: Bounds) -> None:
    """Refuse an int8 graph that lost too much.

    Raises:
        ExportError: A difference is over its bound.
    """
    _refuse(
        "the int8 graph against the fp32 one",
        {
            "noise in dB": (-parity.image_psnr_db, -bounds.int8_psnr_db),
            "mean difference of the mask": (parity.mask_mean_abs, bounds.int8_mask_mean_abs),
        },
        next_step="give more crops for calibration, or train longer",
    )


def _refuse(what: str, figures: Mapping[str, tuple[float, float]], next_step: str) -> None:
    for name, (found, bound) in figures.items():
        if not found <= bound:
            raise ExportError(f"{what}: {name}", wanted=f"at most {bound:.4g}", got=f"{found:.4g}", next_step=next_step)
