"""One network in every precision asked for, each measured against the one it came from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from export.half import to_fp16
from export.onnx_graph import to_onnx
from export.parity import BOUNDS, Bound, Crops, Parity, Worn, check, check_truth, compare, run_graph, run_torch, ssim
from export.widen import to_int8

OnStage = Callable[[str], None]
"""Told what is being done now."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What graphs are calibrated on and measured by.

    Attributes:
        crops: (N, C, S, S) float32 real crops with their landmark maps.
        truth: What ought to come of each, if that is known.
    """

    crops: Crops
    truth: Worn | None = None

    def __getitem__(self, which: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Proof:
        return Proof(self.crops[which], self.truth[which] if self.truth else None)


@dataclass(frozen=True, slots=True)
class Measured:
    """One graph and how far it is from where it came from.

    Attributes:
        precision: `fp32`, `fp16` or `int8`.
        graph: The ONNX file.
        parity: fp32's difference from the trained network; the others' from fp32, on crops they were not made by.
        ssim_to_truth: Mean SSIM to what ought to come of the crops, None where that is not known.
        recipe: How it was made.
    """

    precision: str
    graph: bytes
    parity: Parity
    ssim_to_truth: float | None
    recipe: str = ""

    def figures(self) -> dict[str, float]:
        """What the persona file says of it."""
        truth = {} if self.ssim_to_truth is None else {"ssim_to_truth": float(f"{self.ssim_to_truth:.4g}")}
        return {**self.parity.figures(), **truth}


def make_graphs(
    network: nn.Module,
    proof: Proof,
    precisions: Collection[str],
    *,
    bounds: Mapping[str, Bound] = BOUNDS,
    on_stage: OnStage = lambda _: None,
) -> tuple[Measured, ...]:
    """Export a network; fp32 is always made and proved, since the others come from it.

    Args:
        network: Maps (N, C, S, S) to image (N, 3, S, S) RGB and mask (N, 1, S, S), all float32 0 to 1.
        proof: One half calibrates int8, a quarter chooses its wide layers, a quarter measures.
        precisions: Which to make.
        bounds: The largest differences allowed, by precision.
        on_stage: Told of each stage.

    Raises:
        ExportError: The network is not of that form, or a difference is over its bound.
    """
    on_stage("fp32")
    _, channels, size, _ = proof.crops.shape
    graph = to_onnx(network, channels, size)
    parity = compare(run_torch(network, proof.crops), run_graph(graph, proof.crops))
    check("fp32", parity, bounds["fp32"])
    calibration, choosing, held_out = _split(proof)
    reference = run_graph(graph, held_out.crops)
    made = [Measured("fp32", graph, parity, _to_truth(held_out.truth, reference))]

    def measure(precision: str, smaller: bytes, recipe: str) -> None:
        found = run_graph(smaller, held_out.crops)
        parity = compare(reference, found)
        check(precision, parity, bounds[precision])
        truth = _to_truth(held_out.truth, found)
        if truth is not None and made[0].ssim_to_truth is not None:
            check_truth(precision, made[0].ssim_to_truth - truth, bounds[precision])
        made.append(Measured(precision, smaller, parity, truth, recipe))

    if "fp16" in precisions:
        on_stage("fp16")
        measure("fp16", to_fp16(graph), "")
    if "int8" in precisions:
        quantised = to_int8(graph, calibration.crops, choosing.crops, on_stage)
        measure("int8", quantised.graph, quantised.recipe)
    return tuple(made)


def _to_truth(truth: Worn | None, found: Worn) -> float | None:
    return None if truth is None else float(ssim(truth, found).mean())


def _split(proof: Proof) -> tuple[Proof, Proof, Proof]:
    """Drawn at random from a seed: crops may come in the order of a film, or by turns of several kinds."""
    count = len(proof.crops)
    order = np.random.default_rng(0).permutation(count)
    held_out, choosing, calibration = np.split(order, (count // 4, count // 2))
    return proof[np.sort(calibration)], proof[np.sort(choosing)], proof[np.sort(held_out)]
