"""Films, and cameras that misbehave on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

LEVEL_STEP = 8
"""Frame n of a test film is grey of the level 16 + 8 n: its number can be read back from its pixels."""


def number_of(picture: np.ndarray) -> int:
    return round((float(picture.mean()) - 16) / LEVEL_STEP)


def write_film(
    path: Path,
    *,
    size_wh: tuple[int, int] = (64, 48),
    times_s: list[float] | None = None,
    rotation: float = 0.0,
    pictures: list[np.ndarray] | None = None,
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv444p",
) -> Path:
    """A film with the given time stamps, lossless; in 4:4:4 by default, so that odd sizes and colours stay."""
    stamps = [n / 25 for n in range(12)] if times_s is None else times_s
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "qp": "0", "bf": "0"})
        stream.width, stream.height = size_wh
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = 4
        if rotation:
            stream.set_display_rotation(rotation)
        for number, stamp_s in enumerate(stamps):
            if pictures is None:
                picture = np.full((size_wh[1], size_wh[0], 3), 16 + LEVEL_STEP * number, np.uint8)
            else:
                picture = pictures[number]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(stamp_s * 1000), Fraction(1, 1000)
            frame.duration = 40
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class FakeCamera:
    """A `cv2.VideoCapture` that follows a script: each item is what one read gives.

    An array is a picture, None a read that fails, `"empty"` a read that claims success without a picture,
    `"error"` one that OpenCV raises in, `"gone"` the end of the device. The last item repeats.
    """

    def __init__(self, script: list[object], *, opened: bool = True, fps: float = 30.0, fourcc: str = "MJPG") -> None:
        self.script = list(script)
        self.opened = opened
        self.asked: dict[int, float] = {}
        self.released = 0
        self.reads = 0
        self._says = {
            cv2.CAP_PROP_FPS: fps,
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*fourcc)) if fourcc else -1.0,
        }

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, prop: int, value: float) -> bool:
        self.asked[prop] = value
        return True

    def get(self, prop: int) -> float:
        return self._says.get(prop, 0.0)

    def read(self, image: np.ndarray | None = None) -> tuple[bool, np.ndarray | None]:
        self.reads += 1
        item = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(item, np.ndarray):
            if image is not None and image.shape == item.shape:
                np.copyto(image, item)
                return True, image
            return True, item
        if item == "error":
            raise cv2.error("the driver is upset")
        if item == "gone":
            self.opened = False
        return item == "empty", None

    def release(self) -> None:
        self.released += 1
        self.opened = False


class CameraPort:
    """Where cameras are plugged in: each opening takes the next; None is an empty port; the last repeats."""

    def __init__(self, *cameras: FakeCamera | None) -> None:
        self.cameras = list(cameras)
        self.openings: list[tuple[int | str, int]] = []

    def __call__(self, device: int | str, backend: int) -> FakeCamera:
        self.openings.append((device, backend))
        camera = self.cameras.pop(0) if len(self.cameras) > 1 else self.cameras[0]
        return FakeCamera([None], opened=False) if camera is None else camera


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    counter = iter(range(1000))

    def make(name: str = "", **given: object) -> Path:
        return write_film(tmp_path / (name or f"film{next(counter)}.mp4"), **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def fake_camera() -> type[FakeCamera]:
    return FakeCamera


@pytest.fixture
def camera_port() -> type[CameraPort]:
    return CameraPort


@pytest.fixture
def frame_number() -> Callable[[np.ndarray], int]:
    return number_of


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serves bytes over HTTP on this machine; `claimed` promises more of them than there are."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    films: dict[str, tuple[bytes, int]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data, claimed = films[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(claimed))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def serve(data: bytes, claimed: int | None = None) -> str:
        path = f"/{len(films)}.mp4"
        films[path] = data, len(data) if claimed is None else claimed
        return f"http://127.0.0.1:{server.server_address[1]}{path}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()
