"""Content credentials: changed bytes, strangers, other tools, broken files; then what a whole one says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import av
import numpy as np
import pytest
from strange_files import ADA, BOB, Office, sign_by_another_tool

from realtime.disclosure import signing
from realtime.disclosure.credentials import Credentials, read_anchors, read_credentials
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key, own_key
from realtime.errors import CredentialsError

Anchors = Callable[[], str]
Film = Callable[..., Path]
ROOT = Path(__file__).parents[3]


def flipped(path: Path, at: int) -> Path:
    """A copy with one bit of one byte changed."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << (at % 8)
    copy = path.with_name(f"flipped{path.suffix}")
    copy.write_bytes(data)
    return copy


def holds(path: Path, anchors: str) -> bool:
    found = read_credentials(path, anchors=anchors)
    return found is not None and found.valid and found.trusted


@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_one_byte_changed_and_a_film_does_not_verify(
    film: Film, signer: FileSigner, anchors: Anchors, name: str
) -> None:
    path = film(name)
    signer.sign(path, [ADA])
    assert holds(path, anchors())
    size = path.stat().st_size
    rng = np.random.default_rng(7)
    places = [0, 4, 8, size - 1, *rng.integers(0, size, 150).tolist()]
    assert [at for at in places if holds(flipped(path, at), anchors())] == []


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
def test_one_byte_changed_and_a_picture_does_not_verify(
    picture: Film, signer: FileSigner, anchors: Anchors, name: str
) -> None:
    path = picture(name)
    signer.sign(path, [ADA])
    assert holds(path, anchors())
    size = path.stat().st_size
    places = [0, size - 1, *np.random.default_rng(8).integers(0, size, 150).tolist()]
    assert [at for at in places if holds(flipped(path, at), anchors())] == []


def test_bytes_behind_the_end_do_not_verify(film: Film, picture: Film, signer: FileSigner, anchors: Anchors) -> None:
    for path in (film(), picture("p.png"), picture("p.jpg")):
        signer.sign(path, [ADA])
        path.write_bytes(path.read_bytes() + b"\0")
        assert not holds(path, anchors())


