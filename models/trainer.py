"""The training loop: paired steps, a learning-rate schedule, averaged weights, checkpoints, previews."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models import checkpoint
from models.checkpoint import RunCard
from models.losses import face_loss
from models.network import SharedAutoencoder
from models.optimizer import Optimizer
from models.presets import find_preset
from models.preview import preview
from models.rendered import PairedBatch, PairedPortraits, PortraitFaceset, Sample
from realtime.errors import TrainingError
from realtime.source.canvas import portrait_digest

_WARM_UP_STEPS = 50
_AVERAGE = 0.998
_PREFETCH = 3


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What a user asks for.

    Attributes:
        performer: A picture; None is the built-in performer.
        persona: A picture.
        out: The run's folder; a run that is there goes on.
        preset: Name in `models.presets.PRESETS`.
        steps: In all; None is what the preset wants.
        seed: Of weights and batches.
        precision: `fp32`, `bf16`, or `auto`.
        device: A torch device, or `auto`.
        preview_every: Steps between preview pictures.
        save_every: Steps between checkpoints.
    """

    performer: Path | None
    persona: Path
    out: Path
    preset: str = "lite"
    steps: int | None = None
    seed: int = 0
    precision: str = "auto"
    device: str = "auto"
    preview_every: int = 250
    save_every: int = 250


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands after a step: steps done and planned, and the step's loss of each kind."""

    step: int
    steps: int
    paired: float
    persona: float
    performer: float


class Trainer:
    """One training run, fresh or resumed.

    Args:
        request: What to train.

    Raises:
        TrainingError: A run of other material is already there, or the words are wrong.
        SourceError: A picture cannot be read.
        FaceError: A picture shows no face.
    """

    def __init__(self, request: TrainingRequest) -> None:
        self.request = request
        self.preset = find_preset(request.preset)
        self.device = _choose_device(request.device)
        self.performer = PortraitFaceset(request.performer, self.preset.size)
        self.persona = PortraitFaceset(request.persona, self.preset.size)
        self.card = RunCard(
            preset=request.preset,
            performer=str(request.performer or "demo"),
            persona=str(request.persona),
            digests=(portrait_digest(self.performer.picture), portrait_digest(self.persona.picture)),
            seed=request.seed,
            steps=request.steps or self.preset.steps,
            precision=_choose_precision(request.precision, self.device),
        )
        # The renderer keeps one core busy; a second thread of torch's on it would make both wait for each other.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
        torch.manual_seed(request.seed)
        form = torch.channels_last
        self.network = SharedAutoencoder(self.preset).to(self.device, memory_format=form)  # type: ignore[call-overload]
        self.average = SharedAutoencoder(self.preset).to(self.device, memory_format=form)  # type: ignore[call-overload]
        self.average.load_state_dict(self.network.state_dict())
        self.optimizer = Optimizer(self.network)
        self.step = 0
        self.batches = PairedPortraits(self.performer, self.persona, self.preset.batch, request.seed)
        if checkpoint.exists(request.out):
            self._resume()

    def _resume(self) -> None:
        card, self.step, tensors = checkpoint.load(self.request.out)
        wanted, found = (replace(one, performer="", persona="") for one in (self.card, card))
        if wanted != found:
            raise TrainingError(
                f"run {self.request.out}",
                wanted=_differences(self.card, card),
                got=_differences(card, self.card),
                next_step="go on with the same words, or give another --out",
            )
        for prefix, module in (("network.", self.network), ("average.", self.average)):
            own = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            module.load_state_dict(own)
        self.optimizer.restore(tensors)

    def save(self) -> None:
        """Write a checkpoint that the run goes on from exactly."""
        tensors: dict[str, Tensor] = {f"network.{key}": value for key, value in self.network.state_dict().items()}
        tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
        tensors |= self.optimizer.tensors()
        checkpoint.save(self.request.out, self.card, self.step, tensors)

    def save_preview(self) -> Path:
        """Draw `preview-STEP.jpg` with the averaged weights; returns where it is."""
        path = self.request.out / f"preview-{self.step:06d}.jpg"
        cv2.imwrite(str(path), preview(self.average, self.performer, self.persona))
        return path

    def run(self, on_step: Callable[[Progress], None], stop: threading.Event | None = None) -> None:
        """Train to the end, or until `stop` is set; either way the last step is saved.

        Args:
            on_step: Told after every step.
            stop: Set it to end after the step under way.

        Raises:
            TrainingError: The loss is no number any more.
        """
        self.request.out.mkdir(parents=True, exist_ok=True)
        for batch in _ahead(self.batches, self.step, self.card.steps):
            on_step(self._train(batch))
            if self.step % self.request.save_every == 0:
                self.save()
            if self.step % self.request.preview_every == 0:
                self.save_preview()
            if stop is not None and stop.is_set():
                break
        self.save()
        self.save_preview()

    def _train(self, batch: PairedBatch) -> Progress:
        self.optimizer.clear()
        paired, persona, performer = self._losses(batch)
        loss = torch.cat([paired, persona]).mean() + 0.25 * performer.mean()
        if not torch.isfinite(loss):
            raise TrainingError(
                f"step {self.step}", wanted="a finite loss", got=str(loss.item()), next_step="try --precision fp32"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step(_schedule(self.step, self.card.steps))
        self.step += 1
        share = max(1 - _AVERAGE, 1 / (self.step + 1))
        with torch.no_grad():
            for mean, weight in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(weight, share)
        means = (float(part.detach().mean()) for part in (paired, persona, performer))
        return Progress(self.step, self.card.steps, *means)

    def _losses(self, batch: PairedBatch) -> tuple[Tensor, Tensor, Tensor]:
        """One loss for each sample: paired, persona by itself, performer by itself."""
        samples = (batch.paired, batch.persona, batch.performer)
        counts = [len(sample.inputs) for sample in samples]
        inputs = self._tensor(np.concatenate([sample.inputs for sample in samples]))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.card.precision == "bf16"):
            latent = self.network.encoder(inputs)
            worn = self.network.persona(latent[: counts[0] + counts[1]])
            itself = self.network.performer(latent[counts[0] + counts[1] :])
        as_persona = Sample(
            inputs=batch.paired.inputs,
            image=np.concatenate([batch.paired.image, batch.persona.image]),
            mask=np.concatenate([batch.paired.mask, batch.persona.mask]),
            focus=np.concatenate([batch.paired.focus, batch.persona.focus]),
        )
        losses = self._loss(worn, as_persona)
        return losses[: counts[0]], losses[counts[0] :], self._loss(itself, batch.performer)

    def _loss(self, painted: tuple[Tensor, Tensor], true: Sample) -> Tensor:
        image, mask = (part.float() for part in painted)
        return face_loss(image, mask, self._tensor(true.image), self._tensor(true.mask), self._tensor(true.focus))

    def _tensor(self, array: npt.NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(array).to(self.device, memory_format=torch.channels_last)


def load_average(run: Path) -> tuple[SharedAutoencoder, RunCard, int]:
    """The averaged weights of a run, for export: the network on the CPU, the run's card, and the steps it took.

    Raises:
        TrainingError: There is no whole checkpoint.
    """
    card, step, tensors = checkpoint.load(run)
    network = SharedAutoencoder(find_preset(card.preset))
    prefix = "average."
    network.load_state_dict({key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)})
    return network.eval(), card, step


