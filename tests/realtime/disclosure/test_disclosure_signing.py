"""Signing that fails leaves the file as it was; signing that does not, the same film."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from strange_files import ADA

from realtime.disclosure import signing
from realtime.disclosure.signing import FileSigner
from realtime.errors import CredentialsError

Film = Callable[..., Path]


def test_a_film_that_is_none_cannot_be_signed_and_stays_as_it_was(tmp_path: Path, signer: FileSigner) -> None:
    for name, content in (("text.mp4", b"no film" * 100), ("empty.mp4", b""), ("text.png", b"no picture")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(CredentialsError, match=f"signing .*{name}") as told:
            signer.sign(path, [ADA])
        assert "\n" not in str(told.value)
        assert path.read_bytes() == content
        assert not list(tmp_path.glob("*.partial"))


def test_a_full_disk_leaves_the_film_as_it_was(film: Film, tmp_path: Path, signer: FileSigner) -> None:
    resource = pytest.importorskip("resource")
    path = film()
    before = path.read_bytes()
    signer.prepare()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(CredentialsError, match=r"got File too large; the file itself is whole and plays, unsigned"):
            signer.sign(path, [ADA])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_while_it_is_signed_leaves_the_film_as_it_was(
    film: Film, tmp_path: Path, signer: FileSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film()
    before = path.read_bytes()
    signer.prepare()
    written = signing._OutFile.write

    def interrupted(out: signing._OutFile, data: bytes, /) -> int:
        """The user breaks it off while the first bytes are written, and the system is slow."""
        os.kill(os.getpid(), signal.SIGINT)
        gone.wait(10)
        return written(out, data)

    gone = threading.Event()
    monkeypatch.setattr(signing._OutFile, "write", interrupted)
    monkeypatch.setattr(signing, "_BUFFER_BYTES", 4096)
    handler = signal.signal(signal.SIGINT, lambda *_: break_off(gone))
    try:
        with pytest.raises(KeyboardInterrupt):
            signer.sign(path, [ADA])
    finally:
        signal.signal(signal.SIGINT, handler)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def break_off(gone: threading.Event) -> None:
    if not gone.is_set():
        gone.set()
        raise KeyboardInterrupt


def test_a_film_is_the_same_film_signed(film: Film, signer: FileSigner) -> None:
    def frames(path: Path) -> list[tuple[int | None, bytes]]:
        with av.open(str(path)) as container:
            return [(one.pts, one.to_ndarray(format="bgr24").tobytes()) for one in container.decode(video=0)]

    path = film(frames=60)
    before = frames(path)
    signer.sign(path, [ADA])
    assert len(before) == 60
    assert frames(path) == before