def test_a_film_that_is_cut_short_does_not_verify(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    path = film()
    signer.sign(path, [ADA])
    data = path.read_bytes()
    for share in (0.999, 0.9, 0.5, 0.1, 0.01):
        path.write_bytes(data[: int(len(data) * share)])
        assert not holds(path, anchors())


def test_credentials_taken_from_another_film_do_not_verify(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    one, other = film("one.mp4"), film("other.mp4", 31)
    for path in (one, other):
        signer.sign(path, [ADA])
    first, second = one.read_bytes(), other.read_bytes()
    box = slice(first.index(b"uuid") - 4, None)
    length = int.from_bytes(first[box][:4], "big")
    at = second.index(b"uuid") - 4
    own = int.from_bytes(second[at : at + 4], "big")
    other.write_bytes(second[:at] + first[box][:length] + second[at + own :])
    found = read_credentials(other, anchors=anchors())
    assert found is not None
    assert not found.valid


def test_a_stranger_is_valid_but_not_trusted(
    film: Film, signer: FileSigner, stranger: FileSigner, anchors: Anchors
) -> None:
    path = film()
    signer.prepare()
    stranger.sign(path, [ADA])
    found = read_credentials(path, anchors=anchors())
    assert found is not None
    assert (found.valid, found.trusted, found.made_here) == (True, False, False)
    assert found.signer == stranger.prepare().owner
    assert found.said[0] == f"content credentials: valid but not trusted, signer {found.signer}"


def test_the_users_own_authority_is_trusted_where_it_is_named(film: Film, tmp_path: Path) -> None:
    path, office = film(), Office(tmp_path / "office")
    chain, key = office.certify()
    FileSigner(lambda: own_key(chain, key)).sign(path, [BOB])
    assert not holds(path, "")
    root = tmp_path / "root.pem"
    root.write_text(office.root_pem)
    assert holds(path, read_anchors(root))
    root.write_text("nothing")
    with pytest.raises(CredentialsError, match="wanted certificates in PEM"):
        read_anchors(root)


def test_another_tools_credentials_are_told_as_theirs(picture: Film, tmp_path: Path) -> None:
    path = picture("drawn.jpg")
    cards = {"personas": [{"persona": "x\x1b[2J", "identity": {"name": "A\nB", "ground": "self"}}, 3, {}]}
    own = {"label": "thespis.personas", "data": cards}
    created = {"action": "c2pa.created", "digitalSourceType": "http://example.org/drawn"}
    assertions = [{"label": "c2pa.actions", "data": {"actions": [created]}}, own]
    sign_by_another_tool(path, local_key(tmp_path / "elsewhere"), "image/jpeg", assertions=assertions)
    found = read_credentials(path, anchors="")
    assert found is not None
    assert (found.program, found.version, found.composite, found.personas) == ("Other Tool", "7", False, ())
    assert not found.made_here
    assert found.said[1].startswith("made by Other Tool 7")


@pytest.mark.parametrize("name", ["p.jpg", "p.png"])
def test_a_picture_without_credentials_has_none(picture: Film, name: str) -> None:
    assert read_credentials(picture(name), anchors="") is None


def test_a_file_without_credentials_or_of_another_kind_has_none(film: Film, tmp_path: Path) -> None:
    assert read_credentials(film(), anchors="") is None
    assert read_credentials(film("film.mkv"), anchors="") is None
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    found = read_credentials(text, anchors="")
    assert found is None or not found.valid
    with pytest.raises(CredentialsError, match="No such file"):
        read_credentials(tmp_path / "none.mp4", anchors="")


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


def test_what_a_whole_one_says(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    path = film()
    signer.sign(path, [ADA, BOB])
    found = read_credentials(path, anchors=anchors())
    assert found is not None
    assert found.made_here
    assert found.composite
    assert found.personas == (ADA, BOB)
    assert (found.program, found.version) == ("Thespis", version("thespis"))
    assert found.made_at.endswith("+00:00")
    assert found.said[0].startswith("content credentials: valid and trusted, signer Thespis (self-made), key ")
    assert "Ada Example (consent, until 2030-01-31" in found.said[2]
    told = found.to_json()
    assert told["valid"] and told["trusted"]
    assert told["personas"][0]["identity"]["name"] == "Ada Example"  # type: ignore[index]


def test_a_link_is_followed_and_stays(film: Film, tmp_path: Path, signer: FileSigner, anchors: Anchors) -> None:
    path, link = film(), tmp_path / "link.mp4"
    link.symlink_to(path)
    signer.sign(link, [ADA])
    assert link.is_symlink()
    assert holds(path, anchors())


def test_the_words_for_an_end_and_a_change() -> None:
    over = Credentials(("signingCredential.expired",), False, "X", "Thespis")
    assert over.said == (
        "content credentials: no longer valid, since the time of the certificate is over, signer X",
        "made by Thespis",
    )
    (told,) = Credentials(("assertion.bmffHash.mismatch",), False, "X", "Thespis").said
    assert told.startswith("content credentials: NOT valid, the file was changed after it was signed")


def test_a_file_that_names_an_address_is_read_without_calling_it(picture: Film, tmp_path: Path) -> None:
    """A manifest may lie elsewhere; a reader that fetched it would tell its author who reads."""
    from io import BytesIO

    from c2pa import Builder, C2paSignerInfo, Signer

    called = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path, key, out = picture("remote.jpg"), local_key(tmp_path / "elsewhere"), BytesIO()
    builder = Builder(
        {
            "claim_generator_info": [{"name": "x"}],
            "assertions": [
                {
                    "label": "c2pa.actions",
                    "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://x/y"}]},
                }
            ],
        }
    )
    builder.set_no_embed()
    builder.set_remote_url(f"http://127.0.0.1:{server.server_port}/manifest.c2pa")
    info = C2paSignerInfo(key.algorithm, key.chain_pem.encode(), key.key_pem.encode(), None)
    builder.sign(Signer.from_info(info), "image/jpeg", BytesIO(path.read_bytes()), out)
    path.write_bytes(out.getvalue())
    found = read_credentials(path, anchors="")
    server.shutdown()
    assert found is None or not found.valid
    assert called == []


FORBID = """
import ctypes, platform, struct, sys
SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
load, equal, allow, kill = 0x20, 0x15, 0x7FFF0000, 0x80000000
steps = [(load, 0, 0, 0), (equal, 0, 1, SOCKET), (0x06, 0, 0, kill), (0x06, 0, 0, allow)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
filter_ = Filter(len(steps), ctypes.addressof(program))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
assert libc.prctl(22, 2, ctypes.byref(filter_), 0, 0) == 0, ctypes.get_errno()  # seccomp, by filter
"""
"""From here on the kernel kills the process, native libraries and all, when it asks for a socket of any kind."""

WORK = """
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from strange_files import ADA
from realtime.disclosure.credentials import read_credentials
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_anchors, local_key
path, folder = Path(sys.argv[1]), Path(sys.argv[1]).parent / "credentials"
FileSigner(lambda: local_key(folder)).sign(path, [ADA])
assert read_credentials(path, anchors=local_anchors(folder)).made_here
"""


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp")
def test_neither_signing_nor_reading_opens_a_socket(film: Film) -> None:
    def run(script: str) -> int:
        words = [sys.executable, "-c", FORBID + script, str(film()), str(Path(__file__).parent)]
        return subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode

    if run("") != 0:
        pytest.skip("this system allows no filters")
    assert run("import socket; socket.socket()") == -31  # the filter bites: killed by SIGSYS
    assert run(WORK) == 0


def test_looking_at_sinks_loads_neither_library() -> None:
    check = (
        "import sys\nfrom realtime.sink.catalog import open_sink\nopen_sink('x.mp4'), open_sink('x.png')\n"
        "assert not {'c2pa', 'cryptography'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
