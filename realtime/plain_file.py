"""Files from strangers, opened: plain files only, and never more of one than was agreed on beforehand.

A named pipe would be waited for without end, and a device be read without end; both can lie under any name.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        OSError: It cannot be opened, or is a folder, pipe, device or socket. `strerror` says so in words for a user.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "no plain file")
    return path.open("rb")


def read_bounded(path: Path, most: int) -> bytes:
    """All of a file, if that is at most `most` bytes; of a larger one nothing is read.

    Raises:
        OSError: As of `open_plain`; or it is larger.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"{size} bytes, more than {most}")
        return file.read(size)
