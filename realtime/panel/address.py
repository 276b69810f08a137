"""Where the panel is found: a port of its own, and a token that stays, so that a dock's address keeps working."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import stat
import sys
from pathlib import Path

import platformdirs

from realtime.errors import PanelError
from realtime.plain_file import read_bounded

HOST = "127.0.0.1"
DEFAULT_PORT = 8420
_TOKEN_BYTES = 32
_TOKEN = re.compile(rb"[A-Za-z0-9_-]{43}\n?")
_FOR_NOBODY_ELSE = 0o600


def token_file() -> Path:
    """Where the token lies: among the user's own settings."""
    return Path(platformdirs.user_config_dir("thespis", appauthor=False)) / "panel-token"


def own_token(path: Path | None = None, *, renew: bool = False) -> str:
    """The user's token; made where there is none yet, or one that others may have read.

    Args:
        path: Its file; by default `token_file()`.
        renew: Make another: every address that was given away before is worth nothing then.

    Raises:
        PanelError: The file cannot be written.
    """
    path = path or token_file()
    try:
        if not renew and (known := _read(path)):
            return known
        return _write(path)
    except OSError as error:
        raise PanelError(
            f"panel token {path}",
            wanted="a file of your own",
            got=error.strerror or str(error),
            next_step="check the folder and your permission",
        ) from error


def listen(port: int) -> socket.socket:
    """A socket that listens on this computer alone.

    Args:
        port: 0 takes any that is free.

    Raises:
        PanelError: Another program has it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there another program could take over a port that may be reused
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise PanelError(
            f"panel at {HOST}:{port}",
            wanted="a free port",
            got=error.strerror or str(error),
            next_step=f"close the other panel, or try --panel-port {port + 1 if port < 65535 else DEFAULT_PORT}",
        ) from error
    return listener


def url_of(port: int, token: str) -> str:
    """What is typed into a browser, or into OBS as a dock's address."""
    return f"http://{HOST}:{port}/{token}/"


def _read(path: Path) -> str:
    """The token of a file; empty where it holds none that was never open to others."""
    try:
        text = read_bounded(path, _TOKEN_BYTES * 4)
    except FileNotFoundError:
        return ""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return ""
    return text.decode("ascii").strip() if _TOKEN.fullmatch(text) else ""


def _write(path: Path) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with contextlib.suppress(FileNotFoundError):
        partial.unlink()
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_NOBODY_ELSE), "w") as file:
            file.write(token + "\n")
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return token
