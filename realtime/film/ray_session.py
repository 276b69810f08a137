"""Before Ray is begun or joined: a folder of its own, and whether anybody is there."""

from __future__ import annotations

import os
import socket
import sys
import tempfile

_ANSWERS_S = 10.0


def own_folder() -> tempfile.TemporaryDirectory[str]:
    """For Ray's session: its sockets lie in it, and a socket's path may have some hundred letters.

    The folder that macOS gives for such is too deep for that.
    """
    shallow = "/tmp" if sys.platform != "win32" and os.access("/tmp", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="thespis-ray-", dir=shallow, ignore_cleanup_errors=True)


def knock(address: str) -> None:
    """See whether anybody is there: Ray itself tries for many minutes.

    Raises:
        OSError: Nobody is.
        ValueError: It is no address.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not colon or not port.isdecimal():
        raise ValueError(f"no address of the form HOST:PORT: {address}")
    with socket.create_connection((host, int(port)), _ANSWERS_S):
        pass
