"""From a network to a persona: what is refused, what is proved, and that the result is worn like the original."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from benchmarks.likeness import masked_ssim
from export import precisions
from export.onnx_graph import to_onnx
from export.parity import BOUNDS, Parity, Worn, check, compare, run_graph, run_torch
from export.persona_file import ExportReport, export_persona
from export.precisions import Proof
from realtime.errors import ExportError, PersonaError
from realtime.face.align import STABLE, TEMPLATE, TEMPLATE_NAME, align
from realtime.frame import Face, Frame
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.identity import Identity
from realtime.persona.manifest import CHANNELS, TrainedFrom
from realtime.persona.package import Persona, read_persona
from realtime.region.catalog import read_region

TODAY = date(2026, 11, 23)
SIZE = 32
CARD = Identity("Nobody", "fictional")
FACTS = TrainedFrom({"persona": "0" * 64}, {"frames": 12}, 3, seconds=61.5, machine="two cores of a laptop")


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
    proof = Proof(crops, changes.pop("truth", None))
    return export_persona(network or TinyWearer(), proof, out=out, **{**facts, **changes})


@pytest.fixture(scope="module")
def exported(crops: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportReport, Persona]:
    truth = run_torch(TinyWearer(), crops)
    report = export(crops, tmp_path_factory.mktemp("export") / "tiny.persona", truth=truth)
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
    with pytest.raises(ExportError, match=rf"wanted one that takes \(1, {len(CHANNELS)}, 32, 32\)"):
        export(crops, tmp_path / "x.persona", TinyWearer(inputs=2))


def test_operators_that_are_not_plain(crops: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"wanted plain operators, got .*TopK"):
        export(crops, tmp_path / "x.persona", Sorting())


def test_weights_that_are_no_numbers(crops: np.ndarray, tmp_path: Path) -> None:
    network = TinyWearer()
    nn.init.constant_(network.layers[1].weight, float("nan"))
    with pytest.raises(ExportError, match="wanted finite numbers"):
        export(crops, tmp_path / "x.persona", network)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ({"image_max_abs": -1.0}, "largest difference: wanted at most -1"),
        ({"image_mean_abs": -1.0}, "mean difference"),
        ({"image_psnr_db": 121.0}, "noise in dB"),
        ({"mask_max_abs": -1.0}, "largest difference of the mask"),
        ({"mask_mean_abs": -1.0}, "mean difference of the mask"),
        ({"ssim_loss": -1.0}, "SSIM short of 1"),
    ],
)
def test_a_bound_that_does_not_hold_writes_nothing(
    crops: np.ndarray, tmp_path: Path, precision: str, bound: dict[str, float], message: str
) -> None:
    bounds = {**BOUNDS, precision: replace(BOUNDS[precision], **bound)}
    with pytest.raises(ExportError, match=f"the {precision} graph against the .*: {message}"):
        export(crops, tmp_path / "x.persona", bounds=bounds, precisions=[precision])
    assert not list(tmp_path.iterdir())


def test_a_graph_that_loses_truth_writes_nothing(
    crops: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near to fp32 is not enough: the truth is what is wanted."""
    truth = run_torch(TinyWearer(), crops)
    likeness = iter((0.90, 0.88, 0.90, 0.895))  # to the truth: fp32, int8; fp32, int8
    monkeypatch.setattr(precisions, "ssim", lambda _, found: np.full(len(found.image), next(likeness)))
    with pytest.raises(ExportError, match=r"int8 graph against the truth: SSIM lost: wanted at most 0.01, got 0.02"):
        export(crops, tmp_path / "x.persona", precisions=["int8"], truth=truth)
    assert not list(tmp_path.iterdir())
    export(crops, tmp_path / "x.persona", precisions=["int8"], truth=truth)


@pytest.mark.parametrize("precision", BOUNDS)
@pytest.mark.parametrize(
    "figure", [field.name for field in fields(Parity) if field.name not in ("crops", "ssim_least")]
)
def test_nan_never_passes_a_bound(precision: str, figure: str) -> None:
    sound = Parity(8, 0.0, 0.0, 120.0, 0.0, 0.0, 1.0, 1.0)
    check(precision, sound, BOUNDS[precision])
    with pytest.raises(ExportError):
        check(precision, replace(sound, **{figure: float("nan")}), BOUNDS[precision])


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
        check("fp32", compare(run_torch(network, crops), run_graph(graph, crops)), BOUNDS["fp32"])


