"""Personas of our own architecture at any size of crop, with weights that nothing was learned by: only time counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realtime.persona.catalog import load_persona
from realtime.persona.identity import Identity
from realtime.persona.manifest import TrainedFrom
from realtime.persona.package import Persona, read_persona, write_persona

if TYPE_CHECKING:
    from models.presets import Preset

CARD = Identity("Nobody, for measuring", "fictional")
NOTHING = TrainedFrom({"persona": "0" * 64}, {"pictures": 0}, 0)
PRECISIONS = ("fp32", "int8")
_CALIBRATED_ON = 4
_SEED = 73_001
_OPAQUE = 8.0


def shapes() -> Mapping[str, Preset]:
    """The networks, smallest first: the presets for faces, and between them sizes that no preset has."""
    from models.presets import PRESETS

    lite, standard, ultra = (PRESETS[name] for name in ("lite", "standard", "ultra"))
    return {
        "lite": lite,
        "lite, one stage deeper": replace(lite, size=192, encoder=(*lite.encoder, 320), decoder=(256, *lite.decoder)),
        "standard": standard,
        "standard, one stage deeper": replace(
            standard, size=384, encoder=(*standard.encoder, 768), decoder=(512, *standard.decoder)
        ),
        "ultra": ultra,
    }


def billions(preset: Preset) -> float:
    """Multiply-adds for one crop, in billions."""
    from models.network import multiply_adds

    return multiply_adds(preset) / 1e9


def make_persona(preset: Preset, folder: Path, precisions: Collection[str] = PRECISIONS) -> Persona:
    """A persona that can be worn: random colours, and a mask that covers the whole crop.

    Its int8 is that of an export but for the layers that an export leaves wide where they lose much.

    Args:
        preset: The network's numbers.
        folder: For its file.
        precisions: `fp32`, and `int8` or not.
    """
    import torch

    from export.onnx_graph import to_onnx
    from export.quantise import CALIBRATIONS, calibrate, quantise
    from models.network import CHANNELS, PERSONA, SharedAutoencoder, Wearer

    torch.manual_seed(_SEED)
    shared = SharedAutoencoder(preset)
    with torch.no_grad():
        dict(shared.named_parameters())[f"decoders.{PERSONA}.cover.2.bias"].fill_(_OPAQUE)
    network = Wearer(shared)
    graphs = {"fp32": to_onnx(network, len(CHANNELS), preset.size)}
    if "int8" in precisions:
        crops = np.random.default_rng(_SEED).random(
            (_CALIBRATED_ON, len(CHANNELS), preset.size, preset.size), np.float32
        )
        minmax = next(one for one in CALIBRATIONS if one.name == "minmax")
        graphs["int8"] = quantise(graphs["fp32"], calibrate(graphs["fp32"], minmax, crops))
    model = load_persona("hopper")
    manifest = replace(model.manifest, crop_size=preset.size, identity=CARD, trained_from=NOTHING, parity={})
    path = folder / f"nobody{preset.size}.persona"
    write_persona(path, manifest, graphs, model.portrait)
    return read_persona(path, today=date.today())
