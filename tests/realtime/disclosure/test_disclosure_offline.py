"""No network, ever: proved by the kernel, and by a listener whom nobody calls. And no library that is not needed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from c2pa import Builder, C2paSignerInfo, Signer

from realtime.disclosure.credentials import read_credentials
from realtime.disclosure.signing_key import local_key

Film = Callable[..., Path]
ROOT = Path(__file__).parents[3]


def test_a_file_that_names_an_address_is_read_without_calling_it(picture: Film, tmp_path: Path) -> None:
    """A manifest may lie elsewhere; a reader that fetched it would tell its author who reads."""
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
