"""From fp32 to int8: quantise-dequantise pairs around every convolution, ranges from real crops."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from export.parity import Crops, Parity, Worn, compare, run_graph

MIXED_GAIN_DB = 1.0
"""What keeping the last layer in fp32 must gain to be worth its time."""

_MOST_CALIBRATED = 128
_MOST_HISTOGRAMS = 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to quantise.

    Attributes:
        name: For the report.
        method: How the range of an activation is found.
        crops: The most crops it is found from; histograms hold all activations of all crops in memory.
        last_in_fp32: Whether the last convolution and what follows it stay as they are. Colours and mask leave
            it side by side and share one range there; a mask that is sure of itself takes the steps from the
            colours. (The first loses nothing: what goes in are pictures of 256 steps.)
    """

    name: str
    method: CalibrationMethod
    crops: int
    last_in_fp32: bool = False


RECIPES = (
    Recipe("minmax", CalibrationMethod.MinMax, _MOST_CALIBRATED),
    Recipe("percentile", CalibrationMethod.Percentile, _MOST_HISTOGRAMS),
    Recipe("minmax, last fp32", CalibrationMethod.MinMax, _MOST_CALIBRATED, last_in_fp32=True),
    Recipe("percentile, last fp32", CalibrationMethod.Percentile, _MOST_HISTOGRAMS, last_in_fp32=True),
)


@dataclass(frozen=True, slots=True)
class Quantised:
    """The best int8 graph that was found.

    Attributes:
        graph: The ONNX file.
        recipe: Name of the recipe that made it.
        parity: Its difference from the fp32 graph on crops that it was not calibrated on.
    """

    graph: bytes
    recipe: str
    parity: Parity


def to_int8(graph: bytes, calibration: Crops, held_out: Crops) -> Quantised:
    """Quantise by every recipe and keep the one that is nearest to fp32.

    Weights are int8 per channel, activations uint8: after ReLU an int8 range would leave half of its steps
    unused, and both ran equally fast (1.8 ms and 1.8 ms against 5.1 ms in fp32 on one core with VNNI).

    Args:
        graph: The folded fp32 graph.
        calibration: (N, C, S, S) real crops to find the ranges on.
        held_out: (M, C, S, S) other real crops, to choose and to measure on.
    """
    reference = run_graph(graph, held_out)
    made = [_measure(graph, recipe, calibration, held_out, reference) for recipe in RECIPES]
    whole = max((result for result, recipe in zip(made, RECIPES, strict=True) if not recipe.last_in_fp32), key=_quality)
    mixed = max((result for result, recipe in zip(made, RECIPES, strict=True) if recipe.last_in_fp32), key=_quality)
    return mixed if _quality(mixed) >= _quality(whole) + MIXED_GAIN_DB else whole


def _measure(graph: bytes, recipe: Recipe, calibration: Crops, held_out: Crops, reference: Worn) -> Quantised:
    quantised = _quantise(graph, recipe, calibration)
    return Quantised(quantised, recipe.name, compare(reference, run_graph(quantised, held_out)))


def _quality(result: Quantised) -> float:
    return result.parity.image_psnr_db


def _quantise(graph: bytes, recipe: Recipe, calibration: Crops) -> bytes:
    keep = _last(graph) if recipe.last_in_fp32 else []
    # Spread over the whole set: crops come in the order of a film.
    chosen = calibration[np.linspace(0, len(calibration) - 1, min(recipe.crops, len(calibration))).astype(int)]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        before, after = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(graph)
        quantize_static(
            before,
            after,
            _Reader(chosen),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=recipe.method,
            nodes_to_exclude=keep,
        )
        model = onnx.load(after)
    return bytes(model.SerializeToString(deterministic=True))


def _last(graph: bytes) -> list[str]:
    """Names of the last convolution and of the nodes behind it."""
    nodes = list(onnx.load_from_string(graph).graph.node)
    start = max(at for at, node in enumerate(nodes) if node.op_type == "Conv")
    return [node.name for node in nodes[start:]]


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # the base has no types
    """Hands crops to the calibration, one at a time."""

    def __init__(self, crops: Crops) -> None:
        self._left = iter(crops)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        """The next crop as the graph's input, or None at the end."""
        crop = next(self._left, None)
        return None if crop is None else {"input": crop[None]}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The quantiser prints its settings and warns of a preprocessing that has been done."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
