"""Is a run that was killed twenty times, at any moment, the same run? (`python -m benchmarks.training kill`)

A tiny run is trained once in peace. Then the same words are begun in a process that is killed with SIGKILL - while it
imports, while it makes its pairs, between two steps, in the middle of a checkpoint - and begun again, twenty times, and
at last left to its end. Weights, averages, moments and evaluations must be the same, bit for bit.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch
from rich.console import Console
from rich.progress import track

from benchmarks.curve import read_evaluations
from models import checkpoint
from models.logbook import EVALUATIONS
from models.request import Progress, TrainingRequest
from models.trainer import Trainer
from realtime.errors import TrainingError

KILLS = 20
_AT_START = 5
"""Every so manieth kill comes at any time after the start, the others after some steps."""
_STEPS_EACH = (1, 8)
_SECONDS = (0.0, 0.15)
_STEPS_FOR_EACH = 20
"""So long a run that it is not over before the last kill."""


@dataclass(frozen=True, slots=True)
class Kills:
    """What came of it.

    Attributes:
        kills: How many processes were killed that had not ended by themselves.
        moments: The step from which the run went on after each; 0 is before the first checkpoint.
        steps: Of the run.
        tensors: How many tensors were compared.
        differing: Those that are not the same bit for bit.
        evaluations_agree: Whether both runs wrote the same evaluations.
    """

    kills: int
    moments: list[int]
    steps: int
    tensors: int
    differing: list[str]
    evaluations_agree: bool


def measure_kills(photo: Path, place: Path, kills: int = KILLS, seed: int = 0) -> dict[str, object]:
    """Train in peace, train under fire, compare.

    Args:
        photo: The persona's.
        place: An empty folder for both runs.
        kills: How often.
        seed: Of the moments.

    Returns:
        `Kills` as a table, `same` (all kills struck, and nothing differs), and `orphans`: worker processes that
        outlived their killed parents.

    Raises:
        TrainingError: A process ended by itself with a fault, or a run is there already.
    """
    steps = kills * _STEPS_FOR_EACH
    peace, fire = place / "unbroken", place / "killed"
    for run in (peace, fire):
        if checkpoint.exists(run):
            raise TrainingError(
                f"benchmark {run}", wanted="a run from its beginning", got="one begun", next_step="give another --out"
            )
    first_step_s = _leave(peace, photo, steps)
    moments: list[int] = []
    dice, sessions = random.Random(seed), set[int]()
    try:
        for number in track(range(kills), "kill -9", console=Console(stderr=True)):
            process = _start(fire, photo, steps)
            sessions.add(process.pid)
            wait_s = dice.uniform(0, first_step_s) if number % _AT_START == 0 else None
            if _kill(process, dice, wait_s):
                # Whatever it was doing, what is on the disk can be read.
                moments.append(checkpoint.load(fire).place.step if checkpoint.exists(fire) else 0)
        _leave(fire, photo, steps)
    finally:
        orphans = _end(sessions)
    result = compare_runs(peace, fire, moments)
    same = not result.differing and result.evaluations_agree and result.kills == kills
    return {**asdict(result), "same": same, "orphans": orphans}


def compare_runs(peace: Path, fire: Path, moments: list[int]) -> Kills:
    """Hold two finished runs against each other."""
    first, second = checkpoint.load(peace), checkpoint.load(fire)
    names = sorted({*first.tensors, *second.tensors})
    differing = [name for name in names if not _same(first.tensors.get(name), second.tensors.get(name))]
    if first.place.step != second.place.step:
        differing.append(f"step {first.place.step} and {second.place.step}")
    told = [_evaluations(run) for run in (peace, fire)]
    return Kills(len(moments), moments, first.place.step, len(names), differing, told[0] == told[1])


def _same(first: torch.Tensor | None, second: torch.Tensor | None) -> bool:
    if first is None or second is None or first.shape != second.shape or first.dtype != second.dtype:
        return False
    return torch.equal(first.contiguous().view(-1).view(torch.uint8), second.contiguous().view(-1).view(torch.uint8))


def _evaluations(run: Path) -> list[tuple[int, float]]:
    return [(one.step, one.ssim) for one in read_evaluations(run / EVALUATIONS)]


def _start(run: Path, photo: Path, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.kills", str(run), str(photo), str(steps)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )


def _leave(run: Path, photo: Path, steps: int) -> float:
    """Train to the end; how long its first step was in coming, in seconds."""
    began = time.monotonic()
    with _start(run, photo, steps) as process:
        assert process.stdout is not None
        process.stdout.readline()
        first_step_s = time.monotonic() - began
        process.communicate()
    if process.returncode:
        raise TrainingError(f"run {run}", wanted="a run to its end", got=f"status {process.returncode}")
    return first_step_s


def _kill(process: subprocess.Popen[str], dice: random.Random, wait_s: float | None) -> bool:
    """Kill it after a time, or after some of its steps; whether it was alive until then."""
    assert process.stdout is not None
    with process:
        if wait_s is not None:
            time.sleep(wait_s)
        else:
            for _ in range(dice.randint(*_STEPS_EACH)):
                process.stdout.readline()
            time.sleep(dice.uniform(*_SECONDS))
        alive = process.poll() is None
        process.kill()
    return alive


def _end(sessions: set[int]) -> int:
    """End what killed processes have left behind; how many there were."""
    left = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(process.pid) in sessions:
                left.append(process)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return len(left)


def _train(run: Path, photo: Path, steps: int) -> None:
    """What a killed process does: a tiny run with a checkpoint after every other step."""
    request = TrainingRequest(
        performer="demo",
        personas=(str(photo),),
        out=run,
        preset="tiny",
        steps=steps,
        device="cpu",
        precision="fp32",
        save_every=2,
        evaluate_every=10,
        preview_every=50,
        tensorboard=False,
    )

    def tell(progress: Progress) -> None:
        sys.stdout.write(f"{progress.place.step}\n")
        sys.stdout.flush()

    Trainer(request).run(tell)


if __name__ == "__main__":
    _train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
