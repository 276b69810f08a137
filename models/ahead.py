"""Batches fetched while the network works."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

from models.sample import Batch

_PREFETCH = 2


def ahead(fetch: Callable[[int], Batch], first: int) -> Generator[Batch]:
    """Batches in order, fetched in a thread of their own; close it to end that.

    Args:
        fetch: Gives the batch of a step.
        first: The first step.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        waiting: list[Future[Batch]] = []
        try:
            for step in count(first):
                while len(waiting) < _PREFETCH:
                    waiting.append(pool.submit(fetch, step + len(waiting)))
                yield waiting.pop(0).result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
