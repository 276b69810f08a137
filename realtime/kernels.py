"""Functions compiled by numba, each of them before a frame waits for it.

What is compiled is kept on disk, beside its module or among the user's caches, and loaded in a few milliseconds the
next time. The very first time all of it takes some seconds; so it is done by a thread of its own, while networks and
detectors are loaded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

from numba import njit

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_first_calls: dict[str, Callable[[], None]] = {}
_called: set[str] = set()
_calling = threading.Lock()


def compiled(
    *, fastmath: Collection[str] | bool = False
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorator of a function that is compiled at its first call for each kind of arguments, and lets go of the GIL.

    Args:
        fastmath: What may be done to sums and products of floats, by LLVM's names; True for all.
    """
    options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    options["fastmath"] = fastmath if isinstance(fastmath, bool) else set(fastmath)

    def compiled_(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        made: Callable[Arguments, Result] = njit(**options)(function)
        return made

    return compiled_


def first_call(call: Callable[[], None]) -> Callable[[], None]:
    """Decorator of what calls a module's compiled functions with arguments of the kinds that frames will have."""
    _first_calls[call.__module__] = call
    return call


def compile_beside() -> Callable[[], None]:
    """Begin all first calls, of the modules that are loaded by now, in a thread of their own.

    Returns:
        Waits until they are done.
    """
    thread = threading.Thread(target=_call_all, name="kernels", daemon=True)
    thread.start()
    return thread.join


def _call_all() -> None:
    with _calling:
        for module in _first_calls.keys() - _called:
            _first_calls[module]()
            _called.add(module)
