"""A page in Chromium chooses the camera in PipeWire as any call page does, through the desktop's portal."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.pipewire_rig import PipeWireSession, missing_programs, wait_until, watching
from realtime.frame import BgrImage, Frame
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.pipewire_camera import PipeWireCamera
from realtime.stamp import Stamp, read_stamp, stamp_size_wh, write_stamp
from realtime.timing import now_s

playwright = pytest.importorskip("playwright.sync_api")

PORTAL = Path("/usr/libexec/xdg-desktop-portal")
MISSING = missing_programs(("Xvfb", "chromium", "gdbus", "dbus-daemon", "pipewire", "wireplumber", "gst-launch-1.0"))
pytestmark = pytest.mark.skipif(bool(MISSING) or not PORTAL.exists(), reason=f"not installed: {MISSING or PORTAL}")

FPS = 30.0
PATCHES = [(255, 255, 255), (0, 0, 0), (128, 128, 128), (0, 0, 230), (0, 230, 0), (230, 0, 0), (140, 170, 220)]
"""Blue, green, red: the last is skin."""

PAGE = b"""<!doctype html><title>call</title><video autoplay muted playsinline></video><script>
const video = document.querySelector("video"), canvas = document.createElement("canvas");
async function join(label, width, height) {
  await navigator.mediaDevices.getUserMedia({video: true}).then(s => s.getTracks().forEach(t => t.stop()), () => {});
  const found = (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind === "videoinput");
  const ours = found.find(d => d.label.includes(label));
  if (!ours) return false;
  const size = {width: {exact: width}, height: {exact: height}};
  video.srcObject = await navigator.mediaDevices.getUserMedia({video: {deviceId: {exact: ours.deviceId}, ...size}});
  await video.play();
  return true;
}
function look() {
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  if (!canvas.width) return "";
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
}
</script>"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"  # a secure place: else a page gets no camera
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def desktop() -> Iterator[PipeWireSession]:
    """A PipeWire with a screen, and a portal that lets programs have cameras."""
    reads, writes = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writes), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
        pass_fds=[writes],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writes)
    try:
        with os.fdopen(reads) as told:
            display = f":{told.readline().strip()}"
        with PipeWireSession({"DISPLAY": display, "XDG_CURRENT_DESKTOP": "gnome"}) as session:
            store, portal = "org.freedesktop.impl.portal.PermissionStore", "org.freedesktop.portal.Camera"
            allow = (f"{store}.SetPermission", "devices", "true", "camera", "", "['yes']")
            wait_until(lambda: _call(session, store, *allow), "the permission store")
            is_there = ("org.freedesktop.DBus.Properties.Get", portal, "version")
            wait_until(lambda: _call(session, "org.freedesktop.portal.Desktop", *is_there), "the portal")
            yield session
    finally:
        screen.terminate()
        screen.wait(10)


def _call(session: PipeWireSession, service: str, method: str, *words: str) -> str:
    """What a service on the message bus answers; empty where it does not."""
    path = "/" + service.replace(".", "/").replace("Desktop", "desktop")
    return session.ask("gdbus", "call", "--session", "-d", service, "-o", path, "-m", method, *words)


@pytest.fixture(scope="module")
def browser(desktop: PipeWireSession) -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=shutil.which("chromium"),
            headless=False,
            args=["--enable-features=WebRtcPipeWireCamera", "--use-fake-ui-for-media-stream"],
            env=dict(desktop.environment),
        )
        yield chromium
        chromium.close()


def seen_by(page: Any) -> tuple[BgrImage, float] | None:
    """What the page shows at this moment, and when that was known here, in monotonic seconds."""
    encoded = page.evaluate("look()")
    seen_s = now_s()
    if not encoded:
        return None
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(encoded.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
    return picture, seen_s


@pytest.fixture
def patches(size_wh: tuple[int, int]) -> BgrImage:
    """A picture of the colours side by side."""
    width, height = size_wh
    return np.repeat(np.array(PATCHES, np.uint8)[None, np.arange(width) * len(PATCHES) // width], height, axis=0)


@pytest.fixture
def shown(desktop: PipeWireSession, size_wh: tuple[int, int], patches: BgrImage) -> Iterator[PipeWireSink]:
    """A camera that shows the patches, stamped."""
    ended = threading.Event()
    with PipeWireSink(make=partial(PipeWireCamera, environment=desktop.environment, stall_s=15.0)) as sink:
        sink.open(size_wh, FPS)
        desktop.await_rest()

        def feed() -> None:
            start_s = now_s()
            for index in itertools.count():
                if ended.wait(max(0.0, start_s + index / FPS - now_s())):
                    return
                captured_s = now_s()
                write_stamp(patches, Stamp(index, captured_s))
                sink.write(Frame(index, captured_s, index / FPS, patches))

        feeder = threading.Thread(target=feed)
        feeder.start()
        yield sink
        ended.set()
        feeder.join()


@pytest.fixture
def page(browser: Any, address: str, size_wh: tuple[int, int], shown: PipeWireSink) -> Iterator[Any]:
    """A page that shows the camera."""
    opened = browser.new_page()
    opened.goto(address)
    join = f"join('Thespis', {size_wh[0]}, {size_wh[1]})"
    wait_until(lambda: opened.evaluate(join), "the camera in the page's list")  # the first may be empty
    wait_until(lambda: (seen := seen_by(opened)) and read_stamp(seen[0]), "a stamped picture in the page")
    yield opened
    opened.close()


@pytest.mark.parametrize("size_wh", [(640, 360), (1280, 720)])
def test_a_page_gets_our_pictures_in_our_colours(
    page: Any, size_wh: tuple[int, int], patches: BgrImage, tmp_path: Path
) -> None:
    looks = [look for look in (seen_by(page) for _ in range(20)) if look is not None]
    cv2.imwrite(str(tmp_path / "page.png"), looks[-1][0])
    stamps = [(read_stamp(picture), seen_s) for picture, seen_s in looks]
    indices = [stamp.index for stamp, _ in stamps if stamp is not None]
    assert indices == sorted(indices) and indices[-1] > indices[0]
    assert all(0 < seen_s - stamp.captured_s < 5 for stamp, seen_s in stamps if stamp is not None)
    below = slice(stamp_size_wh(size_wh)[1] + 8, None)
    differences = np.abs(looks[-1][0][below].astype(int) - patches[below]).max(axis=2)
    assert np.quantile(differences, 0.95) <= 6


@pytest.mark.parametrize("size_wh", [(640, 360)])
def test_a_page_that_is_closed_takes_nothing_from_another_reader(
    desktop: PipeWireSession, page: Any, size_wh: tuple[int, int]
) -> None:
    with watching(desktop, size_wh) as seen:
        wait_until(lambda: len(seen) > 10, "pictures beside the page")
        page.close()
        before = len(seen)
        wait_until(lambda: len(seen) > before + 60, "pictures after the page was closed")
