"""Other tools' models as persona files: what they take and give is found out from their graphs, and tried once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from realtime.errors import PersonaError
from realtime.face.align import align
from realtime.face.templates import arcface_crop
from realtime.frame import BgrImage, Face, Frame
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.crop import cut_crop
from realtime.persona.graph_rules import check_graph
from realtime.persona.identity import Identity
from realtime.persona.instant import one_face
from realtime.persona.manifest import DFM, IDENTITY_NUMBERS, INSWAPPER, KINDS, Ends, Manifest
from realtime.persona.package import MAX_GRAPH, Persona, read_persona, write_persona
from realtime.persona.portrait import encode_portrait
from realtime.persona.runtime import NOT_READY, READY_S, open_session, session_options, within
from realtime.plain_file import read_bounded
from realtime.region.alignment import ARCFACE, FACELAB
from realtime.source.canvas import find_portrait_points, load_photo

DFM_SIZES = range(64, 641)
_DEPTHS = (1, 3, 1)
"""Of a DeepFaceLab export's outputs; some leave them open, and the try shows what they are."""
SWAPPER_SIZE, RECOGNISER_SIZE = 128, 112
_THREADS = 0
"""As many as ONNX Runtime finds good."""

Shape = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A foreign graph that was read and is safe to run.

    Attributes:
        path: Its file.
        content: Its bytes.
        model: Parsed.
        inputs: Name and shape of each, in order; an open axis is a text.
        outputs: The same.
    """

    path: Path
    content: bytes
    model: onnx.ModelProto
    inputs: tuple[tuple[str, Shape], ...]
    outputs: tuple[tuple[str, Shape], ...]


def import_model(
    path: Path, out: Path, card: Identity, *, today: date, photos: Sequence[Path] = (), recogniser: Path | None = None
) -> Persona:
    """Make a persona file of a DeepFaceLab export, or of a one-photo network.

    Args:
        path: The model.
        out: The file to write.
        card: Whose face it is.
        today: The day.
        photos: Of the person whom a one-photo network is to paint; several are one identity.
        recogniser: The recognition network that goes with it.

    Returns:
        What was written, read back.

    Raises:
        PersonaError: It is none of these, is broken or unsafe, or may not be worn; or a photo shows no face.
    """
    card.check(today)
    graph = read_graph(path)
    graphs = {"fp32": graph.content}
    if _is_dfm(graph):
        manifest = _dfm(graph, card)
    elif _is_inswapper(graph):
        manifest = _inswapper(graph, card, photos, recogniser)
    else:
        raise _fault(path, _KNOWN, _described(graph))
    painted = _painted(Persona(out.stem, manifest, graphs, b""))
    portrait = encode_portrait(one_face(photos[0])[0] if manifest.kind == INSWAPPER else painted)
    write_persona(out, manifest, graphs, portrait)
    return read_persona(out, today=today)


_KNOWN = (
    "a DeepFaceLab export (in_face:0 of (N, S, S, 3), S 64 to 640, and three outputs); "
    "or a one-photo network (target (1, 3, 128, 128) and source (1, 512))"
)


def read_graph(path: Path) -> Graph:
    """Read an ONNX graph that somebody else made.

    Raises:
        PersonaError: It is missing, too large, no ONNX, asks for other files or for operators of its own.
    """
    try:
        content = read_bounded(path, MAX_GRAPH)
    except OSError as error:
        raise _fault(path, "a readable file", error.strerror or str(error)) from error
    try:
        check_graph(content)
        model = onnx.load_model_from_string(content)
    except PersonaError as error:
        raise _fault(path, error.wanted, error.got) from error
    except (ValueError, DecodeError) as error:
        raise _fault(path, "an ONNX graph", str(error)[:120] or "something else") from error
    weights = {one.name for one in model.graph.initializer}
    inputs = tuple((one.name, _shape(one)) for one in model.graph.input if one.name not in weights)
    return Graph(path, content, model, inputs, tuple((one.name, _shape(one)) for one in model.graph.output))


def _shape(value: onnx.ValueInfoProto) -> Shape:
    axes = value.type.tensor_type.shape.dim
    return tuple(axis.dim_value if axis.HasField("dim_value") else axis.dim_param or "?" for axis in axes)


def _is_dfm(graph: Graph) -> bool:
    names = [name for name, _ in graph.inputs]
    return bool(names) and "in_face" in names[0]


def _is_inswapper(graph: Graph) -> bool:
    shapes = sorted((shape[1:] for _, shape in graph.inputs), key=len)
    return shapes == [(IDENTITY_NUMBERS,), (3, SWAPPER_SIZE, SWAPPER_SIZE)]


def _dfm(graph: Graph, card: Identity) -> Manifest:
    """Outputs go by their place, as its own tool has it; their names differ from version to version."""
    (crop, shape), *others = graph.inputs
    sides = shape[1:3]
    size = sides[0] if len(shape) == 4 and shape[3] == 3 and sides[0] == sides[1] else None
    if not isinstance(size, int) or size not in DFM_SIZES:
        raise _fault(graph.path, "in_face:0 of (N, S, S, 3), S 64 to 640", _described(graph))
    if len(others) > 1 or (others and "morph_value" not in others[0][0]):
        raise _fault(graph.path, "morph_value:0 or nothing beside in_face:0", _described(graph))
    depths = [out[-1] if out and isinstance(out[-1], int) else None for _, out in graph.outputs]
    if len(depths) != len(_DEPTHS) or any(one not in (None, depth) for one, depth in zip(depths, _DEPTHS, strict=True)):
        raise _fault(graph.path, "three outputs: mask, face, mask", _described(graph))
    inputs = {"crop": crop} | ({"morph": others[0][0]} if others else {})
    outputs = dict(zip(KINDS[DFM].outputs, (name for name, _ in graph.outputs), strict=True))
    return Manifest(
        kind=DFM,
        crop_size=size,
        template=FACELAB.template,
        coverage=FACELAB.coverage,
        identity=card,
        tool_version=version("thespis"),
        ends=Ends(("b", "g", "r"), inputs, outputs),
    )


def _inswapper(graph: Graph, card: Identity, photos: Sequence[Path], recogniser: Path | None) -> Manifest:
    if not photos or recogniser is None:
        raise _fault(graph.path, "--photo of whom it is to paint, and --recogniser", "not both", "give both")
    names = {len(shape): name for name, shape in graph.inputs}
    if [shape[1:] for _, shape in graph.outputs] != [(3, SWAPPER_SIZE, SWAPPER_SIZE)]:
        raise _fault(graph.path, "one output of (1, 3, 128, 128)", _described(graph))
    vector = face_vector(photos, recogniser, _identity_map(graph))
    return Manifest(
        kind=INSWAPPER,
        crop_size=SWAPPER_SIZE,
        template=ARCFACE.template,
        coverage=ARCFACE.coverage,
        identity=card,
        tool_version=version("thespis"),
        ends=Ends(("r", "g", "b"), {"crop": names[4], "identity": names[2]}, {"image": graph.outputs[0][0]}),
        face_vector=tuple(float(value) for value in vector),
    )


def _identity_map(graph: Graph) -> npt.NDArray[np.float32]:
    """The matrix that carries embeddings to what the network was trained with: its last initialiser."""
    last = graph.model.graph.initializer[-1] if graph.model.graph.initializer else None
    wanted = [IDENTITY_NUMBERS, IDENTITY_NUMBERS]
    if last is None or list(last.dims) != wanted:
        raise _fault(graph.path, f"a last initialiser of {wanted}", str(list(last.dims)) if last else "none")
    try:
        return np.asarray(numpy_helper.to_array(last), np.float32)
    except (ValueError, TypeError) as error:
        raise _fault(graph.path, "numbers in its last initialiser", str(error)[:120]) from error


def face_vector(
    photos: Sequence[Path], recogniser: Path, identity_map: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(512,) whom a one-photo network is to paint: the mean of the photos' unit embeddings, mapped, of length 1.

    Raises:
        PersonaError: A photo shows no face, or the recognition network is of another form.
    """
    graph = read_graph(recogniser)
    shapes = [shape[1:] for _, shape in (*graph.inputs, *graph.outputs)]
    if shapes != [(3, RECOGNISER_SIZE, RECOGNISER_SIZE), (IDENTITY_NUMBERS,)]:
        raise _fault(recogniser, "one input (N, 3, 112, 112) and one output (N, 512)", _described(graph))
    session, embeddings = _session(graph), []
    for photo in photos:
        picture, points = one_face(photo)
        crop = cut_crop(picture, arcface_crop(points, RECOGNISER_SIZE), RECOGNISER_SIZE)
        # ArcFace is trained on RGB of -1 to 1.
        batch = (crop[None, ..., ::-1].astype(np.float32) / 127.5 - 1).transpose(0, 3, 1, 2)
        feed = {graph.inputs[0][0]: np.ascontiguousarray(batch)}
        try:
            embedding = within(READY_S, partial(session.run, None, feed))[0][0]
        except NOT_READY as error:
            raise _fault(recogniser, "a network that runs", str(error).splitlines()[0][:160]) from error
        embeddings.append(_unit(np.asarray(embedding, np.float32), recogniser))
    return _unit(_unit(np.mean(embeddings, 0), recogniser) @ identity_map, recogniser)


