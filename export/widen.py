"""Which layers of an int8 graph to leave wide: the ones that lose most, as long as each is worth its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from export.layers import Layer, find_layers
from export.parity import Crops, Parity, Worn, compare, run_graph
from export.quantise import CALIBRATIONS, Calibration, calibrate, quantise

EARNS_DB = 1.0
"""What leaving a layer wide must gain for each hundredth of the network's multiply-adds in it.

A hundredth of the shipped network takes 0.12 ms longer in fp32 than in int8 (12 to 15 ms a billion for 3x3 layers, one
core with VNNI), so a millisecond must gain 8 dB. Arithmetic, not a clock, says what a layer costs: the same network
gives the same file.
"""
FAR = 0.005
"""Mean SSIM to fp32 may fall short of 1 by so much; beyond it the best layer is left wide whatever it costs. Half of
what an export is refused for, since the crops that are chosen by are not the ones that are measured on."""

_MOST_CROPS = 16
_LEAST_CROPS = 4
_MULTIPLY_ADDS = 100e9
"""Of one trial, all its crops together: large networks choose by fewer crops."""

OnTrial = Callable[[str], None]
"""Told what is being tried."""


@dataclass(frozen=True, slots=True)
class Quantised:
    """The best int8 graph that was found.

    Attributes:
        graph: The ONNX file.
        ranges: Name of the calibration.
        wide: Layers that were left in fp32.
        parity: Its difference from the fp32 graph on the crops it was chosen by.
    """

    graph: bytes
    ranges: str
    wide: tuple[Layer, ...]
    parity: Parity

    @property
    def recipe(self) -> str:
        """How it was made, in a few words."""
        return f"{self.ranges} ranges; wide: {', '.join(layer.name for layer in self.wide) or 'no layer'}"


def to_int8(graph: bytes, calibration: Crops, choosing: Crops, on_trial: OnTrial = lambda _: None) -> Quantised:
    """Quantise a graph whole, then leave layers wide one after the other.

    In each round every layer that is still int8 is left wide on trial, since a layer that loses much hides
    what the others lose. The calibration is chosen last: which layers lose most hardly hangs on it.

    Args:
        graph: The folded fp32 graph.
        calibration: (N, C, S, S) real crops to find the ranges on.
        choosing: (M, C, S, S) other real crops, to choose by.
        on_trial: Told of each trial.
    """
    layers = find_layers(graph)
    most = int(_MULTIPLY_ADDS // sum(layer.multiply_adds for layer in layers))
    choosing = choosing[: min(_MOST_CROPS, max(_LEAST_CROPS, most))]
    trial = _Trial(graph, choosing, run_graph(graph, choosing), calibration)
    on_trial("int8, all layers")
    made = trial(CALIBRATIONS[0])
    while better := _best(trial, made, layers, on_trial):
        made = better
    others = [trial(calibration, made.wide) for calibration in CALIBRATIONS[1:]]
    return max(made, *others, key=lambda one: one.parity.image_psnr_db)


class _Trial:
    """Quantises and measures; calls with the same calibration share its ranges."""

    def __init__(self, graph: bytes, choosing: Crops, reference: Worn, crops: Crops) -> None:
        self._graph, self._choosing, self._reference, self._crops = graph, choosing, reference, crops
        self._ranges = {CALIBRATIONS[0].name: calibrate(graph, CALIBRATIONS[0], crops)}

    def __call__(self, calibration: Calibration, wide: Sequence[Layer] = ()) -> Quantised:
        if calibration.name not in self._ranges:
            self._ranges[calibration.name] = calibrate(self._graph, calibration, self._crops)
        nodes = [name for layer in wide for name in layer.nodes]
        quantised = quantise(self._graph, self._ranges[calibration.name], nodes)
        parity = compare(self._reference, run_graph(quantised, self._choosing))
        return Quantised(quantised, calibration.name, tuple(wide), parity)


def _best(trial: _Trial, made: Quantised, layers: Sequence[Layer], on_trial: OnTrial) -> Quantised | None:
    """The graph with one more layer wide; None where no layer is worth it any more."""
    hundredth = sum(layer.multiply_adds for layer in layers) / 100
    best, best_earns = None, 0.0
    for layer in layers:
        if layer in made.wide:
            continue
        on_trial(f"int8, {layer.name} wide")
        tried = trial(CALIBRATIONS[0], (*made.wide, layer))
        earns = (tried.parity.image_psnr_db - made.parity.image_psnr_db) * hundredth / layer.multiply_adds
        if earns > best_earns:
            best, best_earns = tried, earns
    needed = 1 - made.parity.ssim > FAR
    return best if best and (needed or best_earns >= EARNS_DB) else None
