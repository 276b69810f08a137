"""Where a run computes: device, number format, processes. All of Lightning Fabric's strings are in this file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import psutil
import torch
from torch import Tensor

from realtime.cores import cores as usable_cores
from realtime.cores import processor_name
from realtime.errors import ThespisError, TrainingError

if TYPE_CHECKING:
    from lightning.fabric import Fabric

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
_PATIENCE = timedelta(hours=3)
"""How long processes wait for one another: the first of them may be rendering pairs for that long."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """Over how many processes a run is spread.

    Attributes:
        devices: On each machine.
        nodes: Machines.
    """

    devices: int = 1
    nodes: int = 1


def choose_spread(devices: int | None, nodes: int | None) -> Spread:
    """What was asked for; under torchrun, what that has started.

    Raises:
        TrainingError: torchrun has started another number.
    """
    here, all_ = (int(os.environ.get(name, "0")) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    if not here or "TORCHELASTIC_RUN_ID" not in os.environ:
        return Spread(devices or 1, nodes or 1)
    found = Spread(here, max(1, all_ // here))
    wanted = Spread(devices or found.devices, nodes or found.nodes)
    if wanted != found:
        raise TrainingError(
            f"--devices {wanted.devices} --nodes {wanted.nodes}",
            wanted="what torchrun has started",
            got=f"{found.devices} on each of {found.nodes}",
            next_step="leave both out under torchrun",
        )
    return found


def choose_device(name: str) -> torch.device:
    """The device of a name; `auto` is a CUDA card where there is one.

    Raises:
        TrainingError: There is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise TrainingError(f"device {name}", wanted="auto, cpu or cuda", got=str(error).splitlines()[0]) from error


def choose_precision(name: str, device: torch.device) -> str:
    """The number format of a name; `auto` is the fastest that the device multiplies itself.

    Raises:
        TrainingError: There is none of that name, or not on this device.
    """
    if name == "auto":
        if device.type == "cuda":
            return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
        # bfloat16 is twice as fast where the processor multiplies it itself, and far slower where it does not.
        return "bf16" if torch.cpu._is_avx512_bf16_supported() else "fp32"
    if name not in PRECISIONS:
        raise TrainingError(f"precision {name}", wanted="auto, fp32, bf16 or fp16")
    if name == "fp16" and device.type == "cpu":
        raise TrainingError("precision fp16", wanted="a graphics card", got="the processor", next_step="try bf16")
    return name


def make_fabric(device: torch.device, precision: str, spread: Spread) -> Fabric:
    """Fabric, its processes started: where there are several, each runs the same command from its beginning.

    Raises:
        TrainingError: There are fewer devices.
    """
    from lightning.fabric import Fabric
    from lightning.fabric.strategies.ddp import DDPStrategy

    for name in ("lightning.fabric", "lightning.pytorch"):  # which of them speaks hangs on what was imported last
        logging.getLogger(name).setLevel(logging.WARNING)  # what is in use, the command says itself
    if device.type == "cuda":
        if spread.devices > torch.cuda.device_count():
            raise TrainingError(
                f"--devices {spread.devices}", wanted="so many graphics cards", got=str(torch.cuda.device_count())
            )
        # The same numbers after a resume are worth more than what cuDNN's other algorithms save.
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    alone = spread == Spread()
    fabric = Fabric(
        accelerator=device.type,
        devices=[device.index] if alone and device.index is not None else spread.devices,
        num_nodes=spread.nodes,
        precision=PRECISIONS[precision],  # type: ignore[arg-type]
        strategy="auto" if alone else DDPStrategy(timeout=_PATIENCE),
    )
    fabric.launch()
    _use_cores(spread.devices)
    return fabric


def on_first(fabric: Fabric, work: Callable[[], T]) -> T:
    """Do it in the first process alone; what comes of it, or the error, is every process's.

    Raises:
        ThespisError: What `work` raised in the first process.
    """
    if fabric.world_size == 1:
        return work()
    done: T | None = None
    failed: ThespisError | None = None
    if fabric.is_global_zero:
        try:
            done = work()
        except ThespisError as error:
            failed = error
    facts = (failed.what, failed.wanted, failed.got, failed.next_step) if failed else None
    done, facts = fabric.broadcast((done, facts))
    if failed is not None:
        raise failed
    if facts is not None:
        raise TrainingError(facts[0], wanted=facts[1], got=facts[2], next_step=facts[3])
    return done  # type: ignore[return-value]


def mean_over(fabric: Fabric, numbers: Tensor) -> Tensor:
    """The mean over all processes, in each of them."""
    if fabric.world_size == 1:
        return numbers
    reduced = fabric.all_reduce(numbers, reduce_op="mean")
    assert isinstance(reduced, Tensor)
    return reduced


def machine_text(device: torch.device, spread: Spread) -> str:
    """What a run is trained on, in words."""
    if device.type == "cuda":
        name, count = torch.cuda.get_device_name(device), spread.devices * spread.nodes
        return name if count == 1 else f"{count} x {name}"
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    text = f"{processor_name()}, {cores} core{'' if cores == 1 else 's'}"
    return text if spread.nodes == 1 else f"{spread.nodes} x {text}"


def _use_cores(processes: int) -> None:
    """All cores: the pool is made before training, so that nothing else computes beside it.

    Several processes share them, since more threads than cores wait for one another. OMP_NUM_THREADS is a user's word.
    """
    if "OMP_NUM_THREADS" not in os.environ or processes > 1:
        torch.set_num_threads(max(1, usable_cores() // processes))
