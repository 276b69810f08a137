"""Workers on a Ray cluster: this machine's cores, or many machines'.

Ray moves what it is given by pickling it, so whoever runs the cluster is trusted with this program, as it runs theirs.
What comes back is a piece's bytes and its record as text, and both are judged as any file is before they count.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.errors import SourceError, ThespisError
from realtime.film.crew import PIECES_EACH, Crew, News
from realtime.film.digest import likeness_of
from realtime.film.lock import FileLock
from realtime.film.order import Task
from realtime.film.piece import make_piece, put, record_file
from realtime.film.ray_session import knock, own_folder
from realtime.film.sink import broken

_OUTCOME = tuple[str, bytes, bytes]
"""What went wrong, in words; a piece's bytes; its record."""
_Goods = tuple[str, Sequence[Any]]
"""How a file is known (`likeness_of`), and where its parts are in Ray's store, if they are."""
_UNSEEN = "unseen"
_CHUNK_BYTES = 64 * 1024**2
_FOLDER = "thespis-piece-"
_YOUNG_S = 60.0
_DEAD = ("WorkerCrashedError", "NodeDiedError", "LocalRayletDiedError", "OutOfMemoryError", "ObjectLostError")
"""What Ray calls a task whose worker, machine or outcome is gone: killed for its memory, for one."""
_FULL = ("ObjectStoreFullError", "OutOfDiskError")


class RayCrew(Crew):
    """Each piece is a task of one core; one whose worker died is begun again, elsewhere if need be.

    Film and personas are read where they lie, if the workers see the same files under the same paths. Else they go with
    the tasks, through Ray's own store, which takes longer: once to each piece.

    Args:
        address: Of a cluster; None begins one here, for this film alone.
        workers: How many pieces at once; by default as many as the cluster has cores.

    Raises:
        ThespisError: Ray is not installed, or there is no such cluster.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self._ray = ray = _ray()
        self._own: tempfile.TemporaryDirectory[str] | None = None
        try:
            if address is None:
                # Without "local" Ray would join what it finds running, whosever it is.
                self._own = own_folder()
                ray.init(
                    "local",
                    num_cpus=workers,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level="ERROR",
                    _temp_dir=self._own.name,
                )
            else:
                knock(address)
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            self._clear()
            raise ThespisError(
                f"Ray cluster {address or 'on this machine'}",
                wanted="one that answers",
                got=" ".join(str(error).split())[:200],
                next_step="check the address, and Ray's own token if it asks for one (RAY_AUTH_TOKEN)",
            ) from error
        cores = int(ray.cluster_resources().get("CPU", 1))
        self.size = min(workers or cores, cores) or 1
        self.said = f"{self.size} at once on a Ray cluster of {len(ray.nodes())} machine{'s' * (len(ray.nodes()) > 1)}"
        self._ships = False
        self._make = ray.remote(num_cpus=1, max_retries=0, max_calls=PIECES_EACH)(_make)
        self._shipped: dict[str, _Goods] = {}
        self._running: dict[Any, Task] = {}

    def start(self, task: Task) -> None:
        """Give a piece to the cluster.

        Raises:
            ThespisError: Ray's store has no room, or the film cannot be read.
        """
        try:
            goods = {path: self._goods(path) for path in (task.film, *task.wishes.personas)}
        except self._kinds(_FULL) as error:
            raise ThespisError(_no_room(error)) from error
        self._running[self._make.remote(task.to_json(), goods)] = task

    def news(self, timeout_s: float) -> News | None:
        """The next piece that is there; how far the others are is not heard."""
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=timeout_s)
        if not done:
            return None
        task = self._running.pop(done[0])
        try:
            error, content, record = self._ray.get(done[0])
        except self._kinds(_FULL) as full:
            return News(task.piece.number, error=_no_room(full))
        except self._kinds(_DEAD):
            return News(task.piece.number, died=True)
        except self._ray.exceptions.RayError as fault:
            return News(task.piece.number, fault=" ".join(str(fault).split())[-400:])
        if error == _UNSEEN:
            if not self._ships:
                self._ships, self._shipped = True, {}
            self.start(task)
            return None
        if error:
            return News(task.piece.number, error=error)
        try:
            put(Path(task.out), content)
            put(record_file(Path(task.out)), record)
        except OSError as fault:
            return News(task.piece.number, error=str(broken(f"piece {task.out}", fault)))
        return News(task.piece.number, finished=True)

    def close(self) -> None:
        """Let the cluster go; one that was begun here ends."""
        self._running = {}
        self._ray.shutdown()
        self._clear()

    def _clear(self) -> None:
        """Remove what Ray wrote for this film alone: logs and sockets, which it leaves behind."""
        own, self._own = self._own, None
        if own is not None:
            own.cleanup()

    def _goods(self, path: str) -> _Goods:
        """How a file is known, and if need be itself: put into Ray's store in parts, once."""
        if path not in self._shipped:
            parts = []
            try:
                if self._ships:
                    with Path(path).open("rb") as file:
                        while part := file.read(_CHUNK_BYTES):
                            parts.append(self._ray.put(part))
                self._shipped[path] = likeness_of(Path(path)), parts
            except OSError as error:
                raise SourceError(
                    f"file {path}",
                    got=error.strerror or str(error),
                    next_step="see whether its disk or share is there; the same words again go on from here",
                ) from error
        return self._shipped[path]

    def _kinds(self, names: Sequence[str]) -> tuple[type[Exception], ...]:
        return tuple(getattr(self._ray.exceptions, name) for name in names)


