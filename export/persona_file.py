"""From a trained network to a persona file: exported, quantised, proved, written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from torch import nn

from export.onnx_graph import INPUT, OUTPUTS, to_onnx
from export.parity import Bounds, Crops, Parity, check_fp32, check_int8, compare, run_graph, run_torch
from export.quantise import to_int8
from realtime.errors import ExportError
from realtime.face.align import CROP_SIDE, TEMPLATE_NAME
from realtime.frame import BgrImage
from realtime.persona.identity import Identity
from realtime.persona.manifest import CHANNELS, Manifest, TrainedFrom
from realtime.persona.package import read_persona, write_persona

LEAST_CROPS = 8
PORTRAIT_SIDE = 512


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        path: The persona file.
        bytes: Its size.
        fp32: Difference of the fp32 graph from the trained network.
        int8: Difference of the int8 graph from the fp32 one, on crops that it was not calibrated on.
        int8_recipe: How it was quantised.
        seconds: What the export took.
    """

    path: Path
    bytes: int
    fp32: Parity
    int8: Parity
    int8_recipe: str
    seconds: float


def export_persona(
    network: nn.Module,
    crops: Crops,
    *,
    card: Identity,
    portrait: BgrImage,
    trained_from: TrainedFrom,
    out: Path,
    today: date,
    channels: Sequence[str] = CHANNELS,
    bounds: Bounds | None = None,
) -> ExportReport:
    """Export encoder and decoder B as a persona that can be worn.

    The same network, crops and facts give the same bytes. Nothing is written unless every bound holds, and what
    was written is read back by the live loop's own reader.

    Args:
        network: Maps (N, C, S, S) to image (N, 3, S, S) RGB and mask (N, 1, S, S), all float32 0 to 1.
        crops: (N, C, S, S) float32 real crops with their landmark maps, at least `LEAST_CROPS`; one half
            calibrates int8, the other measures it.
        card: Whose face it is, and on what ground it may be worn.
        portrait: (H, W, 3) uint8 BGR, the persona for display.
        trained_from: What the network was trained from.
        out: The file to write; one that is there is replaced.
        today: The day of the export.
        channels: What the C channels are.
        bounds: The largest differences allowed.

    Returns:
        The measured differences.

    Raises:
        ExportError: The network or the crops are not of that form, or a difference is over its bound.
        PersonaError: The card's end date is past, or the file cannot be written.
    """
    started = time.monotonic()
    bounds = bounds or Bounds()
    card.check(today)
    _check_crops(crops, channels)
    size = crops.shape[-1]
    graph = to_onnx(network, len(channels), size)
    fp32 = compare(run_torch(network, crops), run_graph(graph, crops))
    check_fp32(fp32, bounds)
    calibration, held_out = _split(crops)
    int8 = to_int8(graph, calibration, held_out)
    check_int8(int8.parity, bounds)
    manifest = Manifest(
        kind="autoencoder",
        crop_size=size,
        template=TEMPLATE_NAME,
        coverage=CROP_SIDE,
        channels=tuple(channels),
        input=INPUT,
        outputs=dict(zip(("image", "mask"), OUTPUTS, strict=True)),
        identity=card,
        trained_from=trained_from,
        parity={"fp32": fp32.figures(), "int8": int8.parity.figures()},
        tool_version=version("thespis"),
    )
    write_persona(out, manifest, {"fp32": graph, "int8": int8.graph}, _encode_portrait(portrait))
    read_persona(out, today=today)
    return ExportReport(out, out.stat().st_size, fp32, int8.parity, int8.recipe, seconds=time.monotonic() - started)


def _check_crops(crops: Crops, channels: Sequence[str]) -> None:
    wanted = f"({LEAST_CROPS} or more, {len(channels)}, S, S) float32 of 0 to 1"
    square = crops.ndim == 4 and crops.shape[1] == len(channels) and crops.shape[2] == crops.shape[3]
    if not square or len(crops) < LEAST_CROPS or crops.dtype != np.float32:
        raise ExportError("crops for parity and calibration", wanted=wanted, got=f"{crops.shape} {crops.dtype}")
    low, high = float(crops.min()), float(crops.max())
    if not (low >= 0 and high <= 1 and high > low):
        raise ExportError("crops for parity and calibration", wanted=wanted, got=f"values {low:.3g} to {high:.3g}")


def _split(crops: Crops) -> tuple[Crops, Crops]:
    """Two halves drawn at random from a seed: crops may come in the order of a film, or by turns of several kinds."""
    order = np.random.default_rng(0).permutation(len(crops))
    half = len(crops) // 2
    return crops[np.sort(order[half:])], crops[np.sort(order[:half])]


def _encode_portrait(portrait: BgrImage) -> bytes:
    scale = PORTRAIT_SIDE / max(portrait.shape[:2])
    if scale < 1:
        portrait = np.asarray(cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    done, encoded = cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not done:
        raise ExportError("portrait", wanted="a (H, W, 3) uint8 picture", got=str(portrait.shape))
    return encoded.tobytes()