def test_a_network_that_knows_of_one_crop_only_is_refused() -> None:
    class Single(TinyWearer):
        def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
            image, mask = super().forward(inputs)
            return image.reshape(1, 3, SIZE, SIZE), mask

    with pytest.raises(ExportError, match="two crops at once as each alone"):
        to_onnx(Single(), len(CHANNELS), SIZE)


def test_the_graph_is_plain_and_takes_any_number_of_crops() -> None:
    model = onnx.load_from_string(to_onnx(TinyWearer(), len(CHANNELS), SIZE))
    shapes = {end.name: end.type.tensor_type.shape.dim for end in (*model.graph.input, *model.graph.output)}
    assert {name: shape[0].dim_param for name, shape in shapes.items()} == dict.fromkeys(shapes, "faces")
    assert {name: [one.dim_value for one in shape[1:]] for name, shape in shapes.items()} == {
        "input": [len(CHANNELS), SIZE, SIZE],
        "image": [3, SIZE, SIZE],
        "mask": [1, SIZE, SIZE],
    }
    assert {node.op_type for node in model.graph.node} <= {
        *("Conv", "Relu", "Reshape", "Transpose", "Resize", "DepthToSpace", "Sigmoid", "Slice")
    }
    assert len({node.name for node in model.graph.node}) == len(model.graph.node)


def test_export_leaves_a_training_network_in_training() -> None:
    network = TinyWearer().train()
    to_onnx(network, len(CHANNELS), SIZE)
    run_torch(network, np.zeros((1, len(CHANNELS), SIZE, SIZE), np.float32))
    assert network.training


def test_compare_measures_what_it_says() -> None:
    reference = Worn(np.zeros((2, 3, 4, 4), np.float32), np.zeros((2, 1, 4, 4), np.float32))
    image = reference.image.copy()
    image[0, 0, 0, 0] = 0.5
    parity = compare(reference, Worn(image, reference.mask + np.float32(0.25)))
    assert parity.image_max_abs == 0.5
    assert parity.image_mean_abs == pytest.approx(0.5 / 96)
    assert parity.image_psnr_db == pytest.approx(-10 * np.log10(0.25 / 96))
    assert (parity.mask_max_abs, parity.mask_mean_abs, parity.crops) == (0.25, 0.25, 2)


def test_ssim_is_over_the_references_mask_as_in_the_benchmarks() -> None:
    """scikit-image, on the same pictures; where nothing is covered, over the whole crop."""
    rng = np.random.default_rng(3)
    pictures = [cv2.GaussianBlur(rng.random((40, 40, 3)).astype(np.float32), (0, 0), 2) for _ in range(2)]
    mask = np.zeros((1, 1, 40, 40), np.float32)
    mask[:, :, 8:30, 10:32] = 1
    reference, found = (Worn(picture.transpose(2, 0, 1)[None], mask) for picture in pictures)
    parity = compare(reference, found)
    steps = [np.rint(picture * 255).astype(np.uint8) for picture in pictures]
    assert parity.ssim == pytest.approx(masked_ssim(*steps, mask[0, 0] > 0.5), abs=2e-4)
    assert parity.ssim == parity.ssim_least < 0.9
    whole, nowhere = (compare(replace(reference, mask=np.full_like(mask, share)), found) for share in (1, 0))
    assert nowhere.ssim == whole.ssim != parity.ssim


def test_what_was_measured_stands_in_the_file(exported: tuple[ExportReport, Persona]) -> None:
    report, persona = exported
    assert set(persona.graphs) == set(report.precisions) == {"fp32", "fp16", "int8"}
    assert persona.manifest.parity == {one.precision: one.figures() for one in report.graphs}
    assert report.graphs[0].parity.image_max_abs < 1e-5
    assert [one.parity.crops for one in report.graphs] == [12, 3, 3]
    assert persona.manifest.parity["int8"]["ssim_to_truth"] == pytest.approx(
        persona.manifest.parity["int8"]["ssim"], abs=1e-3
    )
    assert all(one.graph == persona.graphs[one.precision] for one in report.graphs)
    assert all(spent > 0 for spent in report.milliseconds.values())
    assert persona.manifest.identity == CARD
    assert persona.manifest.trained_from == FACTS
    assert report.bytes == report.path.stat().st_size


