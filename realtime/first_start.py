"""The very first start: a process that compiles beside the one that starts, from its first moment on.

Numba compiles one function at a time in a process, and most of that under the GIL. Whether it is the first time is told
by a note among what can be made again, which names what was compiled: so also the first start after an update is one.
Nothing large is imported here, numba least of all: the process is started before that.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from realtime.caches import default_cache
from realtime.cores import cores

PACKAGE = Path(__file__).parent
_NOTE = "compiled"
_COMPILES = re.compile(rb"^from realtime\.kernels import .*\bcompiled\b", re.MULTILINE)
_early: list[Helper] = []


def sources_digest() -> str:
    """Of all files that have something to compile, or say how that is done, in 6 milliseconds."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        try:
            source = path.read_bytes()
        except OSError:  # what is no file, as an editor's lock
            continue
        if path.name == "kernels.py" or _COMPILES.search(source):
            digest.update(source)
    return digest.hexdigest()


class Helper:
    """A process that compiles what modules have, the last one first: what it has kept on disk is loaded from there.

    It ends when it is done, and with what it reads from, so also where this process ends in the middle.

    Args:
        modules: Whose; of all that a loop needs where there are none.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if cores() < 2 or not sys.executable or getattr(sys, "frozen", False):
            return
        flags = {"-I": sys.flags.isolated, "-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site, "-P": True}
        words = [sys.executable, *(flag for flag, is_set in flags.items() if is_set)]
        words += ["-m", "realtime.kernels", *reversed(modules)]
        nothing, hidden = subprocess.DEVNULL, getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, creationflags=hidden
            )
        except OSError:  # whoever may start none does it alone
            return

    def end(self) -> None:
        """End it, finished or not."""
        if self._process is not None:
            self._process.terminate()
            with self._process:  # which closes what it reads from, and waits
                self._process = None


def help_at_first() -> None:
    """Start a helper where this is the first start, for whoever compiles in this process later."""
    if not _early and not _noted():
        _early.append(Helper())


def helper_at_hand() -> Helper | None:
    """The helper that was started early, which is the caller's to end; None where there is none."""
    return _early.pop() if _early else None


def note_compiled() -> None:
    """Remember that all is compiled."""
    try:
        default_cache().mkdir(parents=True, exist_ok=True)
        (default_cache() / _NOTE).write_text(_now())
    except OSError:  # then the next start asks for help again
        return


def _noted() -> bool:
    try:
        return (default_cache() / _NOTE).read_text() == _now()
    except (OSError, UnicodeDecodeError):
        return False


def _now() -> str:
    """What is compiled, by what, and where to."""
    said = (sys.version, version("numba"), os.environ.get("NUMBA_CACHE_DIR"), str(PACKAGE), sources_digest())
    return hashlib.sha256(repr(said).encode()).hexdigest()
