"""Pairs made once and kept: training then waits for nobody, and a run that was broken off finds them again.

A pool is a folder of blocks (safetensors), each a function of its seed and number alone, made by as many processes
as the machine has cores. What makes every visit of a pair different is done on the training device (`models.augment`).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, fields
from multiprocessing import connection
from pathlib import Path
from shutil import disk_usage

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from models.material import Words, read_material
from models.network import PERFORMER
from models.pairs import PairMaker
from models.sample import Sample, stack
from models.variety import PairVariety
from realtime.cores import cores
from realtime.errors import TrainingError

_BLOCK = 32
_RENDERING = 4
"""Goes up with every change in what pairs show or ask for: blocks of before are not mixed with those of after."""
_MOST_WORKERS = 60
"""Windows waits for 63 things at once."""
_CARD = "pool.json"
_PLANES = 11
"""Bytes of a pair for each pixel."""
_FIELDS = tuple(field.name for field in fields(Sample))

Progress = Callable[[int, int], None]
"""Told how many pairs of how many there are."""


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What a pool is made of; the same plan is the same pool, bit for bit.

    Attributes:
        digests: Of each material, by decoder.
        counts: How many pairs for each decoder; whole blocks.
        size: Side of the crops in pixels.
        seed: Which pool.
        variety: How varied its pairs are.
    """

    digests: Mapping[str, str]
    counts: Mapping[str, int]
    size: int
    seed: int
    variety: PairVariety = field(default_factory=PairVariety)

    def card(self) -> str:
        """The plan as a pool's folder holds it; the usual variety goes without saying."""
        plan = {name: value for name, value in asdict(self).items() if name != "variety"} | {"rendering": _RENDERING}
        return json.dumps(plan | self.variety.unlike_usual(), indent=2, sort_keys=True) + "\n"