def _session(graph: Graph) -> Any:
    try:
        return open_session(graph.content, session_options(graph.content, _THREADS), ["CPUExecutionProvider"])
    except NOT_READY as error:
        raise _fault(graph.path, "a network that runs", str(error).splitlines()[0][:160]) from error


def _unit(vector: npt.NDArray[np.float32], of: Path) -> npt.NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise _fault(of, "an embedding of the face", "numbers that are none")
    return np.asarray(vector / length, np.float32)


def _painted(persona: Persona) -> BgrImage:
    """What a network makes of the built-in performer: a portrait of whom it paints, and the proof that it runs."""
    picture = load_photo(None)
    points = find_portrait_points(picture, "demo")
    frame = Frame(0, 0.0, 0.0, picture, faces=(Face(0, points, align(points)),))
    swap = NetworkSwapper(persona, "cpu")(frame).swaps[0]
    if not swap.mask.any():
        raise PersonaError(f"model {persona.name}", wanted="a face", got="numbers that are none, or an empty mask")
    return swap.image


def _described(graph: Graph) -> str:
    ends = (f"{name} {list(shape)}" for name, shape in (*graph.inputs, *graph.outputs))
    return ", ".join(ends)[:200] or "nothing"


def _fault(path: Path, wanted: str, got: str, next_step: str = "choose another file") -> PersonaError:
    return PersonaError(f"model {path}", wanted=wanted, got=got, next_step=next_step)
