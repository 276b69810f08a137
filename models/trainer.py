"""The training loop: steps on a schedule, evaluations, previews, and checkpoints to go on from."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from models import checkpoint
from models.ahead import ahead
from models.assembly import Parts, assemble
from models.average import load_average
from models.checkpoint import Checkpoint
from models.fabric import Spread, choose_device, choose_spread, machine_text, make_fabric, mean_over, on_first
from models.learner import Learned, Learner
from models.logbook import Logbook
from models.memory import check_fits, estimate, free_bytes
from models.network import SharedAutoencoder
from models.preparing import noting_seconds, read_seconds
from models.presets import find_preset
from models.preview import preview
from models.request import Progress, TrainingRequest
from models.resume import agree, budget_of, fresh_card
from models.sample import Batch
from models.schedule import Place, evaluated, progress, rate
from realtime.errors import TrainingError

if TYPE_CHECKING:
    from lightning.fabric import Fabric

__all__ = ["Progress", "Trainer", "TrainingRequest", "load_average"]

_SAVE_SECONDS = 300.0
_SAME = 1e-9
_CURVES_EVERY = 10

OnPrepare = Callable[[int, int], None]
"""Told how many pairs of how many are made."""


class Trainer:
    """One training run, fresh or resumed.

    Args:
        request: What to train.
        parts: What to train with; put together from the request where left out.
        now_s: A clock that only goes forward, in seconds.

    Attributes:
        card: What the run is made of.
        place: Where it stands.
        said: Lines that a user should read: memory, warm start.

    Raises:
        TrainingError: A run of other material is already there, it cannot fit, or the words are wrong.
        SourceError: A picture cannot be read.
        FaceError: A picture shows no face.
    """

    def __init__(
        self, request: TrainingRequest, parts: Parts | None = None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.request, self._now_s = request, now_s
        self.preset = find_preset(request.preset)
        device, spread = choose_device(request.device), choose_spread(request.devices, request.nodes)
        found = checkpoint.load(request.out) if checkpoint.exists(request.out) else None
        self._parts = parts or assemble(
            request.performer,
            request.personas,
            self.preset,
            seed=request.seed,
            batch=request.batch or (found.card.batch if found else None),
        )
        self.card, self.place = fresh_card(request, self.preset, self._parts, device), Place()
        if found:
            self.card, self.place = agree(request, self.card, found)
        self.said = [self._check_memory(device, spread)]
        self.fabric: Fabric = make_fabric(device, self.card.precision, spread)
        self.card = replace(self.card, machine=machine_text(self.fabric.device, spread))
        card = self.card
        self._learner = Learner(
            self.fabric, self.preset, card.decoders, card.seed, card.adversarial, card.adversarial_from
        )
        self._objective = self._parts.objective(self.fabric.device)
        self._evaluation: Callable[[SharedAutoencoder], float] | None = None
        self._ssim: float | None = None
        self._out, self._started, self._saved = request.out, 0.0, self.place
        self._saved_as_ended_by = self.card.ended_by
        if found:
            self._learner.restore(found)
        elif request.warm_start:
            self.said.append(self._learner.begin_with(request.warm_start))

    @property
    def first(self) -> bool:
        """Whether this is the first process of the run: the one that speaks and writes."""
        return self.fabric.is_global_zero

    def run(
        self,
        on_step: Callable[[Progress], None],
        stop: threading.Event | None = None,
        on_prepare: OnPrepare = lambda done, of: None,
    ) -> None:
        """Train to the end, or until `stop` is set; either way the last step is saved.

        Args:
            on_step: Told after every step.
            stop: Set it to end after the step under way.
            on_prepare: Told how far the pairs are that are made beforehand.

        Raises:
            TrainingError: The loss is no number any more, or the disk is full.
        """
        stop = stop or threading.Event()
        self._check_same_place()
        on_first(self.fabric, lambda: checkpoint.open_folder(self._out))
        self._started = self._now_s() - (self.place.seconds or read_seconds(self._out))
        if not self._prepare(on_prepare, stop):
            return
        with ExitStack() as stack:
            log = (
                stack.enter_context(closing(Logbook(self._out, self.place.step, self.request.tensorboard)))
                if self.first
                else None
            )
            batches = stack.enter_context(closing(ahead(self._fetch, self.place.step)))
            while not self._ended(stop):
                learned = self._learn(next(batches))
                notices = self._look_after(learned, log)
                share = progress(budget_of(self.card), self.place)[0]
                on_step(Progress(self.place, share, learned.loss, learned.parts, self._ssim, "; ".join(notices)))
            self._finish(log)

    def _prepare(self, on_prepare: OnPrepare, stop: threading.Event) -> bool:
        """Have the pairs made; whether they are whole.

        The run's first process makes them; the first of each other machine then finds them where the folder is shared,
        and makes its own where it is not; after that all find them.
        """
        batches, fabric = self._parts.batches, self.fabric
        if self.first and self.place.step == 0:
            on_prepare = noting_seconds(self._out, on_prepare, lambda: self._now_s() - self._started)
        if not on_first(fabric, lambda: batches.prepare(self._out, on_prepare, stop)):
            return False
        for turn in (fabric.local_rank == 0, fabric.local_rank > 0):
            if turn and not self.first and not batches.prepare(self._out, on_prepare, stop):
                return False
            fabric.barrier()
        if self.place.step == 0:
            seconds = self._agreed(stop)[0]
            self.place = replace(self.place, seconds=seconds, begun_seconds=seconds)
        minutes = self.card.minutes
        if minutes is not None and not self.card.ended_by and 60 * minutes <= self.place.begun_seconds:
            raise TrainingError(
                f"--minutes {minutes:g}",
                wanted="more than making the pairs takes",
                got=f"{self.place.begun_seconds / 60:.1f} minutes for that alone",
                next_step="they are kept: say it again, or give more",
            )
        self._check_shares()
        return True

    def _check_same_place(self) -> None:
        """Refuse processes that go on from different steps: their machines do not share the run's folder."""
        if self.fabric.world_size == 1:
            return
        step = torch.tensor([float(self.place.step), float(self.place.step) ** 2], dtype=torch.float64)
        mean, square = mean_over(self.fabric, step).tolist()
        if abs(square - mean**2) > _SAME * max(1.0, square):
            raise TrainingError(
                f"run {self._out}",
                wanted="the same checkpoint on all machines",
                got=f"step {self.place.step} here, another one elsewhere",
                next_step="put --out where all machines see the same folder, or copy it to each",
            )

    def _check_shares(self) -> None:
        """Refuse a batch that the processes cannot share evenly: the mean of their means would not be the batch's."""
        world = self.fabric.world_size
        if world == 1:
            return
        for name, sample in self._parts.batches(self.place.step).items():
            if len(sample.view) % world:
                raise TrainingError(
                    f"batch {self.card.batch} over {world} processes",
                    wanted=f"a multiple of {world} pairs for each decoder",
                    got=f"{len(sample.view)} for {name}",
                    next_step=f"try --batch {5 * world * max(1, self.card.batch // (5 * world))}",
                )

    def _fetch(self, step: int) -> Batch:
        return self._parts.batches(step, self.fabric.global_rank, self.fabric.world_size)

    def _agreed(self, stop: threading.Event) -> tuple[float, bool]:
        """Seconds so far and whether to stop, as the first process has them: all must take the same steps."""
        told = torch.tensor([self._now_s() - self._started, float(stop.is_set())], dtype=torch.float64)
        if self.fabric.world_size > 1:
            told = self.fabric.all_reduce(told if self.first else torch.zeros_like(told), reduce_op="sum")  # type: ignore[assignment]
        seconds, stopping = told.tolist()
        return seconds, bool(stopping)

    def _ended(self, stop: threading.Event) -> bool:
        seconds, stopping = self._agreed(stop)
        self.place = replace(self.place, seconds=max(seconds, self.place.seconds))
        share, end = progress(budget_of(self.card), self.place)
        if share >= 1 and not self.card.ended_by:
            self.card = replace(self.card, ended_by=end)
        return stopping or share >= 1

    def _learn(self, batch: Batch) -> Learned:
        budget, place, fabric = budget_of(self.card), self.place, self.fabric
        learned = self._learner.learn(
            lambda network: self._objective(network, batch, place.step, fabric.global_rank, fabric.world_size),
            step=place.step,
            share=progress(budget, place)[0],
            rate=rate(budget, place),
        )
        self.place = replace(place, step=place.step + 1)
        return learned

    def _look_after(self, learned: Learned, log: Logbook | None) -> list[str]:
        """What is due after a step; returns what a user should hear of."""
        step, notices = self.place.step, []
        if log and step % _CURVES_EVERY == 0:
            log.curves(step, {"loss": learned.loss, **learned.parts, "rate": rate(budget_of(self.card), self.place)})
        if self.request.evaluate_every and step % self.request.evaluate_every == 0:
            notices += self._evaluate(log)
        notices += self._learner.news()
        if step % self.request.save_every == 0 or self.place.seconds - self._saved.seconds > _SAVE_SECONDS:
            self._save()
        if step % self.request.preview_every == 0:
            self._picture(log)
        return notices

    def _evaluate(self, log: Logbook | None) -> list[str]:
        """Measure the averaged weights on held-out pairs."""
        self._ssim = ssim = on_first(self.fabric, self._measured)
        share = progress(budget_of(self.card), self.place)[0]
        before, self.place = self.place, evaluated(budget_of(self.card), self.place, ssim)
        self._learner.evaluated(ssim, share)
        on_first(self.fabric, lambda: log.evaluation(self.place, ssim) if log else None)
        if self.place.cooling_step != before.cooling_step:
            return [f"SSIM has not risen in {self.place.waited} evaluations: the run winds down"]
        return []

    def _measured(self) -> float:
        if self._evaluation is None:
            self._evaluation = self._parts.evaluation()
        return self._evaluation(self._learner.average)

    def _save(self) -> None:
        """Write a checkpoint that the run goes on from exactly."""
        self.card = replace(self.card, seconds=self.place.seconds)
        if not self._learner.is_finite:
            raise TrainingError(
                f"step {self.place.step}",
                wanted="weights that are numbers",
                got="some that are none; the last checkpoint stays",
                next_step=self._learner.advice,
            )
        on_first(
            self.fabric,
            lambda: checkpoint.save(
                self._out, Checkpoint(self.card, self.place, self._learner.tensors(), self._learner.facts())
            ),
        )
        self._saved, self._saved_as_ended_by = self.place, self.card.ended_by

    def _picture(self, log: Logbook | None) -> None:
        batch = self._parts.batches(0)
        on_first(
            self.fabric,
            lambda: log.picture(self.place.step, preview(self._learner.average, batch)) if log else None,
        )

    def _finish(self, log: Logbook | None) -> None:
        """Leave the run as it is to be found; where nothing was done, nothing is written."""
        every = self.request.evaluate_every
        if (self.place.step, self.card.ended_by) == (self._saved.step, self._saved_as_ended_by):
            return
        if self.card.ended_by and every and self.place.step % every:
            self._evaluate(log)
        self._save()
        self._picture(log)

    def _check_memory(self, device: torch.device, spread: Spread) -> str:
        need = estimate(self.preset, len(self.card.decoders) - 1, self.card.precision, device.type)
        return check_fits(
            need,
            free_bytes(device),
            batch=self.card.batch,
            processes_here=spread.devices,
            processes=spread.devices * spread.nodes,
            preset=self.card.preset,
            shared=device.type == "cpu",
        )
