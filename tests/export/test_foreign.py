"""Other tools' models: their crop comes back where it was, and what is none of them is refused in clear words."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper

sys.path.insert(0, str(Path(__file__).parents[1] / "realtime" / "persona"))
from foreign_graphs import dfm_graph, recogniser_graph, swapper_graph
from tiny_personas import smooth_picture

from export.foreign import import_model, read_graph
from export.onnx_graph import PLAIN
from realtime.composite.blend import Composite
from realtime.errors import PersonaError
from realtime.face.align import align
from realtime.fit import Fit
from realtime.frame import Face, Frame
from realtime.persona.graph_rules import OPERATORS
from realtime.persona.identity import Identity
from realtime.persona.package import Persona
from realtime.persona.swapper import make_swapper
from realtime.settings import Live, Settings
from realtime.source.canvas import load_photo
from realtime.source.renderer import PortraitRenderer
from realtime.wear import wearing

CARD, TODAY = Identity("Nobody", "fictional"), date(2026, 1, 1)


@pytest.fixture
def imported(tmp_path: Path, hopper_photo: Path) -> Callable[..., Persona]:
    """Imports a graph; a one-photo network with a recogniser and a photo."""

    def make(graph: bytes, **more: object) -> Persona:
        model, recogniser = tmp_path / "model.onnx", tmp_path / "recogniser.onnx"
        model.write_bytes(graph)
        recogniser.write_bytes(recogniser_graph())
        facts = {"photos": (hopper_photo,), "recogniser": recogniser} | more
        return import_model(model, tmp_path / "foreign.persona", CARD, today=TODAY, **facts)  # type: ignore[arg-type]

    return make


GRAPHS = {
    "dfm 64": dfm_graph(64),
    "dfm 224, morph": dfm_graph(224, morph=True, batch=1),
    "dfm 320": dfm_graph(320),
    "inswapper": swapper_graph(),
}


def real_face(head: PortraitRenderer, centre: tuple[float, float], eyes_px: float, turn_deg: float) -> Face:
    """A face with all of its points where faces have them."""
    turn = math.radians(turn_deg)
    c, s = math.cos(turn), math.sin(turn)
    points = head.head.rest @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) * eyes_px + (*centre, 0)
    points = points.astype(np.float32)
    return Face(1, points, align(points))


def unsharpened(frame: Frame) -> Frame:
    return replace(frame, swaps=tuple(replace(swap, fit=Fit(sharpen=0.0)) for swap in frame.swaps))


@pytest.mark.parametrize("kind", GRAPHS)
@pytest.mark.parametrize(
    ("eyes_px", "turn_deg", "centre"), [(30, 0, (160, 120)), (60, 25, (320, 240)), (140, -40, (500, 300))]
)
def test_a_graph_that_returns_its_crop_gives_back_the_frame(
    imported: Callable[..., Persona],
    hopper: PortraitRenderer,
    kind: str,
    eyes_px: float,
    turn_deg: float,
    centre: tuple[float, float],
) -> None:
    """Alignment, its inverse, value range and order of colours are all in this one figure."""
    picture = smooth_picture((960, 720))
    face = real_face(hopper, centre, eyes_px, turn_deg)
    frame = make_swapper(imported(GRAPHS[kind]), "cpu")(Frame(0, 0.0, 0.0, picture.copy(), faces=(face,)))
    assert frame.swaps[0].mask.min() == 255
    shown = Composite()(unsharpened(frame))
    assert shown.worn
    off = np.abs(shown.image.astype(int) - picture)
    magnified = np.linalg.norm(np.linalg.inv(frame.swaps[0].crop_from_frame[:, :2])[:, 0])
    assert off.max() <= (1 if magnified <= 1.5 else 2)
    assert np.percentile(off, 99.9) <= 1


def test_colours_go_in_and_come_out_blue_first(imported: Callable[..., Persona], hopper: PortraitRenderer) -> None:
    picture = np.full((480, 640, 3), 200, np.uint8)
    frame = Frame(0, 0.0, 0.0, picture, faces=(real_face(hopper, (320, 240), 60, 0),))
    swap = make_swapper(imported(dfm_graph(64, gain=(0.25, 0.5, 1.0))), "cpu")(frame).swaps[0]
    assert swap.image[32, 32].tolist() == [50, 100, 200]


@pytest.mark.parametrize(("masks", "value"), [((1.0, 0.2), 51), ((0.4, 1.0), 102)])
def test_both_masks_count(
    imported: Callable[..., Persona], hopper: PortraitRenderer, masks: tuple[float, float], value: int
) -> None:
    picture = np.full((480, 640, 3), 200, np.uint8)
    frame = Frame(0, 0.0, 0.0, picture, faces=(real_face(hopper, (320, 240), 60, 0),))
    swap = make_swapper(imported(dfm_graph(64, masks=masks)), "cpu")(frame).swaps[0]
    assert set(np.unique(swap.mask).tolist()) == {value}


@pytest.mark.parametrize("kind", GRAPHS)
def test_every_kind_is_worn_by_the_loop(imported: Callable[..., Persona], hopper: PortraitRenderer, kind: str) -> None:
    frame = Frame(0, 0.0, 0.0, smooth_picture((960, 720)), faces=(real_face(hopper, (480, 360), 90, 0),))
    with wearing([imported(GRAPHS[kind])], Live(Settings()), provider="cpu", max_faces=1) as worn:
        for group in worn.threads[1:]:
            for stage in group:
                frame = stage.call(frame)
    assert frame.worn


def test_outputs_that_do_not_say_their_shape_are_tried(imported: Callable[..., Persona]) -> None:
    assert imported(dfm_graph(64, told=False)).manifest.crop_size == 64
    with pytest.raises(PersonaError):
        imported(dfm_graph(64, told=False, wide=True))


def test_a_network_that_breaks_is_refused(imported: Callable[..., Persona]) -> None:
    with pytest.raises(PersonaError):
        imported(dfm_graph(64, gain=(float("nan"), 1.0, 1.0)))


def test_several_photos_are_one_identity(imported: Callable[..., Persona], hopper_photo: Path, tmp_path: Path) -> None:
    astronaut = tmp_path / "astronaut.png"
    cv2.imwrite(str(astronaut), load_photo(None))
    vectors = {
        name: np.array(imported(swapper_graph(), photos=photos).manifest.face_vector)
        for name, photos in {"one": (hopper_photo,), "other": (astronaut,), "both": (hopper_photo, astronaut)}.items()
    }
    assert all(np.linalg.norm(vector) == pytest.approx(1, abs=1e-5) for vector in vectors.values())
    mean = vectors["one"] + vectors["other"]
    assert np.allclose(vectors["both"], mean / np.linalg.norm(mean), atol=1e-4)
    assert not np.allclose(vectors["one"], vectors["other"], atol=1e-3)


def test_the_identity_goes_in(imported: Callable[..., Persona], hopper: PortraitRenderer) -> None:
    persona = imported(swapper_graph(touched=True))
    face = real_face(hopper, (320, 240), 60, 0)
    picture = np.full((480, 640, 3), 100, np.uint8)
    swap = make_swapper(persona, "cpu")(Frame(0, 0.0, 0.0, picture, faces=(face,))).swaps[0]
    shift = 100 + 255 * 1e-2 * sum(persona.manifest.face_vector)
    assert np.abs(swap.image.astype(float) - shift).max() <= 1


def _with_domain(graph: bytes) -> bytes:
    model = onnx.load_model_from_string(graph)
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    model.graph.node[0].domain = "com.example"
    return bytes(model.SerializeToString())


def _external(graph: bytes) -> bytes:
    model = onnx.load_model_from_string(graph)
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (b"no graph at all", "wanted an ONNX graph"),
        (b"<!doctype html><html></html>", "wanted an ONNX graph, got another kind of file"),
        (dfm_graph(64)[:200], "wanted an ONNX graph"),
        (dfm_graph(48), "S 64 to 640"),
        (dfm_graph(1024), "S 64 to 640"),
        (dfm_graph(64, outputs=(3, 3, 1)), "three outputs: mask, face, mask"),
        (swapper_graph(mapped=256), "last initialiser"),
        (recogniser_graph(), "wanted a DeepFaceLab export"),
        (_with_domain(dfm_graph()), "operators of ONNX itself.*com.example.Mul"),
        (_external(dfm_graph()), "all weights inside"),
    ],
)
def test_what_is_none_of_them_is_refused(imported: Callable[..., Persona], graph: bytes, said: str) -> None:
    with pytest.raises(PersonaError, match=said):
        imported(graph)


def test_a_one_photo_network_wants_a_photo_and_its_recogniser(imported: Callable[..., Persona]) -> None:
    with pytest.raises(PersonaError, match="--photo"):
        imported(swapper_graph(), photos=())
    with pytest.raises(PersonaError, match="--recogniser"):
        imported(swapper_graph(), recogniser=None)


def test_what_is_exported_here_may_be_worn() -> None:
    assert {*PLAIN, "Cast", "QuantizeLinear", "DequantizeLinear"} <= OPERATORS


def test_a_model_that_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="no plain file"):
        read_graph(tmp_path)
