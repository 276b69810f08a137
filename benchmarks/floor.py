"""The bare kernels, alone: what no live face swap on this machine can do without."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

import cv2
import numpy as np

from realtime.errors import PersonaError
from realtime.face.landmarks import FaceMesh
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.session import SwapSession

_WARM_UP = 5


class Kernel(NamedTuple):
    """What one call costs.

    Attributes:
        wall_ms: Median time that passes.
        cpu_ms: Mean time of all cores together.
    """

    wall_ms: float
    cpu_ms: float


def timed(call: Callable[[], object], repeats: int) -> Kernel:
    """Call something again and again.

    Args:
        call: Does one.
        repeats: How many count; a few before that do not.
    """
    for _ in range(_WARM_UP):
        call()
    walls, cpu_s = list[float](), time.process_time()
    for _ in range(repeats):
        start_s = time.perf_counter()
        call()
        walls.append(time.perf_counter() - start_s)
    return Kernel(1e3 * statistics.median(walls), 1e3 * (time.process_time() - cpu_s) / repeats)


def measure_detect(frames: Sequence[Frame], faces: int, repeats: int) -> Kernel:
    """MediaPipe's face mesh, tracking from picture to picture.

    Args:
        frames: Neighbours in time.
        faces: How many are looked for.
        repeats: How many calls count.
    """
    mesh, pictures = FaceMesh(faces), there_and_back(frames)
    try:
        return timed(lambda: mesh(next(pictures).image), repeats)
    finally:
        mesh.close()


def measure_networks(persona: Persona, provider: str, repeats: int) -> Mapping[str, Kernel]:
    """One crop through the network, in each precision that the file holds and the provider computes.

    Raises:
        PersonaError: It computes none.
    """
    sessions, errors = dict[str, SwapSession](), list[PersonaError]()
    for name in persona.graphs:
        try:
            sessions[name] = SwapSession(persona, provider=provider, precision=name, most=1)
        except PersonaError as error:  # a card that has no layers for int8, say
            errors.append(error)
    if not sessions:
        raise errors[-1]
    return {name: timed(session.run, repeats) for name, session in sessions.items()}


def measure_beside(frames: Sequence[Frame], persona: Persona, precision: str, faces: int, repeats: int) -> float:
    """Processor milliseconds of one detection and one crop through the network, while the two run beside each other.

    Cores share caches, memory and heat: what is alone is quicker. No loop that keeps two cores busy can do with less.

    Args:
        frames: Neighbours in time.
        persona: Whose network it is.
        precision: Of it; on the processor, on one thread.
        faces: How many are looked for.
        repeats: How many calls of each count.
    """
    mesh, pictures = FaceMesh(faces), there_and_back(frames)
    session = SwapSession(persona, provider="cpu", precision=precision, threads=1, most=1)
    done, stop = list[float](), threading.Event()

    def network() -> None:
        while not stop.is_set():
            start_s = time.thread_time()
            session.run()
            done.append(time.thread_time() - start_s)

    beside = threading.Thread(target=network, name="network", daemon=True)
    beside.start()
    try:
        for _ in range(_WARM_UP):
            mesh(next(pictures).image)
        runs, start_s = len(done), time.process_time()
        for _ in range(repeats):
            mesh(next(pictures).image)
        network_s = sum(done[runs:])
        detect_s = (time.process_time() - start_s - network_s) / repeats
        return 1e3 * (detect_s + network_s / max(1, len(done) - runs))
    finally:
        stop.set()
        beside.join()
        mesh.close()


def measure_copy(frames: Sequence[Frame], repeats: int) -> Kernel:
    """One picture into another's memory; always another one, as none waits in a cache for its turn."""
    into, pictures = np.empty_like(frames[0].image), there_and_back(frames)
    return timed(lambda: np.copyto(into, next(pictures).image), repeats)


def measure_convert(frames: Sequence[Frame], repeats: int) -> Kernel:
    """One picture from BGR to the YUV 4:2:0 of cameras and codecs; always another one."""
    height, width = frames[0].image.shape[:2]
    into, pictures = np.empty((height * 3 // 2, width), np.uint8), there_and_back(frames)
    return timed(lambda: cv2.cvtColor(next(pictures).image, cv2.COLOR_BGR2YUV_I420, dst=into), repeats)


def there_and_back(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The frames without end, so that nothing jumps."""
    return cycle([*frames, *frames[-2:0:-1]])