class Pool:
    """The finished pool of one decoder, read from disk as needed.

    Raises:
        TrainingError: A block is damaged.
    """

    def __init__(self, folder: Path, decoder: str, count: int) -> None:
        self.count = count
        try:
            self._blocks = [_open_block(_path(folder, decoder, number)) for number in range(_blocks(count))]
        except (SafetensorError, OSError, ValueError) as error:
            raise TrainingError(
                f"pool {folder}", wanted="whole blocks", got=str(error), next_step="delete it: it is made again"
            ) from error

    def take(self, places: Sequence[int]) -> Sample:
        """Pairs by their number, as one batch."""
        return stack([self._one(place) for place in places])

    def _one(self, place: int) -> Sample:
        block, row = self._blocks[place // _BLOCK], place % _BLOCK
        rows = {name: block.get_slice(name) for name in _FIELDS}  # type: ignore[no-untyped-call]
        return Sample(**{name: row_of[row] for name, row_of in rows.items()})


def make_pool(
    folder: Path, words: Sequence[Words], plan: PoolPlan, on_progress: Progress, stop: threading.Event
) -> bool:
    """Make what is not there yet.

    Args:
        folder: Where the blocks go; those of another plan are deleted.
        words: Each face's material; the performer first.
        plan: What is wanted.
        on_progress: Told after every block.
        stop: Set it to end early; what is done stays.

    Returns:
        Whether the pool is whole.

    Raises:
        TrainingError: There is no room for it, a block cannot be written, or a process that makes them was killed; or
            the folder is something else.
        SourceError: A photo cannot be read.
        FaceError: A photo shows no face.
    """
    _begin(folder, plan)
    wanted = [(name, number) for name, count in plan.counts.items() for number in range(_blocks(count))]
    missing = [one for one in wanted if not _path(folder, *one).is_file()]
    _check_room(folder, len(missing) * _BLOCK * _PLANES * plan.size**2)
    done = len(wanted) - len(missing)
    on_progress(done * _BLOCK, len(wanted) * _BLOCK)
    for _ in _made(folder, words, plan, missing, stop):
        done += 1
        on_progress(done * _BLOCK, len(wanted) * _BLOCK)
    return done == len(wanted)


def _check_room(folder: Path, needed: int) -> None:
    free = disk_usage(folder).free
    if needed > free:
        raise TrainingError(
            f"pool {folder}",
            wanted=f"{needed / 1e9:.1f} GB for rendered pairs",
            got=f"{free / 1e9:.1f} GB free",
            next_step="free some, give another --out, or take a smaller --preset",
        )


def _begin(folder: Path, plan: PoolPlan) -> None:
    if folder.is_symlink():
        raise TrainingError(f"pool {folder}", wanted="a folder", got="a link to another place", next_step="delete it")
    card = folder / _CARD
    text = plan.card()
    if card.is_file() and card.stat().st_size == len(text.encode()) and card.read_bytes() == text.encode():
        return
    others = [] if card.is_file() or not folder.is_dir() else sorted(path.name for path in folder.iterdir())
    if others:
        raise TrainingError(
            f"pool {folder}",
            wanted="a new folder, or one of rendered pairs",
            got=f"a folder with {others[0]} in it",
            next_step="give another --out",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for block in (*folder.glob("*.safetensors"), *folder.glob("*.new")):
            block.unlink()
        card.unlink(missing_ok=True)  # it may be a link that somebody else laid there
        card.write_text(text)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _made(
    folder: Path, words: Sequence[Words], plan: PoolPlan, missing: Sequence[tuple[str, int]], stop: threading.Event
) -> Iterator[None]:
    """Yields once for each block that is done."""
    if not missing:
        return
    for face in words:
        read_material(face, plan.size)  # what is wrong with a photo is said here: a worker could only die of it
    workers = min(len(missing), cores(), _MOST_WORKERS)
    context = multiprocessing.get_context("spawn")  # the parent's threads, torch's among them, must not be forked
    with ProcessPoolExecutor(workers, context, _open_shop, (tuple(words), plan.size, plan.variety)) as processes:
        left, running = iter(missing), set[Future[None]]()
        try:
            while not stop.is_set():
                while len(running) < 2 * workers and (one := next(left, None)) is not None:
                    running.add(processes.submit(_make_block, folder, *one, plan.seed))
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                    yield
        except BrokenProcessPool as error:
            if not stop.is_set():
                raise TrainingError(
                    f"pool {folder}",
                    wanted="processes that render pairs",
                    got="one that ended by itself",
                    next_step="free some memory; the same words again go on from here",
                ) from error
        except OSError as error:
            raise _cannot_write(folder, error) from error
        finally:
            processes.shutdown(cancel_futures=True)


class _Shop:
    """A worker process's own makers, one for each decoder."""

    makers: Mapping[str, PairMaker]


def _open_shop(words: Sequence[Words], size: int, variety: PairVariety) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a terminal tells the whole group; the first process ends the others
    if hasattr(os, "nice"):
        os.nice(5)  # a user's call goes on beside it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    materials = [read_material(one, size) for one in words]
    _Shop.makers = {one.name: PairMaker(one, materials[0], size, variety) for one in materials}


def _end_with_parent() -> None:
    """A parent that is killed takes nobody with it by itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _make_block(folder: Path, decoder: str, number: int, seed: int) -> None:
    maker, key = _Shop.makers[decoder], 0 if decoder == PERFORMER else 1
    samples = [maker(np.random.default_rng((seed, key, number, row))) for row in range(_BLOCK)]
    batch = stack(samples)
    path = _path(folder, decoder, number)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        save_file({name: np.ascontiguousarray(getattr(batch, name)) for name in _FIELDS}, fresh)
    except (SafetensorError, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise OSError(str(error)) from error
    fresh.replace(path)


def _path(folder: Path, decoder: str, number: int) -> Path:
    return folder / f"{decoder}-{number:05d}.safetensors"


def _open_block(path: Path) -> safe_open:
    """A block, not yet read.

    Raises:
        ValueError: It holds something else.
    """
    block = safe_open(path, "numpy")
    for name in _FIELDS:
        rows = block.get_slice(name)  # type: ignore[no-untyped-call]
        if rows.get_dtype() != "U8" or rows.get_shape()[:1] != [_BLOCK]:
            raise ValueError(f"{path.name} without {_BLOCK} of {name}")
    return block


def _blocks(count: int) -> int:
    return max(1, -(-count // _BLOCK))


def _cannot_write(folder: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"pool {folder}", wanted="room for rendered pairs", got=str(error), next_step="free some, or give another --out"
    )
