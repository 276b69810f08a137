"""NVIDIA's driver as a library that notes how it was called: right numbers at the right places, nothing leaked."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from realtime.persona import cuda_driver as module
from realtime.persona.cuda_driver import CudaDriver, CudaError, open_driver

CONTEXT = 0x7FFF12345678  # wider than an int, as real ones are
INVALID_CONTEXT = 201


class Library:
    """A driver of one card that pins ordinary memory.

    Args:
        faults: What each call gives that fails.
    """

    def __init__(self, **faults: int) -> None:
        self._faults = faults
        self.calls: list[str] = []
        self.held: dict[int, Any] = {}
        self._current = threading.local()  # as the real one has it: each thread has a context of its own, or none

    def __getattr__(self, name: str) -> Callable[..., int]:
        method = getattr(type(self), f"do_{name}", None)
        if method is None:
            raise AttributeError(name)

        def call(*arguments: Any) -> int:
            self.calls.append(name)
            return self._faults.get(name) or method(self, *arguments) or 0

        return call

    def do_cuInit(self, flags: Any) -> None:  # noqa: N802 - as the driver has it
        assert flags.value == 0

    def do_cuDeviceGet(self, device: Any, number: Any) -> None:  # noqa: N802
        device._obj.value = 7 + number.value

    def do_cuDevicePrimaryCtxRetain(self, context: Any, device: Any) -> None:  # noqa: N802
        assert device.value == 7
        context._obj.value = CONTEXT

    def do_cuCtxSetCurrent(self, context: Any) -> None:  # noqa: N802
        assert context.value == CONTEXT
        self._current.context = context.value

    def no_context(self) -> int:
        return 0 if getattr(self._current, "context", None) == CONTEXT else INVALID_CONTEXT

    def do_cuMemHostAlloc(self, pointer: Any, size: Any, flags: Any) -> int:  # noqa: N802
        assert flags.value == 1
        if fault := self.no_context():
            return fault
        memory = ctypes.create_string_buffer(b"\xff" * size.value, size.value)
        self.held[ctypes.addressof(memory)] = memory
        pointer._obj.value = ctypes.addressof(memory)
        return 0

    def do_cuMemFreeHost(self, pointer: Any) -> int:  # noqa: N802
        if not (fault := self.no_context()):
            del self.held[pointer.value]
        return fault

    def do_cuMemcpyDtoH_v2(self, into: Any, address: Any, size: Any) -> int:  # noqa: N802
        assert isinstance(address, ctypes.c_uint64)
        if not (fault := self.no_context()):
            ctypes.memmove(into.value, address.value, size.value)
        return fault

    def do_cuDeviceTotalMem_v2(self, size: Any, device: Any) -> None:  # noqa: N802
        size._obj.value = 24 * 2**30

    def do_cuDeviceGetName(self, name: Any, size: Any, device: Any) -> None:  # noqa: N802
        name.value = b"Abacus 9000"

    def do_cuDriverGetVersion(self, version: Any) -> None:  # noqa: N802
        version._obj.value = 13000


def test_pinned_memory_is_zero_and_is_freed_with_the_last_that_shows_it() -> None:
    library = Library()
    array = CudaDriver(library).zeros((2, 3, 4))
    assert (array.shape, array.dtype, array.flags.c_contiguous) == ((2, 3, 4), np.float32, True)
    assert not array.any()
    view = array.transpose(2, 0, 1)[:1]
    del array
    gc.collect()
    assert library.held
    view[:] = 1  # still there to be written to
    del view
    gc.collect()
    assert not library.held


def test_a_copy_takes_so_many_bytes_as_there_is_room_for() -> None:
    driver, source = CudaDriver(Library()), np.arange(12, dtype=np.float32)
    into = np.zeros((2, 4), np.float32)
    driver.copy_to_host(source.ctypes.data, into)
    assert into.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_thread_is_given_the_cards_context_before_each_use() -> None:
    library = Library()
    driver = CudaDriver(library)
    library.calls.clear()
    array = driver.zeros((1,))
    driver.copy_to_host(array.ctypes.data, array)
    assert library.calls == ["cuCtxSetCurrent", "cuMemHostAlloc", "cuCtxSetCurrent", "cuMemcpyDtoH_v2"]


def test_memory_is_freed_in_whatever_thread_lets_go_of_it() -> None:
    library = Library()
    held = [CudaDriver(library).zeros((4,))]
    other = threading.Thread(target=held.clear)
    other.start()
    other.join()
    assert not library.held


def test_what_cannot_be_freed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, error, trace: told.append(error))
    library = Library(cuMemFreeHost=999)
    array = CudaDriver(library).zeros((4,))
    monkeypatch.setattr("sys.unraisablehook", lambda lost: told.append(lost.exc_value))
    del array
    assert "cuMemFreeHost: error 999" in str(told[0])


def test_what_a_card_says_of_itself() -> None:
    driver = CudaDriver(Library())
    assert driver.described == "Abacus 9000, driver 13000"
    assert driver.memory_bytes == 24 * 2**30


@pytest.mark.parametrize("call", ["cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain"])
def test_a_driver_without_a_card(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr(module.ctypes, "CDLL", lambda name: Library(**{call: 100}))
    driver, lack = open_driver.__wrapped__()
    assert driver is None
    assert lack == f"the NVIDIA driver finds no usable GPU, {call}: error 100"


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(module.ctypes, "CDLL", missing)
    assert open_driver.__wrapped__() == (None, "no NVIDIA driver found")


def test_no_memory_left_to_pin_and_calls_that_are_not_there() -> None:
    with pytest.raises(CudaError, match="cuMemHostAlloc: error 2"):
        CudaDriver(Library(cuMemHostAlloc=2)).zeros((1,))
    with pytest.raises(CudaError, match="cuAbacus: not in this driver"):
        CudaDriver(Library())._call("cuAbacus")
