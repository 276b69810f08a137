"""fp16 and int8: what stays wide, what runs the same on every processor, and what it is chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper
from torch import Tensor, nn

from export import widen
from export.half import to_fp16
from export.layers import Layer, find_layers
from export.onnx_graph import to_onnx
from export.parity import Worn, compare, run_graph
from export.quantise import CALIBRATIONS, calibrate, quantise
from export.widen import Quantised, to_int8
from realtime.errors import ExportError

SIZE, CHANNELS = 32, 9
"""Other channels than the network has today: nothing in export may hang on their number."""


class Lopsided(nn.Module):
    """Paints by a last layer whose mask is far louder than its colours, which int8 cannot hold in one range."""

    def __init__(self, loud: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            nn.Conv2d(CHANNELS, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
        )
        self.last = nn.Conv2d(32, 4, 1)
        with torch.no_grad():
            self.last.weight[:3] *= 4
            self.last.weight[3:] *= loud

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        painted = torch.sigmoid(self.last(self.body(crops)))
        return painted[:, :3], painted[:, 3:]


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    waves = np.random.default_rng(1).uniform(0, 6, (8, CHANNELS, 3, 1, 1))
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    return (0.5 + 0.5 * np.sin(waves[:, :, 0] * x + waves[:, :, 1] * y + waves[:, :, 2])).astype(np.float32)


@pytest.fixture(scope="module")
def graph() -> bytes:
    return to_onnx(Lopsided(loud=400.0), CHANNELS, SIZE)


def weights(graph: bytes, kind: int) -> list[np.ndarray]:
    tensors = onnx.load_from_string(graph).graph.initializer
    return [numpy_helper.to_array(one) for one in tensors if one.data_type == kind and len(one.dims) == 4]


def test_a_graph_without_convolutions() -> None:
    nothing = onnx.helper.make_model(onnx.helper.make_graph([], "none", [], []))
    with pytest.raises(ExportError, match="wanted convolutions, got none"):
        find_layers(nothing.SerializeToString())


def test_layers_are_convolutions_with_what_belongs_to_them(graph: bytes) -> None:
    layers = find_layers(graph)
    assert [layer.name for layer in layers] == [f"convolution {at} of 4" for at in (1, 2, 3, 4)]
    assert [layer.multiply_adds for layer in layers] == [
        inputs * outputs * area * SIZE * SIZE
        for inputs, outputs, area in ((CHANNELS, 16, 9), (16, 32, 9), (32, 32, 9), (32, 4, 1))
    ]
    kinds = {node.name: node.op_type for node in onnx.load_from_string(graph).graph.node}
    assert [[kinds[name] for name in layer.nodes] for layer in layers[:3]] == [["Conv", "Relu"]] * 3
    assert {kinds[name] for name in layers[3].nodes} == {"Conv", "Sigmoid", "Slice"}


def test_fp16_is_half_as_large_and_takes_and_gives_float32(graph: bytes, crops: np.ndarray) -> None:
    half = to_fp16(graph)
    assert len(half) < 0.6 * len(graph)
    assert len(weights(half, TensorProto.FLOAT16)) == 4
    assert not weights(half, TensorProto.FLOAT)
    model = onnx.load_from_string(half)
    assert {end.type.tensor_type.elem_type for end in (*model.graph.input, *model.graph.output)} == {TensorProto.FLOAT}
    parity = compare(run_graph(graph, crops), run_graph(half, crops))
    assert 0 < parity.image_max_abs < 0.01
    assert parity.image_psnr_db > 60


def test_the_same_graph_gives_the_same_fp16(graph: bytes) -> None:
    assert to_fp16(graph) == to_fp16(graph)


def test_weights_are_of_seven_bits_per_channel(graph: bytes, crops: np.ndarray) -> None:
    """A pair of products of eight bits overflows where a processor adds them in sixteen."""
    eights = weights(quantise(graph, calibrate(graph, CALIBRATIONS[0], crops)), TensorProto.INT8)
    assert len(eights) == 4
    for weight in eights:
        assert (np.abs(weight.astype(int)).max((1, 2, 3)) == 64).all()


@pytest.mark.parametrize("calibration", CALIBRATIONS, ids=lambda one: one.name)
def test_every_calibration_keeps_to_what_it_saw(graph: bytes, crops: np.ndarray, calibration: object) -> None:
    """Crops are looked at a few at a time; ranges must hold over all of them, not over the last few."""
    loud_first = np.concatenate([crops, np.zeros_like(crops)])
    ranges = calibrate(graph, calibration, loud_first)
    low, high = ranges["input"].range_value
    assert np.ravel(low)[0] == pytest.approx(0, abs=1e-3)
    assert np.ravel(high)[0] == pytest.approx(crops.max(), rel=0.01)


def test_the_layer_that_loses_most_is_left_wide(graph: bytes, crops: np.ndarray) -> None:
    told: list[str] = []
    made = to_int8(graph, crops[:4], crops[4:], told.append)
    whole = quantise(graph, calibrate(graph, CALIBRATIONS[0], crops[:4]))
    reference = run_graph(graph, crops[4:])
    assert made.wide[0].name == "convolution 4 of 4"
    assert len(weights(made.graph, TensorProto.INT8)) == 4 - len(made.wide)
    assert made.parity.image_psnr_db > compare(reference, run_graph(whole, crops[4:])).image_psnr_db + 3
    assert made.parity == compare(reference, run_graph(made.graph, crops[4:]))
    assert made.wide[0].name in made.recipe
    assert "int8, convolution 4 of 4 wide" in told


def test_a_layer_that_earns_nothing_is_not(crops: np.ndarray) -> None:
    made = to_int8(to_onnx(Lopsided(loud=1.0), CHANNELS, SIZE), crops[:4], crops[4:])
    assert "convolution 3 of 4" not in [layer.name for layer in made.wide]
    assert weights(made.graph, TensorProto.INT8)


@pytest.mark.parametrize(
    ("ssim", "gain_db", "widened"),
    [(0.999, 0.9, 0), (0.999, 1.1, 1), (0.99, 0.9, 1), (0.99, 0.0, 0), (0.99, -1.0, 0)],
    ids=["not worth it", "worth it", "too far from fp32", "does not help", "harms"],
)
def test_when_a_layer_is_left_wide(monkeypatch: pytest.MonkeyPatch, ssim: float, gain_db: float, widened: int) -> None:
    """Two layers; the second holds a hundredth of the arithmetic, the first never helps."""
    layers = (Layer("first", ("a",), 99), Layer("second", ("b",), 1))
    flat = Worn(np.zeros((1, 3, 16, 16), np.float32), np.zeros((1, 1, 16, 16), np.float32))
    sound = compare(flat, flat)

    class Trial:
        def __init__(self, *_: object) -> None:
            pass

        def __call__(self, calibration: object, wide: Sequence[Layer] = ()) -> Quantised:
            gained = gain_db if layers[1] in wide else 0.0
            return Quantised(b"", "r", tuple(wide), replace(sound, image_psnr_db=40 + gained, ssim=ssim))

    monkeypatch.setattr(widen, "_Trial", Trial)
    monkeypatch.setattr(widen, "find_layers", lambda _: layers)
    monkeypatch.setattr(widen, "run_graph", lambda *_: None)
    assert (
        to_int8(b"", np.zeros((4, 1, 4, 4), np.float32), np.zeros((4, 1, 4, 4), np.float32)).wide
        == layers[2 - widened : 2]
    )
