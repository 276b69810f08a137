"""What files are signed with: a key made on this computer at first use, or the user's own certificate."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from realtime.errors import CredentialsError

if TYPE_CHECKING:
    from realtime.disclosure.certificate import Chain

FILE = "signing.pem"
"""Key, certificate, authority, then the authorities of earlier keys, whose recordings stay trusted."""
RENEW_BEFORE = timedelta(days=365 * 10)
"""So long, at least, what is signed today is to verify."""

_LARGEST = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MEND = "mend that, or sign with a certificate of your own: --certificate and --key"
_MOVE_AWAY = "move it away, and a new one is made; what the old one signed will then count as a stranger's"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs files.

    Attributes:
        algorithm: In COSE's words: `es256`.
        key_pem: The private key.
        chain_pem: Its certificate and those above it, without an authority made here.
        owner: Whose it is, by its certificate.
        notice: What the user should know about it; empty for nothing.
    """

    algorithm: str
    key_pem: str = field(repr=False)
    chain_pem: str
    owner: str
    notice: str = ""


def credentials_folder() -> Path:
    """Where this computer's own key lies; the folder need not be there."""
    return Path(platformdirs.user_data_dir("thespis", appauthor=False)) / "credentials"


def local_key(folder: Path | None = None, *, now: datetime | None = None) -> SigningKey:
    """This computer's own key; made where there is none, renewed ten years before its end.

    Where a new one cannot be kept it is used all the same, and the notice says so: what it signs is marked, but will
    count as a stranger's.

    Args:
        folder: By default `credentials_folder()`.
        now: By default, now.

    Raises:
        CredentialsError: It cannot be read, others than the user may read it, or it is not such a file.
    """
    path = (folder or credentials_folder()) / FILE
    held, notice = _read(path), ""
    moment = now or datetime.now(UTC)
    # One that was made while the clock was ahead does not count yet.
    if held is None or held.begins > moment or held.ends - moment < RENEW_BEFORE:
        from realtime.disclosure.certificate import issue

        made, former = issue(moment), held.certificates[1:] if held else ()
        try:
            _write(path, [made.key_pem, *made.certificates, *former], first=held is None)
        except OSError as error:
            reason = error.strerror or str(error)
            held, notice = made, f"with a key for this time only, since none can be kept in {path.parent}: {reason}"
        else:
            held, notice = _read(path) or made, f"a signing key was {'renewed' if held else 'made'}: {path}"
    return SigningKey(held.algorithm, held.key_pem, held.certificates[0], held.owner, notice)


def local_anchors(folder: Path | None = None) -> str:
    """The authorities of this computer's own keys, in PEM; empty where no key was ever made.

    Raises:
        CredentialsError: See `local_key`.
    """
    held = _read((folder or credentials_folder()) / FILE)
    return "".join(held.certificates[1:]) if held else ""


def own_key(certificate: Path, key: Path, *, now: datetime | None = None) -> SigningKey:
    """The user's own certificate and its key.

    Args:
        certificate: PEM: the certificate, then those above it.
        key: PEM, not under a password.
        now: By default, now.

    Raises:
        CredentialsError: One cannot be read, they do not belong together, or the certificate's time is over.
    """
    from realtime.disclosure.certificate import read_chain

    what = f"certificate {certificate} with key {key}"
    texts = []
    for path in (certificate, key):
        try:
            texts.append(_bounded(path))
        except OSError as error:
            raise CredentialsError(str(path), wanted="a PEM file", got=error.strerror or str(error)) from error
    try:
        chain = read_chain(*texts)
    except ValueError as error:
        wanted = "a certificate and its private key, both in PEM"
        raise CredentialsError(
            what, wanted=wanted, got=str(error), next_step="give files that belong together"
        ) from error
    if chain.ends <= (now or datetime.now(UTC)):
        got = f"one that ended on {chain.ends.date()}"
        raise CredentialsError(what, wanted="a certificate whose time is not over", got=got, next_step="renew it")
    return SigningKey(chain.algorithm, chain.key_pem, "".join(chain.certificates), chain.owner)


def _read(path: Path) -> Chain | None:
    """The key in a file; None where there is no file."""
    try:
        mode = path.stat().st_mode
        text = _bounded(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError(f"signing key {path}", got=error.strerror or str(error), next_step=_MEND) from error
    if os.name == "posix" and mode & _OTHERS:
        raise CredentialsError(
            f"signing key {path}",
            wanted="a file that you alone may read",
            got=f"mode {stat.S_IMODE(mode):o}",
            next_step=f"run chmod 600 on it; or, if somebody may have read it, {_MOVE_AWAY}",
        )
    from realtime.disclosure.certificate import read_chain

    try:
        chain = read_chain(text)
        if len(chain.certificates) < 2:
            raise ValueError("no authority")
    except ValueError as error:
        wanted = "a key, its certificate and its authority"
        raise CredentialsError(f"signing key {path}", wanted=wanted, got=str(error), next_step=_MOVE_AWAY) from error
    return chain


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST)


def _write(path: Path, parts: list[str], *, first: bool) -> None:
    """Write the file whole or not at all, for nobody else to read; of two first ones the earlier stays.

    Raises:
        OSError: It could not be written.
    """
    partial = ""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=FILE, dir=path.parent)  # mode 600 from its birth
        with os.fdopen(handle, "w") as file:
            file.write("".join(parts))
            file.flush()
            os.fsync(file.fileno())
        if not first or not _link(partial, path):
            Path(partial).replace(path)
    finally:
        if partial:
            with contextlib.suppress(OSError):
                Path(partial).unlink()


def _link(partial: str, path: Path) -> bool:
    """Give the file its name unless the name is taken; False where the file system has no links."""
    try:
        os.link(partial, path)
    except FileExistsError:
        return True  # another process was first: its key is used
    except OSError:
        return False
    return True
