"""How far an exported graph is from the network it came from, measured on real crops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from models.losses import masked_ssim
from realtime.errors import ExportError

Crops: TypeAlias = npt.NDArray[np.float32]
"""(N, C, S, S) float32, 0 to 1, channels as the persona file names them."""

_BATCH = 16
_FATAL = 4


@dataclass(frozen=True, slots=True)
class Worn:
    """What a network makes of crops, or ought to make of them.

    Attributes:
        image: (N, 3, S, S) float32 RGB, 0 to 1.
        mask: (N, 1, S, S) float32, 0 to 1.
    """

    image: npt.NDArray[np.float32]
    mask: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, which: slice | npt.NDArray[np.intp]) -> Worn:
        return Worn(self.image[which], self.mask[which])


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
        ssim: Mean SSIM over the reference's mask.
        ssim_least: The SSIM of the worst crop.
    """

    crops: int
    image_max_abs: float
    image_mean_abs: float
    image_psnr_db: float
    mask_max_abs: float
    mask_mean_abs: float
    ssim: float
    ssim_least: float

    def figures(self) -> dict[str, float]:
        """As they stand in the persona file, to four digits."""
        return {name: float(f"{getattr(self, name):.4g}") for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Bound:
    """Differences that a graph may not exceed; pictures are 0 to 1, so 1/255 is one grey level.

    Attributes:
        reference: What it is compared with.
        image_max_abs: See `Parity`; so all others.
        ssim_loss: How far `ssim`, and the SSIM to the truth where that is known, may lie below the reference's.
        next_step: What the user can do about it.
    """

    reference: str
    image_max_abs: float
    image_mean_abs: float
    image_psnr_db: float
    mask_max_abs: float
    mask_mean_abs: float
    ssim_loss: float
    next_step: str


_LEAVE_OUT = "train longer, or leave it out with --precisions"

BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "fp32": Bound(
            "the trained network", 1e-3, 1e-4, 60.0, 1e-3, 1e-4, 1e-3, "report this with your torch and ONNX Runtime"
        ),
        # The shipped network: 78 dB, and 0.006 at the mask's rim.
        "fp16": Bound("the fp32 graph", 0.05, 1e-3, 55.0, 0.1, 1e-3, 1e-3, _LEAVE_OUT),
        # One pixel may jump where colours do; SSIM says whether it is seen.
        "int8": Bound("the fp32 graph", 1.0, 0.02, 32.0, 1.0, 0.02, 0.01, _LEAVE_OUT),
    }
)
"""By precision."""


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
    session = open_graph(graph)
    pairs = [session.run(["image", "mask"], {"input": crop[None]}) for crop in crops]
    return Worn(np.concatenate([image for image, _ in pairs]), np.concatenate([mask for _, mask in pairs]))


def open_graph(graph: bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """A session on the CPU; 0 threads leaves their number to ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


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
    similar = ssim(reference, found)
    return Parity(
        crops=len(image),
        image_max_abs=float(image.max()),
        image_mean_abs=float(image.mean()),
        image_psnr_db=min(120.0, -10 * math.log10(max(noise, 1e-12))),
        mask_max_abs=float(mask.max()),
        mask_mean_abs=float(mask.mean()),
        ssim=float(similar.mean()),
        ssim_least=float(similar.min()),
    )


def ssim(reference: Worn, found: Worn) -> npt.NDArray[np.float32]:
    """SSIM of each crop over the reference's mask, the pictures of 256 steps as they are worn.

    Where the reference covers nothing, the whole crop counts.

    Returns:
        (N,) float32.
    """
    covered = reference.mask > 0.5
    covered |= ~covered.any((1, 2, 3), keepdims=True)
    scores = masked_ssim(_in_steps(found), _in_steps(reference), torch.from_numpy(covered))
    return np.asarray(scores, np.float32)


def _in_steps(worn: Worn) -> Tensor:
    return torch.from_numpy(np.rint(np.clip(worn.image, 0, 1) * 255) / np.float32(255))


def check(precision: str, parity: Parity, bound: Bound) -> None:
    """Refuse a graph that lost too much.

    Raises:
        ExportError: A difference is over its bound.
    """
    what = f"the {precision} graph against {bound.reference}"
    _refuse(f"{what}: largest difference", parity.image_max_abs, bound.image_max_abs, bound.next_step)
    _refuse(f"{what}: mean difference", parity.image_mean_abs, bound.image_mean_abs, bound.next_step)
    _refuse(f"{what}: noise in dB", -parity.image_psnr_db, -bound.image_psnr_db, bound.next_step)
    _refuse(f"{what}: largest difference of the mask", parity.mask_max_abs, bound.mask_max_abs, bound.next_step)
    _refuse(f"{what}: mean difference of the mask", parity.mask_mean_abs, bound.mask_mean_abs, bound.next_step)
    _refuse(f"{what}: SSIM short of 1", 1 - parity.ssim, bound.ssim_loss, bound.next_step)


def check_truth(precision: str, ssim_lost: float, bound: Bound) -> None:
    """Refuse a graph that is further from the truth than the fp32 one by more than its bound.

    Raises:
        ExportError: It is.
    """
    _refuse(f"the {precision} graph against the truth: SSIM lost", ssim_lost, bound.ssim_loss, bound.next_step)


def _refuse(what: str, found: float, bound: float, next_step: str) -> None:
    if not found <= bound:  # what is no number is refused too
        raise ExportError(what, wanted=f"at most {bound:.4g}", got=f"{found:.4g}", next_step=next_step)
