"""How long graphs take for one crop."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from export.parity import Crops, open_graph

_ROUNDS, _LEAST_ROUNDS, _MOST_S = 41, 5, 20.0


def milliseconds(graphs: Mapping[str, bytes], crops: Crops) -> dict[str, float]:
    """Median time of each graph for one crop, on one thread of this machine's processor.

    The graphs take turns, so that what else the machine does slows all of them alike.

    Args:
        graphs: By any name.
        crops: (N, C, S, S) to run on, one after the other.
    """
    sessions = {name: open_graph(graph, threads=1) for name, graph in graphs.items()}
    spent: dict[str, list[float]] = {name: [] for name in graphs}
    started = time.perf_counter()
    for turn in range(_ROUNDS + 1):
        crop = crops[turn % len(crops)][None]
        for name, session in sessions.items():
            before = time.perf_counter()
            session.run(None, {"input": crop})
            spent[name].append((time.perf_counter() - before) * 1000)
        if turn >= _LEAST_ROUNDS and time.perf_counter() - started > _MOST_S:
            break
    return {name: float(np.median(times[1:])) for name, times in spent.items()}  # the first run allocates
