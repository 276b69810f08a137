"""Content credentials (C2PA) put into a finished file."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2
import numpy as np

from realtime.disclosure.apart import apart
from realtime.disclosure.claim import claim_of
from realtime.disclosure.credentials import judge
from realtime.disclosure.envelope import ftyp_sha256
from realtime.disclosure.formats import media_type
from realtime.disclosure.shown import ShownPersona
from realtime.disclosure.signing_key import SigningKey, local_key
from realtime.errors import CredentialsError

if TYPE_CHECKING:
    from c2pa import Signer

_BUFFER_BYTES = 1024 * 1024
_LONGEST = 160
_INTACT = "the file itself is whole and plays, unsigned"


class FileSigner:
    """Signs finished files, with one key. Cheap to make: the key is read, or made, by `prepare`.

    Args:
        read_key: Gives the key; by default this computer's own.
    """

    def __init__(self, read_key: Callable[[], SigningKey] = local_key) -> None:
        self._read_key = read_key
        self._key: SigningKey | None = None

    def prepare(self) -> SigningKey:
        """Read the key and sign a trial picture: what would fail at the end of a recording fails before its start.

        Raises:
            CredentialsError: There is no key, or none that may sign.
        """
        if self._key is None:
            key = self._read_key()
            _try(key)
            self._key = key
        return self._key

    def sign(self, path: Path, personas: Sequence[ShownPersona]) -> None:
        """Put credentials into a file: written beside it, then moved into its place whole.

        Args:
            path: A file that `media_type` knows; it stays as it is where this fails.
            personas: Whom it shows.

        Raises:
            CredentialsError: The disk is full, or the file is not what its name says.
        """
        key, kind = self.prepare(), media_type(path)
        if kind is None:
            raise CredentialsError(f"signing {path}", got="a kind of file that carries no credentials")
        place = path.resolve()  # through a link: the file is replaced, and not the link
        partial = place.with_name(f".{place.name}.partial")
        try:
            partial.unlink(missing_ok=True)  # left by a kill, or laid there as a link
            with (
                place.open("rb", _BUFFER_BYTES) as source,
                _OutFile(partial, "x+") as out,
                io.BufferedRandom(out, _BUFFER_BYTES) as signed,
            ):
                try:
                    apart(lambda: _sign(key, kind, source, signed, personas), abandon=out.abandon)
                except _RefusedError as error:
                    raise out.error or error from error
                finally:
                    out.abandoned = False  # what is buffered may go, into a file that nobody wants
                signed.flush()
                os.fsync(out.fileno())
            partial.replace(place)
        except (OSError, _RefusedError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CredentialsError(f"signing {path}", got=reason, next_step=_INTACT) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()


class _RefusedError(Exception):
    """What the C2PA library said, in its own words."""


class _OutFile(io.FileIO):
    """Keeps the error of a write, in whose place the C2PA library has only a word of its own; and can be abandoned.

    Attributes:
        error: What went wrong; None for nothing.
        abandoned: While it is True, every read and write fails.
    """

    error: OSError | None = None
    abandoned = False

    def abandon(self) -> None:
        """Let every later read and write fail."""
        self.abandoned = True

    def write(self, data: Any, /) -> int:
        """As in `FileIO`."""
        try:
            self._check()
            return super().write(data) or 0
        except OSError as error:
            self.error = error
            raise

    def readinto(self, buffer: Any, /) -> int:
        """As in `FileIO`."""
        self._check()
        return super().readinto(buffer) or 0

    def _check(self) -> None:
        if self.abandoned:
            raise OSError(errno.ECANCELED, "broken off")


def _sign(key: SigningKey, kind: str, source: BinaryIO, signed: BinaryIO, personas: Sequence[ShownPersona]) -> None:
    """Sign from stream to stream, and read what came out as any reader will.

    Raises:
        _RefusedError: The library would not, or the outcome does not hold.
    """
    from c2pa import Builder, C2paError

    from realtime.disclosure.offline import offline_context

    claim = claim_of(personas, datetime.now(UTC), ftyp_sha256(source))
    source.seek(0)
    try:
        with offline_context() as context, _signer(key) as signer:
            Builder(claim, context).sign(signer, kind, source, signed)
    except C2paError as error:
        raise _RefusedError(" ".join(str(error).split())[:_LONGEST]) from error
    found = judge(signed, kind)
    if found is None or found.faults:
        raise _RefusedError(", ".join(found.faults) if found else "no credentials in what was signed")


def _signer(key: SigningKey) -> Signer:
    from c2pa import C2paSignerInfo, Signer

    no_time_stamp = None
    info = C2paSignerInfo(key.algorithm, key.chain_pem.encode(), key.key_pem.encode(), no_time_stamp)
    return Signer.from_info(info)


def _try(key: SigningKey) -> None:
    """Sign the smallest of pictures."""
    _, encoded = cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))
    try:
        _sign(key, "image/png", io.BytesIO(encoded.tobytes()), io.BytesIO(), ())
    except _RefusedError as error:
        raise CredentialsError(
            f"signing as {key.owner}",
            wanted="a certificate by the C2PA profile, which is for signing documents or e-mail and no authority's own",
            got=str(error),
            next_step="give another --certificate, or none: then a key of this computer's own is used",
        ) from error
