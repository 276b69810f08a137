"""Functions compiled by numba, each of them before a frame waits for it.

What is compiled is kept on disk, beside the modules or among the user's caches, and loaded in a few milliseconds the
next time. The very first time all of it takes some seconds; so it is done by a thread of its own, and by a process
that helps it, while networks and detectors are loaded.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from numba import config, njit

from realtime.caches import default_cache
from realtime.first_start import PACKAGE, Helper, helper_at_hand, note_compiled, sources_digest

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_ALL = "realtime.wear"
_first_calls: dict[str, Callable[[], None]] = {}
_called: set[str] = set()
_made: list[Any] = []
_calling = threading.Lock()


def _keep_apart() -> None:
    """Keep what is compiled apart for each state of the sources.

    Numba asks only the file that a function is in whether that has changed, and not those of functions that are
    compiled into it, or this one: after an update part of it would be the old one.
    """
    settings: Any = config
    beside, wished = PACKAGE / "__pycache__", os.environ.get("NUMBA_CACHE_DIR")
    if wished:
        root = Path(wished)
    else:
        root = beside if os.access(beside if beside.exists() else PACKAGE, os.W_OK) else default_cache()
    place = root / f"kernels-{sources_digest()[:16]}"
    settings.CACHE_DIR = str(place)
    for before in root.glob("kernels-*"):
        if before != place:
            shutil.rmtree(before, ignore_errors=True)


_keep_apart()


def compiled(
    *, fastmath: Collection[str] | bool = False, inner: bool = False
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorator of a function that is compiled at its first call for each kind of arguments, and lets go of the GIL.

    Args:
        fastmath: What may be done to sums and products of floats, by LLVM's names; True for all.
        inner: Whether it is called by compiled functions alone, and need not be made for others.
    """
    options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    options["no_cpython_wrapper"] = inner
    options["fastmath"] = fastmath if isinstance(fastmath, bool) else set(fastmath)

    def compiled_(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        made = njit(**options)(function)
        _made.append(made)
        compiled_function: Callable[Arguments, Result] = made
        return compiled_function

    return compiled_


def first_call(call: Callable[[], None]) -> Callable[[], None]:
    """Decorator of what calls a module's compiled functions with arguments of the kinds that frames will have."""
    _first_calls[call.__module__] = call
    return call


def compile_beside() -> Callable[[], None]:
    """Begin all first calls, of the modules that are loaded by now, in a thread of their own.

    Returns:
        Waits until they are done, and raises the first failure among them.
    """
    calls, failures = dict(_first_calls), list[BaseException]()
    thread = threading.Thread(target=_call_all, args=(calls, failures), name="kernels", daemon=True)
    thread.start()

    def wait() -> None:
        thread.join()
        if failures:
            raise failures[0]

    return wait


def _call_all(calls: Mapping[str, Callable[[], None]], failures: list[BaseException]) -> None:
    with _calling, _without_search():
        waiting, helper = [module for module in calls if module not in _called], helper_at_hand()
        _nothing()  # small as it is, it tells whether anything is on disk
        try:
            while waiting:
                if helper is None and _compiles():
                    helper = Helper(waiting)
                module = waiting.pop(0)
                try:
                    calls[module]()
                except Exception as error:  # noqa: BLE001 - a thread has no caller: `wait` raises it for this one
                    failures.append(error)
                    continue
                _called.add(module)
        finally:
            if helper is not None:
                helper.end()
        if helper is not None and not failures:
            note_compiled()


@contextmanager
def _without_search() -> Iterator[None]:
    """Without looking for garbage: of a compiler's time that takes a twelfth."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


@compiled()
def _nothing() -> None:
    pass


def _compiles() -> bool:
    """Whether something was not on disk: then it is the first time ever, or the first after an update."""
    return any(one.stats.cache_misses for one in _made)


def main(modules: Sequence[str]) -> None:
    """Compile for as long as somebody holds the other end of our input.

    Args:
        modules: Whose functions, in this order; of all that a loop needs, the last one first, where none is named.
    """
    from realtime import kernels  # this file by its own name: under that modules hand in what they have

    def end_with_input() -> None:
        os.read(sys.stdin.fileno(), 1)  # not by its buffer, which the interpreter wants at its end
        os._exit(0)

    threading.Thread(target=end_with_input, daemon=True).start()
    gc.disable()
    for module in modules or [_ALL]:
        importlib.import_module(module)
    for module in modules or [*reversed(kernels._first_calls)]:
        kernels._first_calls[module]()


if __name__ == "__main__":
    main(sys.argv[1:])
