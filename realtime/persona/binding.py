"""A network's ends tied to memory once for each number of crops, so that a run allocates nothing.

On a processor the network reads and writes the caller's arrays. On a graphics card there are two ways. The plain one
gives ONNX Runtime the caller's arrays, and it copies. The other keeps the ends on the card, at places that never
change, and copies itself: only then a run can be captured once (a CUDA graph) and played from then on, which saves the
processor one call a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

import numpy as np
import onnxruntime

from realtime.persona.buffers import Buffers, Tensor, first_places
from realtime.persona.cuda_driver import CudaDriver
from realtime.persona.own_thread import OwnThread
from realtime.persona.turns import Turns

_GRAPH = "gpu_graph_id"
_UNCAPTURED = "-1"
_PLAIN_RUNS = 2
"""ONNX Runtime's own arena may still grow in the second."""


class Binding(Protocol):
    """Runs a session from one set of arrays to another."""

    def run(self, count: int, options: Any = None) -> None:
        """Run it on the first crops; what comes out is in the arrays when this returns.

        Args:
            count: How many crops were filled in.
            options: Of ONNX Runtime, to break it off by.
        """
        ...

    def run_plainly(self, count: int, options: Any = None) -> None:
        """The same, layer by layer, whatever was captured."""
        ...


class HostBinding:
    """The network's ends are the caller's arrays.

    Args:
        session: Of ONNX Runtime.
        buffers: The arrays.
        turns: Of the card, where it runs on one.
        copied: Whether the provider computes elsewhere. ONNX Runtime then copies what goes in when it is bound, and not
            when it runs: it has to be bound for every run, or the first crop is worn for ever.
    """

    def __init__(self, session: Any, buffers: Buffers, turns: Turns | None = None, *, copied: bool = False) -> None:
        self._session, self._buffers, self._copied = session, buffers, copied
        self._turn: Callable[[], AbstractContextManager[None]] = turns.run if turns else nullcontext
        self._bound: dict[int, Any] = {}

    def run(self, count: int, options: Any = None) -> None:
        """See `Binding`."""
        with self._turn():
            if count not in self._bound:
                self._bound[count] = self._bind(count)
            elif self._copied:
                self._bind_ends(self._buffers.ends_in, self._bound[count].bind_input, count)
            self._session.run_with_iobinding(self._bound[count], options)

    def run_plainly(self, count: int, options: Any = None) -> None:
        """See `Binding`."""
        self.run(count, options)

    def _bind(self, count: int) -> Any:
        """The buffers' first `count` places bound to the network's ends."""
        bound = self._session.io_binding()
        self._bind_ends(self._buffers.ends_in, bound.bind_input, count)
        self._bind_ends(self._buffers.ends_out, bound.bind_output, count)
        return bound

    def _bind_ends(self, arrays: Mapping[str, Tensor], bind: Callable[..., None], count: int) -> None:
        for name, array in arrays.items():
            shape = first_places(array, count, self._buffers.together).shape
            bind(name, "cpu", 0, np.float32, shape, array.ctypes.data)


class _Places(NamedTuple):
    """The ends for one number of crops: on the device, and what of the caller's arrays belongs to them."""

    bound: Any
    into: list[tuple[Any, Tensor]]
    out: list[tuple[Any, Tensor]]


class DeviceBinding:
    """The network's ends lie on a device; each run copies what goes in there, and back what comes out.

    Memory on the device: the ends once for each number of crops up to `together`, 65 MB for four crops of 384 pixels
    and 7 channels.

    Args:
        session: Of ONNX Runtime.
        buffers: The caller's arrays.
        device: Where, as ONNX Runtime calls it.
        captured: Whether runs are to be captured and played.
        driver: Copies what comes out into the caller's arrays; without it there is one array more for each result.
    """

    def __init__(
        self, session: Any, buffers: Buffers, device: str, *, captured: bool, driver: CudaDriver | None = None
    ) -> None:
        self._session, self._buffers, self._device = session, buffers, device
        self._captured, self._driver = captured, driver
        self._turns = driver.turns if driver else Turns()
        self._recorded = set[int]()
        self._places: dict[int, _Places] = {}
        self._options: dict[int, Any] = {}
        # What is captured belongs to the thread that captured it: another would have to do so again, in a frame's time.
        self._do: Callable[[Callable[[], None]], None] = OwnThread("network") if captured else _at_once

    def run(self, count: int, options: Any = None) -> None:
        """See `Binding`.

        Of each number of crops the first runs go plainly, since nothing may be allocated while one is captured; the
        next is captured, all others play it.
        """
        self._do(lambda: self._run_as_it_comes(count, options))

    def run_plainly(self, count: int, options: Any = None) -> None:
        """See `Binding`."""
        self._do(lambda: self._run(count, _with_graph(options, _UNCAPTURED) if self._captured else options))

    def _run_as_it_comes(self, count: int, options: Any) -> None:
        if self._captured and count not in self._places:
            for _ in range(_PLAIN_RUNS):
                self._run(count, _with_graph(options, _UNCAPTURED))
        if self._captured and options is None:
            if count not in self._options:
                self._options[count] = _with_graph(None, str(count))
            options = self._options[count]
        elif self._captured:
            options = _with_graph(options, str(count))
        if not self._captured or count in self._recorded:
            self._run(count, options)
            return
        with self._turns.capture():
            self._copy_and_run(count, options)
        self._recorded.add(count)

    def _run(self, count: int, options: Any) -> None:
        with self._turns.run():
            self._copy_and_run(count, options)

    def _copy_and_run(self, count: int, options: Any) -> None:
        if count not in self._places:
            self._places[count] = self._place(count)
        bound, into, out = self._places[count]
        for value, array in into:
            value.update_inplace(array)
        bound.synchronize_inputs()  # the copies go another way than the network's own stream of work
        self._session.run_with_iobinding(bound, options)
        bound.synchronize_outputs()
        for value, array in out:
            if self._driver is None:
                np.copyto(array, value.numpy())
            else:
                self._driver.copy_to_host(value.data_ptr(), array)

    def _place(self, count: int) -> _Places:
        bound = self._session.io_binding()
        into, out = (
            self._on_device(arrays.items(), count) for arrays in (self._buffers.ends_in, self._buffers.ends_out)
        )
        for name, value, _ in into:
            bound.bind_ortvalue_input(name, value)
        for name, value, _ in out:
            bound.bind_ortvalue_output(name, value)
        return _Places(bound, [one[1:] for one in into], [one[1:] for one in out])

    def _on_device(self, ends: Iterable[tuple[str, Tensor]], count: int) -> list[tuple[str, Any, Tensor]]:
        made = []
        for name, whole in ends:
            array = first_places(whole, count, self._buffers.together)
            value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(array.shape, np.float32, self._device, 0)
            made.append((name, value, array))
        return made


def _at_once(work: Callable[[], None]) -> None:
    work()


def _with_graph(options: Any, number: str) -> Any:
    options = onnxruntime.RunOptions() if options is None else options
    options.add_run_config_entry(_GRAPH, number)
    return options
