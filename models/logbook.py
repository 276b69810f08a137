"""What a run tells while it goes on: evaluations as lines of JSON, curves and pictures for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from models.checkpoint import write_whole
from models.schedule import Place
from realtime.errors import TrainingError
from realtime.frame import BgrImage
from realtime.plain_file import read_bounded

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EVALUATIONS = "evaluation.jsonl"
_TENSORBOARD = "tensorboard"
_LARGEST = 64 * 1024 * 1024


class Logbook:
    """Writes into a run's folder.

    What a broken-off run wrote after its last checkpoint is taken back, since it comes again.

    Args:
        run: The run's folder.
        step: Where it goes on from.
        tensorboard: Whether TensorBoard's files are written.
    """

    def __init__(self, run: Path, step: int, tensorboard: bool) -> None:
        self._run = run
        self._board: SummaryWriter | None = None
        path = run / EVALUATIONS
        _clear_links(path, run / _TENSORBOARD)
        if path.is_file():
            with _reading(path):
                lines = read_bounded(path, _LARGEST).decode("utf-8", "replace").splitlines()
            write_whole(path, "".join(f"{line}\n" for line in lines if _step_of(line) <= step).encode())
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(run / _TENSORBOARD), purge_step=step + 1 if step else None)

    def evaluation(self, place: Place, ssim: float) -> None:
        """Add a line to `evaluation.jsonl`.

        Raises:
            TrainingError: It cannot be written.
        """
        line = json.dumps({"step": place.step, "seconds": round(place.seconds, 1), "ssim": round(ssim, 5)})
        path = self._run / EVALUATIONS
        with _writing(path), path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        self.curves(place.step, {"ssim": ssim})

    def curves(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to each curve.

        Raises:
            TrainingError: It cannot be written.
        """
        if self._board is not None:
            with _writing(self._run / _TENSORBOARD):
                for name, value in values.items():
                    self._board.add_scalar(name, value, step)

    def picture(self, step: int, image: BgrImage) -> Path:
        """Write `preview-STEP.jpg`; returns where it is.

        Raises:
            TrainingError: It cannot be written.
        """
        path = self._run / f"preview-{step:06d}.jpg"
        write_whole(path, cv2.imencode(".jpg", image)[1].tobytes())
        if self._board is not None:
            with _writing(self._run / _TENSORBOARD):
                self._board.add_image("preview", image[..., ::-1].copy(), step, dataformats="HWC")
        return path

    def close(self) -> None:
        """Bring all to the disk; twice is fine.

        Raises:
            TrainingError: It cannot be written.
        """
        board, self._board = self._board, None
        if board is not None:
            with _writing(self._run / _TENSORBOARD):
                board.close()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tells in a user's words what the disk says."""
    try:
        yield
    except OSError as error:
        raise TrainingError(f"cannot write {path}", got=str(error), next_step="make room there") from error


def _clear_links(*places: Path) -> None:
    """A run that came from a stranger may have links where this one writes; what they lead to stays as it is."""
    for place in places:
        if place.is_symlink():
            with _writing(place):
                place.unlink()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tells in a user's words what cannot be read."""
    try:
        yield
    except OSError as error:
        raise TrainingError(f"cannot read {path}", got=error.strerror or str(error), next_step="delete it") from error


def _step_of(line: str) -> float:
    """A line's step; infinite for one that a kill has torn."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return float("inf")