def test_only_what_is_asked_for_is_in_the_file(crops: np.ndarray, tmp_path: Path) -> None:
    """fp32 is measured all the same: the others come from it."""
    report = export(crops, tmp_path / "x.persona", precisions=["fp16"])
    persona = read_persona(report.path, today=TODAY)
    assert set(persona.graphs) == {"fp16"} == set(report.precisions)
    assert set(persona.manifest.parity) == {"fp32", "fp16"} == set(report.milliseconds)
    assert "ssim_to_truth" not in persona.manifest.parity["fp16"]


def test_a_thing_is_exported_with_its_own_alignment(crops: np.ndarray, tmp_path: Path) -> None:
    words = "box:0.1,0.1,0.4,0.4"
    report = export(crops, tmp_path / "x.persona", precisions=["fp32"], region=words)
    manifest = read_persona(report.path, today=TODAY).manifest
    alignment = read_region(words).alignment
    assert (manifest.region, manifest.template, manifest.coverage) == (words, alignment.template, alignment.coverage)
    assert alignment.template != TEMPLATE_NAME


def test_the_same_export_gives_the_same_bytes(
    exported: tuple[ExportReport, Persona], crops: np.ndarray, tmp_path: Path
) -> None:
    again = export(crops, tmp_path / "tiny.persona", truth=run_torch(TinyWearer(), crops))
    assert again.path.read_bytes() == exported[0].path.read_bytes()


@pytest.mark.parametrize(("precision", "grey_levels"), [("fp32", 1), ("fp16", 1), ("int8", 6)])
def test_worn_live_as_in_training(exported: tuple[ExportReport, Persona], precision: str, grey_levels: int) -> None:
    """The live loop's swapper gives what the torch network gives for the same crop."""
    swapper = NetworkSwapper(exported[1], "cpu", precision, knows_performer=True)
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = np.random.default_rng(0).uniform(-1, 1.5, (478, 2))
    points[STABLE, :2] = np.array(list(TEMPLATE.values()))[:, :2]
    points = points * 12 + (60, 50, 0)
    y, x = np.mgrid[:100, :120]
    picture = np.stack([x * 2, y * 2, 255 - x], -1).astype(np.uint8)
    face = Face(1, points.astype(np.float32), align(points))
    swap = swapper(Frame(0, 0.0, 0.0, picture, (face,))).swaps[0]
    worn = run_torch(TinyWearer(), swapper._session.input[:1].copy())
    wanted = worn.image[0].transpose(1, 2, 0)[..., ::-1] * 255
    assert np.abs(swap.image - wanted).max() <= grey_levels
    decided = np.clip((worn.mask[0, 0] - 0.4) / 0.5, 0, 1)  # twice as steep as the network's own
    assert np.abs(swap.mask - decided * 255).max() <= 2 * grey_levels + 1


def test_a_large_portrait_is_made_smaller(crops: np.ndarray, tmp_path: Path) -> None:
    large = np.zeros((1536, 2048, 3), np.uint8)
    points = np.zeros((478, 3), np.float32)
    points[0], points[1] = (-0.5, -0.5, 40.0), (2047.5, 1535.5, 0.0)  # corners of the picture
    report = export(crops, tmp_path / "x.persona", portrait=large, portrait_points=points, precisions=["fp32"])
    persona = read_persona(report.path, today=TODAY)
    assert cv2.imdecode(np.frombuffer(persona.portrait, np.uint8), cv2.IMREAD_COLOR).shape == (768, 1024, 3)
    placed = np.reshape(persona.manifest.portrait_points, (478, 3))
    assert placed[0].tolist() == [-0.5, -0.5, 20.0]
    assert placed[1].tolist() == [1023.5, 767.5, 0.0]