def _no_room(error: Exception) -> str:
    got = " ".join(str(error).split())[:200]
    return f"Ray's store: wanted room for film and pieces, got {got}; the same words again go on from here"


def _ray() -> Any:
    """Ray, told to keep to itself.

    Raises:
        ThespisError: It is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would tell its makers over the network
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # or it hides GPUs from tasks that reserve none
    try:
        import ray
    except ImportError as error:
        raise ThespisError(
            "--engine ray", wanted="Ray", got="no such package", next_step="pip install -c constraints.txt '.[cluster]'"
        ) from error
    return ray


def _make(told: str, goods: dict[str, _Goods]) -> _OUTCOME:
    """Runs on the cluster: one piece, in a folder of its own, given back as bytes."""
    try:
        task = Task.from_json(told)
        _sweep()
        with tempfile.TemporaryDirectory(prefix=_FOLDER) as name:
            lock = FileLock(Path(name) / "lock")
            lock.take()
            try:
                return _made(task, goods, Path(name))
            finally:
                lock.release()
    except ThespisError as error:
        return " ".join(str(error).split()), b"", b""
    except OSError as error:
        return str(broken(f"a folder for pieces on {socket.gethostname()}", error)), b"", b""


def _made(task: Task, goods: dict[str, _Goods], folder: Path) -> _OUTCOME:
    out = folder / Path(task.out).name
    places = {path: _place(path, *one, folder / str(number)) for number, (path, one) in enumerate(goods.items())}
    if not all(places.values()):
        return _UNSEEN, b"", b""
    wishes = replace(task.wishes, personas=tuple(places[path] for path in task.wishes.personas))
    make_piece(replace(task, film=places[task.film], out=str(out), wishes=wishes), lambda done: None)
    return "", out.read_bytes(), record_file(out).read_bytes()


def _sweep() -> None:
    """Remove what workers that were killed have left: a copy of the film may be in it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):
            if sys.platform != "win32" and folder.lstat().st_uid != os.getuid():
                continue
            held = folder / "lock"
            if not held.exists() or time.time() - folder.lstat().st_mtime < _YOUNG_S:
                continue  # it is just being made
            lock = FileLock(held)
            if lock.take():
                if lock.sure:
                    lock.release(remove=True)
                    shutil.rmtree(folder, ignore_errors=True)
                lock.release()


def _place(path: str, likeness: str, parts: Sequence[Any], folder: Path) -> str:
    """Where a file is on this machine: where it always was, or out of Ray's store; empty where it is in neither."""
    import ray

    try:
        if likeness_of(Path(path)) == likeness:
            return path
    except OSError:
        pass  # this machine has no such file
    if not parts:
        return ""
    folder.mkdir()
    place = folder / Path(path).name
    with place.open("wb") as file:
        for part in parts:
            file.write(ray.get(part))
    return str(place)
