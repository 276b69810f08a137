"""From a network to a persona: what is refused, what is proved, and that the result is worn like the original."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from export.onnx_graph import to_onnx
from export.parity import Bounds, Parity, Worn, check_fp32, check_int8, compare, run_graph, run_torch
from export.persona_file import ExportReport, export_persona
from export.quantise import RECIPES, to_int8
from realtime.errors import ExportError, PersonaError
from realtime.face.align import STABLE, TEMPLATE, align
from realtime.frame import Face, Frame
from realtime.persona.autoencoder import Swapper
from realtime.persona.identity import Identity
from realtime.persona.manifest import CHANNELS, TrainedFrom
from realtime.persona.package import Persona, read_persona

TODAY = date(2026, 11, 23)
SIZE = 32
CARD = Identity("Nobody", "fictional")
FACTS = TrainedFrom({"persona": "0" * 64}, {"frames": 12}, 3)


class TinyWearer(nn.Module):
    """Random weights in the shape of the real thing: unshuffle, convolutions, shuffle, sigmoid."""

    def __init__(self, outputs: int = 16, inputs: int = len(CHANNELS)) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * inputs, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, outputs, 3, padding=1),
            nn.PixelShuffle(2),
            nn.Sigmoid(),
        )

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        painted = self.layers(crops)
        return painted[:, :3], painted[:, 3:]


class Sorting(TinyWearer):
    """Holds an operator that no live graph may."""

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        image, mask = super().forward(crops)
        return image.sort(dim=1).values, mask


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Smooth pictures, as crops are."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    waves = rng.uniform(0, 6, (12, len(CHANNELS), 3))
    picture = np.sin(waves[..., 0, None, None] * x + waves[..., 1, None, None] * y + waves[..., 2, None, None])
    return (0.5 + 0.5 * picture).astype(np.float32)


def export(crops: np.ndarray, out: Path, network: nn.Module | None = None, **changes: Any) -> ExportReport:
    facts: dict[str, Any] = {
        "card": CARD,
        "portrait": np.full((40, 30, 3), 99, np.uint8),
        "trained_from": FACTS,
        "today": TODAY,
    }
    return export_persona(network or TinyWearer(), crops, out=out, **{**facts, **changes})


@pytest.fixture(scope="module")
def exported(crops: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportReport, Persona]:
    report = export(crops, tmp_path_factory.mktemp("export") / "tiny.persona")
    return report, read_persona(report.path, today=TODAY)


@pytest.mark.parametrize(
    "change",
    [
        lambda crops: crops[:4],
        lambda crops: crops[:, :3],
        lambda crops: crops[..., :16],
        lambda crops: crops[0],
        lambda crops: crops.astype(np.float64),
        lambda crops: crops * 255,
        lambda crops: crops - 1,
        lambda crops: crops * 0,
        lambda crops: crops * np.float32("nan"),
    ],
    ids=["few", "channels", "not square", "one", "float64", "0..255", "negative", "black", "nan"],
)
def test_crops_of_another_form(crops: np.ndarray, tmp_path: Path, change: Any) -> None:
    with pytest.raises(ExportError, match="crops for parity and calibration: wanted"):
        export(change(crops), tmp_path / "x.persona")
    assert not list(tmp_path.iterdir())


def test_network_with_other_outputs(crops: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="outputs: wanted image and mask"):
        export(crops, tmp_path / "x.persona", TinyWearer(outputs=12))


def test_network_with_other_inputs(crops: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"wanted one that takes \(1, 6, 32, 32\)"):
        export(crops, tmp_path / "x.persona", TinyWearer(inputs=3))


def test_operators_that_are_not_plain(crops: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"wanted plain operators, got .*TopK"):
        export(crops, tmp_path / "x.persona", Sorting())


def test_weights_that_are_no_numbers(crops: np.ndarray, tmp_path: Path) -> None:
    network = TinyWearer()
    nn.init.constant_(network.layers[1].weight, float("nan"))
    with pytest.raises(ExportError, match="wanted finite numbers"):
        export(crops, tmp_path / "x.persona", network)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (Bounds(fp32_max_abs=-1.0), "fp32 graph against the trained network: largest difference: wanted at most -1"),
        (Bounds(fp32_mean_abs=-1.0), "fp32 graph against the trained network: mean difference"),
        (Bounds(int8_psnr_db=119.0), "int8 graph against the fp32 one: noise in dB"),
        (Bounds(int8_mask_mean_abs=0.0), "int8 graph against the fp32 one: mean difference of the mask"),
    ],
)
def test_a_bound_that_does_not_hold_writes_nothing(
    crops: np.ndarray, tmp_path: Path, bounds: Bounds, message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        export(crops, tmp_path / "x.persona", bounds=bounds)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("figure", ["image_max_abs", "image_mean_abs", "mask_max_abs", "mask_mean_abs"])
def test_nan_never_passes_a_bound(figure: str) -> None:
    sound = Parity(8, 0.0, 0.0, 120.0, 0.0, 0.0)
    check_fp32(sound, Bounds())
    with pytest.raises(ExportError):
        check_fp32(replace(sound, **{figure: float("nan")}), Bounds())
    with pytest.raises(ExportError):
        check_int8(replace(sound, image_psnr_db=float("nan")), Bounds())


def test_a_card_past_its_end_date(crops: np.ndarray, tmp_path: Path) -> None:
    card = Identity("Me", "self", until=date(2026, 1, 1))
    with pytest.raises(PersonaError, match="may no longer be worn"):
        export(crops, tmp_path / "x.persona", card=card)


def test_a_graph_that_is_another_network_is_found_out(crops: np.ndarray) -> None:
    """The comparison sees a change of one weight that a careless export could make."""
    network = TinyWearer()
    graph = to_onnx(network, len(CHANNELS), SIZE)
    with torch.no_grad():
        network.layers[1].bias += 0.05
    with pytest.raises(ExportError, match="largest difference"):
        check_fp32(compare(run_torch(network, crops), run_graph(graph, crops)), Bounds())


def test_the_graph_is_plain_and_fixed() -> None:
    model = onnx.load_from_string(to_onnx(TinyWearer(), len(CHANNELS), SIZE))
    ends = {end.name: [d.dim_value for d in end.type.tensor_type.shape.dim] for end in model.graph.input}
    ends |= {end.name: [d.dim_value for d in end.type.tensor_type.shape.dim] for end in model.graph.output}
    assert ends == {"input": [1, 6, SIZE, SIZE], "image": [1, 3, SIZE, SIZE], "mask": [1, 1, SIZE, SIZE]}
    assert {node.op_type for node in model.graph.node} <= {
        *("Conv", "Relu", "Reshape", "Transpose", "Resize", "DepthToSpace", "Sigmoid", "Slice")
    }
    assert len({node.name for node in model.graph.node}) == len(model.graph.node)


def test_export_leaves_a_training_network_in_training() -> None:
    network = TinyWearer().train()
    to_onnx(network, len(CHANNELS), SIZE)
    run_torch(network, np.zeros((1, 6, SIZE, SIZE), np.float32))
    assert network.training


def test_every_recipe_quantises_every_convolution_but_those_it_keeps(crops: np.ndarray) -> None:
    graph = to_onnx(TinyWearer(), len(CHANNELS), SIZE)
    made = to_int8(graph, crops[::2], crops[1::2])
    model = onnx.load_from_string(made.graph)
    eights = [tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.INT8]
    kept = next(recipe for recipe in RECIPES if recipe.name == made.recipe).last_in_fp32
    assert len([tensor for tensor in eights if len(tensor.dims) == 4]) == (2 if kept else 3)


def test_compare_measures_what_it_says() -> None:
    reference = Worn(np.zeros((2, 3, 4, 4), np.float32), np.zeros((2, 1, 4, 4), np.float32))
    image = reference.image.copy()
    image[0, 0, 0, 0] = 0.5
    parity = compare(reference, Worn(image, reference.mask + np.float32(0.25)))
    assert parity.image_max_abs == 0.5
    assert parity.image_mean_abs == pytest.approx(0.5 / 96)
    assert parity.image_psnr_db == pytest.approx(-10 * np.log10(0.25 / 96))
    assert (parity.mask_max_abs, parity.mask_mean_abs, parity.crops) == (0.25, 0.25, 2)


def test_what_was_measured_stands_in_the_file(exported: tuple[ExportReport, Persona]) -> None:
    report, persona = exported
    assert set(persona.graphs) == {"fp32", "int8"}
    assert persona.manifest.parity == {"fp32": report.fp32.figures(), "int8": report.int8.figures()}
    assert report.fp32.image_max_abs < 1e-5
    assert (report.fp32.crops, report.int8.crops) == (12, 6)
    assert persona.manifest.identity == CARD
    assert persona.manifest.trained_from == FACTS
    assert report.bytes == report.path.stat().st_size


def test_the_same_export_gives_the_same_bytes(
    exported: tuple[ExportReport, Persona], crops: np.ndarray, tmp_path: Path
) -> None:
    again = export(crops, tmp_path / "tiny.persona")
    assert again.path.read_bytes() == exported[0].path.read_bytes()


@pytest.mark.parametrize(("precision", "grey_levels"), [("fp32", 1), ("int8", 6)])
def test_worn_live_as_in_training(exported: tuple[ExportReport, Persona], precision: str, grey_levels: int) -> None:
    """The live loop's swapper gives what the torch network gives for the same crop."""
    swapper = Swapper(exported[1], "cpu", precision, knows_performer=True)
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = np.random.default_rng(0).uniform(-1, 1.5, (478, 2))
    points[STABLE, :2] = np.array(list(TEMPLATE.values()))[:, :2]
    points = points * 12 + (60, 50, 0)
    y, x = np.mgrid[:100, :120]
    picture = np.stack([x * 2, y * 2, 255 - x], -1).astype(np.uint8)
    face = Face(1, points.astype(np.float32), align(points))
    swap = swapper(Frame(0, 0.0, 0.0, picture, (face,))).swaps[0]
    worn = run_torch(TinyWearer(), swapper._session.input[None].copy())
    wanted = worn.image[0].transpose(1, 2, 0)[..., ::-1] * 255
    assert np.abs(swap.image - wanted).max() <= grey_levels
    assert np.abs(swap.mask - worn.mask[0, 0] * 255).max() <= grey_levels


def test_a_large_portrait_is_made_smaller(crops: np.ndarray, tmp_path: Path) -> None:
    report = export(crops, tmp_path / "x.persona", portrait=np.zeros((900, 1200, 3), np.uint8))
    portrait = read_persona(report.path, today=TODAY).portrait
    assert cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR).shape == (384, 512, 3)