def _ahead(batches: PairedPortraits, first: int, last: int) -> Iterator[PairedBatch]:
    """Batches in order, rendered in a thread of their own while the network works."""
    with ThreadPoolExecutor(1, thread_name_prefix="render") as pool:
        waiting: list[Future[PairedBatch]] = []
        try:
            for step in range(first, last):
                while len(waiting) < _PREFETCH and step + len(waiting) < last:
                    waiting.append(pool.submit(batches, step + len(waiting)))
                yield waiting.pop(0).result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _schedule(step: int, steps: int) -> float:
    """Share of the full learning rate: linear warm-up, then a half cosine down (Loshchilov and Hutter, 2017)."""
    warm = min(_WARM_UP_STEPS, max(1, steps // 10))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _differences(card: RunCard, other: RunCard) -> str:
    """What one run is made of where another is not."""
    facts, others = asdict(card), asdict(other)
    named = {name: value for name, value in facts.items() if value != others[name] and name != "digests"}
    return ", ".join(f"{name} {value}" for name, value in named.items()) or "the same pictures under other names"


def _choose_device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise TrainingError(f"device {name}", wanted="auto, cpu or cuda", got=str(error).splitlines()[0]) from error


def _choose_precision(name: str, device: torch.device) -> str:
    if name == "auto":
        if device.type == "cuda":
            return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
        # bfloat16 is twice as fast where the processor multiplies it itself, and far slower where it does not.
        return "bf16" if torch.cpu._is_avx512_bf16_supported() else "fp32"
    if name not in ("fp32", "bf16"):
        raise TrainingError(f"precision {name}", wanted="auto, fp32 or bf16")
    return name
