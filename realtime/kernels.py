"""Functions compiled by numba, each of them before a frame waits for it.

What is compiled is kept on disk, beside its module or among the user's caches, and loaded in a few milliseconds the
next time. The very first time all of it takes some seconds; so it is done by a thread of its own, and by a process
that helps it, while networks and detectors are loaded.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar

from numba import njit

from realtime.cores import cores

_COMPILED_S = 0.1
"""What takes longer was not on disk: then it is the first time ever, or the first after an update."""

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
        waiting = [module for module in _first_calls if module not in _called]
        with ExitStack() as helping:
            while waiting:
                module, start_s = waiting.pop(0), time.monotonic()
                _first_calls[module]()
                _called.add(module)
                if waiting and time.monotonic() - start_s > _COMPILED_S:
                    helping.enter_context(_helped(waiting))
                    break
            for module in waiting:
                _first_calls[module]()
                _called.add(module)


@contextmanager
def _helped(modules: Sequence[str]) -> Iterator[None]:
    """A process of its own that compiles them too, the last one first: what it has kept on disk is loaded from there.

    Numba compiles one function at a time in a process, and most of that under the GIL.
    """
    if cores() < 2 or not sys.executable or getattr(sys, "frozen", False):
        yield
        return
    words = [sys.executable, "-P", "-m", "realtime.kernels", *reversed(modules)]
    nothing, hidden = subprocess.DEVNULL, getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        helper = subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=hidden)
    except OSError:  # whoever may start none does it alone
        yield
        return
    try:
        yield
    finally:
        helper.terminate()
        helper.wait()


def main(modules: Sequence[str]) -> None:
    """Compile what these modules have, in this order."""
    from realtime import kernels  # this file by its own name: under that modules hand in what they have

    for module in modules:
        importlib.import_module(module)
        kernels._first_calls[module]()


if __name__ == "__main__":
    main(sys.argv[1:])
