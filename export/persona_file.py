"""From a trained network to a persona file: exported, made smaller, proved, written."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from torch import nn

from export.clock import milliseconds
from export.onnx_graph import INPUT, OUTPUTS
from export.parity import BOUNDS, Bound, Crops
from export.precisions import Measured, Proof, make_graphs
from realtime.errors import ExportError
from realtime.frame import BgrImage, Points3
from realtime.persona.identity import Identity
from realtime.persona.manifest import AUTOENCODER, CHANNELS, PRECISIONS, Ends, Manifest, TrainedFrom
from realtime.persona.package import read_persona, write_persona
from realtime.persona.portrait import encode_portrait, shrink_of
from realtime.region.catalog import FACE_WORDS, read_region

LEAST_CROPS = 8
_PLACES = 3


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        path: The persona file.
        bytes: Its size.
        graphs: What was made and measured, fp32 first; those that were not asked for stayed out of the file.
        precisions: Those in the file.
        milliseconds: Time of each graph for one crop on one thread of this machine, by precision.
        seconds: What the export took.
    """

    path: Path
    bytes: int
    graphs: tuple[Measured, ...]
    precisions: tuple[str, ...]
    milliseconds: Mapping[str, float]
    seconds: float


def export_persona(
    network: nn.Module,
    proof: Proof,
    *,
    card: Identity,
    portrait: BgrImage,
    trained_from: TrainedFrom,
    out: Path,
    today: date,
    channels: Sequence[str] = CHANNELS,
    precisions: Collection[str] = PRECISIONS,
    region: str = FACE_WORDS,
    portrait_points: Points3 | None = None,
    bounds: Mapping[str, Bound] = BOUNDS,
    on_stage: Callable[[str], None] = lambda _: None,
) -> ExportReport:
    """Export encoder and decoder B as a persona that can be worn.

    The same network, crops and facts give the same bytes; times are reported and stay out of the file. Nothing is
    written unless every bound holds, and what was written is read back by the live loop's own reader.

    Args:
        network: Maps (N, C, S, S) to image (N, 3, S, S) RGB and mask (N, 1, S, S), all float32 0 to 1.
        proof: At least `LEAST_CROPS` real crops with their landmark maps, (N, C, S, S) float32.
        card: Whose face it is, and on what ground it may be worn.
        portrait: (H, W, 3) uint8 BGR, the picture that stands for the persona.
        trained_from: What the network was trained from.
        out: The file to write; one that is there is replaced.
        today: The day of the export.
        channels: What the C channels are.
        precisions: Which the file is to hold.
        region: What it was trained for, in the words of `--region`.
        portrait_points: (478, 3) the portrait's face points, as it was trained with them.
        bounds: The largest differences allowed, by precision.
        on_stage: Told what is being done now.

    Returns:
        The measured differences, sizes and times.

    Raises:
        ExportError: The network or the crops are not of that form, or a difference is over its bound.
        PersonaError: The card's end date is past, or the file cannot be written.
    """
    started = time.monotonic()
    card.check(today)
    _check_crops(proof.crops, channels)
    graphs = make_graphs(network, proof, precisions, bounds=bounds, on_stage=on_stage)
    alignment = read_region(region).alignment
    scale = shrink_of(portrait)
    manifest = Manifest(
        kind=AUTOENCODER,
        crop_size=proof.crops.shape[-1],
        template=alignment.template,
        coverage=alignment.coverage,
        ends=Ends(tuple(channels), {"crop": INPUT}, dict(zip(("image", "mask"), OUTPUTS, strict=True))),
        identity=card,
        trained_from=trained_from,
        parity={one.precision: one.figures() for one in graphs},
        tool_version=version("thespis"),
        region=region,
        portrait_points=_row(portrait_points, scale),
    )
    held = {one.precision: one.graph for one in graphs if one.precision in precisions}
    write_persona(out, manifest, held, encode_portrait(portrait))
    read_persona(out, today=today)
    on_stage("measuring times")
    return ExportReport(
        path=out,
        bytes=out.stat().st_size,
        graphs=graphs,
        precisions=tuple(held),
        milliseconds=milliseconds({one.precision: one.graph for one in graphs}, proof.crops),
        seconds=time.monotonic() - started,
    )


def _check_crops(crops: Crops, channels: Sequence[str]) -> None:
    wanted = f"({LEAST_CROPS} or more, {len(channels)}, S, S) float32 of 0 to 1"
    square = crops.ndim == 4 and crops.shape[1] == len(channels) and crops.shape[2] == crops.shape[3]
    if not square or len(crops) < LEAST_CROPS or crops.dtype != np.float32:
        raise ExportError("crops for parity and calibration", wanted=wanted, got=f"{crops.shape} {crops.dtype}")
    low, high = float(crops.min()), float(crops.max())
    if not (low >= 0 and high <= 1 and high > low):
        raise ExportError("crops for parity and calibration", wanted=wanted, got=f"values {low:.3g} to {high:.3g}")


def _row(points: Points3 | None, scale: float) -> tuple[float, ...]:
    """Points of a picture in pixels of the same picture made smaller, one after the other."""
    if points is None:
        return ()
    moved = np.asarray(points, np.float64) * scale
    moved[:, :2] += (scale - 1) / 2  # a pixel's middle lies at whole numbers, a picture's corner at minus a half
    return tuple(round(float(value), _PLACES) for value in moved.ravel())
