"""Whether a run fits into memory, said before it fails.

What `backward` needs is counted, not guessed: the network is run once on PyTorch's `meta` device, where tensors have
shapes but no contents, and every tensor that autograd keeps is added up. Weights are counted with their averages,
gradients and moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor, nn

from models.losses import face_loss
from models.network import CHANNELS, PERFORMER, PERSONA, SharedAutoencoder
from models.presets import PRESETS, Preset
from realtime.errors import TrainingError

_COPIES = 6
"""Of each weight: itself, its gradient, two moments, the average, and a checkpoint's copy on its way to the disk."""
_WORKSPACE = 1.35
"""What convolutions and fragments need beyond what is kept. On a processor the peaks of `tiny` at batch 2 and `lite`
at 4 and 16 were 0.59, 0.84 and 1.04 GB, where 0.61, 0.87 and 1.07 are foretold; on a graphics card not measured."""
_HALF = 0.55
"""What half precision leaves of the activations; the losses stay in fp32."""
_RUNTIME = {"cpu": 0.6e9, "cuda": 1.0e9}
_PERFORMER_SHARE = 0.2
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Need:
    """What a run needs in one process, in bytes: at any batch, and for each pair in it."""

    fixed: float
    pair: float

    def at(self, batch: float) -> float:
        """With so many pairs."""
        return self.fixed + batch * self.pair


def estimate(preset: Preset, personas: int, precision: str, device: str) -> Need:
    """What a preset needs.

    Args:
        preset: The network.
        personas: How many are on its encoder; each has a batch of its own.
        precision: `fp32`, `bf16` or `fp16`.
        device: `cpu` or `cuda`.
    """
    with torch.device("meta"):
        network = SharedAutoencoder(preset, (PERFORMER, PERSONA))
        picture = torch.zeros(1, len(CHANNELS), preset.size, preset.size)
    kept = _kept(lambda: network({PERSONA: picture})[PERSONA][0])
    # The loss counts in full precision whatever the network does.
    plane = torch.zeros(1, 1, preset.size, preset.size, device="meta")
    colours = torch.zeros(1, 3, preset.size, preset.size, device="meta", requires_grad=True)
    lost = _kept(lambda: face_loss(colours, plane.requires_grad_(), colours.detach(), plane.detach(), plane.detach()))
    half = 1.0 if precision == "fp32" else _HALF
    decoders = personas + 1
    weights = _bytes(network.encoder) + decoders * _bytes(network.decoders[PERSONA])
    pair = (kept * half + lost) * _WORKSPACE * (personas + _PERFORMER_SHARE)
    return Need(_RUNTIME.get(device, _RUNTIME["cuda"]) + _COPIES * weights, pair)


def free_bytes(device: torch.device) -> float:
    """What is free for one more program: the card's, or the machine's within what its container may use."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    return float(min(psutil.virtual_memory().available, _container_bytes(Path("/sys/fs/cgroup"))))


def check_fits(
    need: Need, free: float, *, batch: int, processes_here: int, processes: int, preset: str, shared: bool
) -> str:
    """One line on memory.

    Args:
        need: What one process needs.
        free: Bytes that are free.
        batch: Pairs in a step, all processes together.
        processes_here: Processes on this machine.
        processes: Processes in all.
        preset: Its name.
        shared: Whether those processes share that memory, as on a processor.

    Raises:
        TrainingError: It does not fit; the message names what would.
    """
    crowd = processes_here if shared else 1
    wanted = need.at(math.ceil(batch / processes)) * crowd
    said = f"about {wanted / _GB:.1f} GB for batch {batch}, {free / _GB:.1f} GB free"
    if wanted <= free:
        return f"memory: {said}"
    fits = int((free / crowd - need.fixed) / need.pair) * processes
    smaller = _smaller(preset)
    step = f"try --batch {fits}" if fits >= 1 else f"try --preset {smaller[0]}" if smaller else "free some memory"
    raise TrainingError(
        f"preset {preset} does not fit", wanted=said.split(",")[0], got=said.split(", ")[1], next_step=step
    )


def _smaller(preset: str) -> list[str]:
    """Presets of smaller crops, the largest first, the one for tests last."""
    size = PRESETS[preset].size
    return sorted((name for name in PRESETS if PRESETS[name].size < size), key=lambda name: -PRESETS[name].size)


def _kept(run: Callable[[], Tensor]) -> float:
    """Bytes that autograd keeps for `backward`; what several steps keep is counted once."""
    kept: dict[int, torch.UntypedStorage] = {}  # held on to, so that no two have the same address

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):  # weights are counted by themselves
            storage = tensor.untyped_storage()
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run()
    return float(sum(storage.nbytes() for storage in kept.values()))


def _bytes(module: nn.Module) -> float:
    return float(sum(weight.numel() * weight.element_size() for weight in module.parameters()))


def _container_bytes(root: Path) -> float:
    """What a container's limit leaves; infinite where there is none.

    Pages of files that were read or written count as used there, but are given back as soon as they are wanted.
    """
    try:
        limit, used = ((root / name).read_text().strip() for name in ("memory.max", "memory.current"))
        if limit == "max":
            return math.inf
        stat = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())
        files = int(stat.get("inactive_file", 0)) + int(stat.get("active_file", 0))
        return float(int(limit) - int(used) + files)
    except (OSError, ValueError):
        return math.inf
