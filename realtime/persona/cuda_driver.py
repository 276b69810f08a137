"""The few calls of NVIDIA's driver that ONNX Runtime's Python side has none for: pinned memory, and copies into it.

`OrtValue.numpy` makes a new array for every result, and neither it nor `update_inplace` is given memory that the card
may read by itself: ordinary memory is first copied by the processor into the driver's own pinned pages. An array made
here lies in pinned pages from the start. Signatures are those of the CUDA Driver API reference, 12 and 13.
"""

from __future__ import annotations

import ctypes
import math
import sys
import weakref
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from realtime.persona.turns import Turns

_PORTABLE = 1  # CU_MEMHOSTALLOC_PORTABLE: pinned for whoever uses the card in this process
_DEVICE = 0
_NAME_BYTES = 128

Tensor = npt.NDArray[np.float32]


class CudaError(RuntimeError):
    """A call of the driver that failed."""


class CudaDriver:
    """The first graphics card, through its driver.

    Its primary context is used, which is the one that ONNX Runtime, too, works in. Any thread may call.

    Args:
        library: The driver, loaded.

    Attributes:
        turns: Of all that use the card from this process.

    Raises:
        CudaError: There is no usable card.
    """

    def __init__(self, library: Any) -> None:
        self._library, self.turns = library, Turns()
        self._call("cuInit", ctypes.c_uint(0))
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self._call("cuDeviceGet", ctypes.byref(device), ctypes.c_int(_DEVICE))
        self._device = device
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self._context = context  # never let go: it ends with the process, as ONNX Runtime's own hold on it does

    def zeros(self, shape: Sequence[int]) -> Tensor:
        """An array of float32 zeros in pinned memory, which is freed with the last array that shows it."""
        count, pointer = math.prod(shape), ctypes.c_void_p()
        self._use()
        size = ctypes.c_size_t(count * ctypes.sizeof(ctypes.c_float))
        self._call("cuMemHostAlloc", ctypes.byref(pointer), size, ctypes.c_uint(_PORTABLE))
        assert pointer.value is not None
        memory = (ctypes.c_float * count).from_address(pointer.value)
        # Tied to the memory and not to an array: numpy ties views of a view to what lies under both.
        weakref.finalize(memory, self._free, pointer.value).atexit = False
        array: Tensor = np.ctypeslib.as_array(memory).reshape(tuple(shape))
        array.fill(0)
        return array

    def copy_to_host(self, address: int, into: Tensor) -> None:
        """Copy from the card's memory; what is in `into` is whole when this returns.

        Args:
            address: On the card.
            into: C-contiguous; so many bytes are copied as it has.
        """
        self._use()
        self._call(
            "cuMemcpyDtoH_v2",
            ctypes.c_void_p(into.ctypes.data),
            ctypes.c_uint64(address),
            ctypes.c_size_t(into.nbytes),
        )

    @property
    def memory_bytes(self) -> int:
        """How much memory the card has."""
        size = ctypes.c_size_t()
        self._call("cuDeviceTotalMem_v2", ctypes.byref(size), self._device)
        return size.value

    @property
    def described(self) -> str:
        """The card's name and the driver's version: what was measured or compiled with others is of no use."""
        name, version = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
        self._call("cuDeviceGetName", name, ctypes.c_int(_NAME_BYTES), self._device)
        self._call("cuDriverGetVersion", ctypes.byref(version))
        return f"{name.value.decode('utf-8', 'replace')}, driver {version.value}"

    def _free(self, address: int) -> None:
        """Called in whatever thread lets go of the last array; what fails there is told as other lost errors are."""
        self._use()  # outside of all turns: a finalizer may run in the midst of one
        self._call("cuMemFreeHost", ctypes.c_void_p(address))

    def _use(self) -> None:
        """A thread that has not used the card yet has no context."""
        self._call("cuCtxSetCurrent", self._context)

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            fault = getattr(self._library, name)(*arguments)
        except AttributeError as error:
            raise CudaError(f"{name}: not in this driver") from error
        if fault:
            raise CudaError(f"{name}: error {fault}")


def cuda_driver() -> CudaDriver | None:
    """The driver of this computer; None where there is no usable card."""
    return open_driver()[0]


@cache
def open_driver() -> tuple[CudaDriver | None, str]:
    """The driver, or why there is none."""
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None, "no NVIDIA driver found"
    try:
        return CudaDriver(library), ""
    except CudaError as error:
        return None, f"the NVIDIA driver finds no usable GPU, {error}"
