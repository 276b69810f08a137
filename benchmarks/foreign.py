"""Other tools' models at their real size (`python -m benchmarks.foreign`).

A DeepFaceLab export is built with random weights, of the shape that the field's best-known live tool runs (SAEHD
`df-ud`, both decoders' masks, one decoder's colours), at 224 and at 320 pixels; imported as a user's would be; and worn
by the built-in performer at 1280x720. Told for each: multiply-adds, size of the file, time to import and to load, time
a swap takes, and how much memory loading and wearing it added. What it paints is noise, and is not judged.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.saehd import PublishedAutoencoder, PublishedDecoder
from export.foreign import import_model
from models.network import PERFORMER, PERSONA
from realtime.face.finder import FaceFinder
from realtime.persona.identity import Identity
from realtime.persona.package import read_persona
from realtime.persona.swapper import make_swapper
from realtime.source.portrait import PortraitPerformer

SIZES = (224, 320)
CARD = Identity("Noise", "fictional")
_SEED = 1


class Exported(nn.Module):
    """What such an export takes and gives: a crop, blue first, channels last; the performer's mask, face, its mask.

    Args:
        size: Side of its crops.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.network = PublishedAutoencoder(size=size)

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, S, S, 3) to (N, S, S, 1), (N, S, S, 3), (N, S, S, 1), all 0 to 1."""
        latent = self.network.encoder(crop.permute(0, 3, 1, 2))
        own = self.network.decoders[PERFORMER]
        assert isinstance(own, PublishedDecoder)
        own_mask = torch.sigmoid(own.last(own.mask(latent)))  # its colours are not asked for
        image, mask = self.network.decoders[PERSONA](latent)
        first, second, third = (one.permute(0, 2, 3, 1) for one in (own_mask, image, mask))
        return first, second, third


def write_export(path: Path, size: int) -> float:
    """Write one with random weights.

    Returns:
        Multiply-adds for a crop, in billions.
    """
    torch.manual_seed(_SEED)
    network, crop = Exported(size).eval(), torch.zeros(1, size, size, 3)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(crop)
    names = ["out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(
            network,
            (crop,),
            path,
            dynamo=False,
            opset_version=13,
            input_names=["in_face:0"],
            output_names=names,
            dynamic_axes={name: {0: "N"} for name in ("in_face:0", *names)},
        )
    return float(counter.get_total_flops()) / 2 / 1e9


def measure(size: int, frames: int, folder: Path) -> dict[str, Any]:
    """Import one and have it worn.

    Args:
        size: Side of its crops.
        frames: How many swaps are timed, after two that are not.
        folder: For its files.
    """
    model, file = folder / f"noise{size}.dfm", folder / f"noise{size}.persona"
    billions = write_export(model, size)
    start_s = time.perf_counter()
    import_model(model, file, CARD, today=date.today())
    import_s = time.perf_counter() - start_s
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:  # whose memory nothing else has used
        return {
            "size": size,
            "billion_multiply_adds": billions,
            "file_mb": file.stat().st_size / 1e6,
            "import_s": import_s,
            **fresh.submit(wear, file, size, frames).result(),
        }


def wear(file: Path, size: int, frames: int) -> dict[str, Any]:
    """Load one and wear it.

    Args:
        file: The persona file.
        size: Side of its crops.
        frames: How many swaps are timed, after two that are not.
    """
    find, swaps_s, performer = FaceFinder(), list[float](), PortraitPerformer(size_wh=(1280, 720), paced=False)
    performer.open()
    first = performer.read()
    assert first is not None
    find(first)
    before = psutil.Process().memory_info().rss
    start_s = time.perf_counter()
    swapper = make_swapper(read_persona(file, today=date.today()), most_faces=1)
    load_s = time.perf_counter() - start_s
    with performer as source:
        while len(swaps_s) < frames + 2 and (frame := source.read()) is not None:
            found = find(frame)
            start_s = time.perf_counter()
            swap = swapper(found).swaps[0]
            swaps_s.append(time.perf_counter() - start_s)
            assert swap.image.shape == (size, size, 3)  # its own resolution, not one that is kinder to us
    find.close()
    return {
        "load_s": load_s,
        "swap_ms": 1000 * float(np.median(swaps_s[2:])),
        "memory_mb": (psutil.Process().memory_info().rss - before) / 1e6,
        "runs_on": swapper.said,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.foreign",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--frames", type=int, default=10, help="timed at each size")
    parser.add_argument("--json", type=Path, help="write all figures there")
    words = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(size, words.frames, Path(folder)) for size in SIZES]
    table = Table(
        "figure", *(str(row["size"]) for row in rows), title="a DeepFaceLab export of real size, random weights"
    )
    for name in rows[0]:
        table.add_row(name, *(f"{row[name]:.1f}" if isinstance(row[name], float) else str(row[name]) for row in rows))
    Console().print(table)
    if words.json:
        words.json.write_text(json.dumps({"sizes": rows, "date": date.today().isoformat()}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
