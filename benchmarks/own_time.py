"""Processor time of the loop's own threads, without what they spend inside of MediaPipe and the network."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from realtime.face.landmarks import FaceMesh
from realtime.frame import Frame
from realtime.persona.session import SwapSession
from realtime.source.base import Source
from realtime.stage import Stage
from realtime.tap import SourceTap

_KERNELS = ((FaceMesh, "__call__"), (FaceMesh, "find"), (SwapSession, "run"))
"""The change of a picture's colours for MediaPipe is in the first, as it is where that is timed alone."""


class OwnTime:
    """Counts each thread's time from when it takes one frame to when it takes another.

    Args:
        first: Index of the one frame.
        last: Index of the other.
    """

    def __init__(self, first: int, last: int) -> None:
        self._counts_at = (first, last)
        self._within_s: dict[threading.Thread, float] = defaultdict(float)
        self._inside = threading.local()
        self._own_s: dict[threading.Thread, list[float]] = defaultdict(list)

    @property
    def frame_ms(self) -> float:
        """Milliseconds of a frame, all threads together."""
        spent_s = sum(times[-1] - times[0] for times in self._own_s.values())
        return 1e3 * spent_s / (self._counts_at[1] - self._counts_at[0])

    def taken(self, frame: Frame) -> Frame:
        """Say that the calling thread has taken a frame, which is returned."""
        if frame.index in self._counts_at:
            thread = threading.current_thread()
            self._own_s[thread].append(time.thread_time() - self._within_s[thread])
        return frame

    def source(self, source: Source) -> Source:
        """The source, its thread counted."""
        return SourceTap(source, self.taken)

    def stages(self, threads: Sequence[Sequence[Stage]]) -> list[list[Stage]]:
        """The stages, their threads counted."""
        return [[first._replace(call=partial(self._begin, first.call)), *rest] for first, *rest in threads]

    def _begin(self, call: Callable[[Frame], Frame], frame: Frame) -> Frame:
        return call(self.taken(frame))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch MediaPipe and the network meanwhile."""
        with ExitStack() as stack:
            for owner, name in _KERNELS:
                stack.enter_context(patch.object(owner, name, self._without(getattr(owner, name))))
            yield

    def _without(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            if getattr(self._inside, "is_", False):  # one calls the other
                return kernel(*args, **words)
            start_s, self._inside.is_ = time.thread_time(), True
            try:
                return kernel(*args, **words)
            finally:
                self._inside.is_ = False
                self._within_s[threading.current_thread()] += time.thread_time() - start_s

        return call
