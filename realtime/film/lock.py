"""A file that one program at a time holds; the system lets go of it when that ends, however it does."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import BinaryIO

_TRIES = 10


class FileLock:
    """To threads of one program it is as closed as to others.

    Args:
        path: The file; made if need be.

    Attributes:
        sure: Whether the file system knows such a thing, once it was taken; on some network shares it does not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sure = False
        self._file: BinaryIO | None = None

    def take(self) -> bool:
        """Hold it, unless somebody else does. Where files cannot be held it is free.

        Raises:
            OSError: The file cannot be opened.
        """
        for _ in range(_TRIES):
            file = self._path.open("ab")
            try:
                self.sure = _hold(file)
            except (BlockingIOError, PermissionError):
                file.close()
                return False
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    self._file = file
                    return True
            file.close()  # whoever held it before has removed it meanwhile
        return False

    def release(self, *, remove: bool = False) -> None:
        """Let it go; may be called twice.

        Args:
            remove: The file is not needed any more.
        """
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            file.close()
        if remove:
            with contextlib.suppress(OSError):
                self._path.unlink()
        file.close()


def _hold(file: BinaryIO) -> bool:
    """Whether that is possible at all.

    Raises:
        BlockingIOError, PermissionError: Somebody else holds it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise
    except OSError:
        return False
    return True
