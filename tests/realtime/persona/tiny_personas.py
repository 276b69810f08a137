"""Tiny persona files: graphs of one or two nodes, worn on a face of made-up points."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

from realtime.face.align import CROP_SIDE, STABLE, TEMPLATE, TEMPLATE_NAME, align
from realtime.frame import Face
from realtime.persona.identity import Identity
from realtime.persona.manifest import CHANNELS, Ends, Manifest, TrainedFrom

TODAY = date(2026, 11, 23)
SIZE = 64
PORTRAIT = b"\xff\xd8\xff\xe0 a portrait \xff\xd9"


def make_graph(
    size: int = SIZE,
    channels: int = len(CHANNELS),
    *,
    weights: npt.NDArray[np.floating] | None = None,
    bias: tuple[float, ...] = (0, 0, 0, 1),
    batch: object = 1,
    external: bool = False,
) -> bytes:
    """A 1x1 convolution, split into image and mask; by default the crop's RGB and a full mask."""
    if weights is None:
        weights = np.eye(4, channels)
        weights[3] = 0
    kernel = numpy_helper.from_array(weights.astype(np.float32)[..., None, None], "kernel")
    if external:
        kernel.data_location = TensorProto.EXTERNAL
        kernel.ClearField("raw_data")
        kernel.external_data.add(key="location", value="weights.bin")
    offsets = numpy_helper.from_array(np.array(bias, np.float32), "bias")
    split = numpy_helper.from_array(np.array([3, 1], np.int64), "split")
    nodes = [
        helper.make_node("Conv", ["input", "kernel", "bias"], ["both"]),
        helper.make_node("Split", ["both", "split"], ["image", "mask"], axis=1),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, depth, size, size])
        for name, depth in (("input", channels), ("image", 3), ("mask", 1))
    ]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], [kernel, offsets, split])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


ENDS = Ends(CHANNELS, {"crop": "input"}, {"image": "image", "mask": "mask"})


def make_manifest(**changes: Any) -> Manifest:
    whole = Manifest(
        kind="autoencoder",
        crop_size=SIZE,
        template=TEMPLATE_NAME,
        coverage=CROP_SIDE,
        ends=ENDS,
        identity=Identity("Nobody", "fictional"),
        trained_from=TrainedFrom({"persona": "0" * 64}, {"frames": 1}, 1),
        parity={"fp32": {"image_max_abs": 0.0}},
        tool_version="0",
    )
    ends = {name: changes.pop(name) for name in ("channels", "inputs", "outputs") if name in changes}
    return replace(whole, **changes, **({"ends": replace(ENDS, **ends)} if ends else {}))


def make_face(centre: tuple[float, float] = (160, 120), eyes_px: float = 30, turn_deg: float = 0, id_: int = 1) -> Face:
    """A face of 478 points spread over an oval; those that align it lie where the template has them."""
    step = np.arange(478)
    radius = np.sqrt((step + 0.5) / 478)
    angle = step * math.pi * (3 - math.sqrt(5))
    points = np.stack([1.2 * radius * np.cos(angle), 0.5 + 1.5 * radius * np.sin(angle)], 1)
    points[STABLE] = np.array(list(TEMPLATE.values()))[:, :2]
    turn = math.radians(turn_deg)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    placed = points @ rotation.T * eyes_px + centre
    landmarks = np.hstack([placed, np.zeros((478, 1))]).astype(np.float32)
    return Face(id_, landmarks, align(landmarks))


def smooth_picture(size_wh: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Slow waves of colour, so that sampling twice changes next to nothing."""
    y, x = np.mgrid[: size_wh[1], : size_wh[0]].astype(np.float64)
    waves = [np.sin(x / 90 + phase) * np.cos(y / 70 - phase) for phase in (0.0, 1.0, 2.0)]
    return np.rint(128 + 100 * np.stack(waves, -1)).astype(np.uint8)
