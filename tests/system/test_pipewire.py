"""The camera in a real PipeWire: it is listed, read, left, killed under, restarted; and what readers see is ours."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import pyvirtualcam
from pyvirtualcam import PixelFormat

from benchmarks.pipewire_rig import PipeWireSession, Reader, missing_programs, reading, wait_until, watching
from realtime.composite.slate import draw_slate
from realtime.frame import BgrImage, Frame
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.pipewire_camera import PipeWireCamera, register
from realtime.stamp import Stamp, read_stamp, write_stamp
from realtime.timing import now_s

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {missing_programs()}")

SIZE_WH, FPS = (640, 360), 30.0
BUSY_S = 15.0
"""A machine that runs other tests beside these may let a program wait for seconds: that is no stall."""


@pytest.fixture(scope="module")
def session() -> Iterator[PipeWireSession]:
    with PipeWireSession() as started:
        yield started


@contextlib.contextmanager
def fed(write: Callable[[int], object]) -> Iterator[None]:
    """Write pictures at their rate, each with its number, for as long as the block lasts."""
    ended = threading.Event()

    def feed() -> None:
        start_s = now_s()
        for index in itertools.count():
            if ended.wait(max(0.0, start_s + index / FPS - now_s())):
                return
            write(index)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def stamped(sink: PipeWireSink, size_wh: tuple[int, int] = SIZE_WH) -> Callable[[int], None]:
    """Writes a picture that carries its number and time into the sink."""
    image = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)

    def write(index: int) -> None:
        captured_s = now_s()
        write_stamp(image, Stamp(index, captured_s))
        sink.write(Frame(index, captured_s, index / FPS, image))

    return write


@pytest.fixture
def sink(session: PipeWireSession) -> Iterator[PipeWireSink]:
    with PipeWireSink(make=partial(PipeWireCamera, environment=session.environment, stall_s=BUSY_S)) as made:
        yield made
    wait_until(lambda: not session.cameras(), "the camera to go")


@pytest.fixture
def shown(session: PipeWireSession, sink: PipeWireSink) -> Iterator[PipeWireSink]:
    """A sink that pictures are written into."""
    sink.open(SIZE_WH, FPS)
    session.await_rest()
    with fed(stamped(sink)):
        yield sink


def look(session: PipeWireSession, pictures: int = 25) -> None:
    """A reader comes, sees pictures that follow each other and are not older than a few seconds, and leaves.

    One that comes within a tenth of a second after another has left may get nothing (docs/pipewire.md).
    """
    with reading(session, SIZE_WH) as reader:
        seen = [stamp_of(reader) for _ in range(pictures)]
    indices = [stamp.index for stamp, _ in seen]
    assert indices == sorted(set(indices))
    assert all(0 < age_s < 3 for _, age_s in seen)  # painted with this clock, and no picture waits in a queue
    session.await_rest()


def stamp_of(reader: Reader) -> tuple[Stamp, float]:
    """The stamp of the next picture that is not the slate, and how old it is, in seconds."""
    while True:
        picture, seen_s = reader.read()
        if (stamp := read_stamp(picture)) is not None:
            return stamp, seen_s - stamp.captured_s
        assert np.abs(picture.astype(int) - draw_slate(SIZE_WH)).mean() < 3, "neither a stamp nor the slate"


def test_it_is_listed_as_a_camera(session: PipeWireSession, shown: PipeWireSink) -> None:
    assert session.cameras() == ["thespis"]
    (node,) = (node for node in session.nodes() if node["node.name"] == "thespis")
    assert (node["media.class"], node["media.role"]) == ("Video/Source", "Camera")
    sources = session.ask("wpctl", "status").partition("\nVideo")[2].partition("Sources:")[2]
    assert "Thespis" in sources.partition("Source endpoints")[0]


def test_pictures_arrive_in_order_once_and_young(session: PipeWireSession, shown: PipeWireSink) -> None:
    look(session, pictures=90)


def test_readers_leave_are_killed_and_come_back(session: PipeWireSession, shown: PipeWireSink) -> None:
    for _ in range(3):
        look(session)
    for _ in range(3):
        reader = Reader(session, SIZE_WH)
        stamp_of(reader)
        reader.kill()
        session.await_rest()
        look(session)


def test_two_read_at_once(session: PipeWireSession, shown: PipeWireSink) -> None:
    with reading(session, SIZE_WH) as one, reading(session, SIZE_WH) as other:
        for _ in range(40):
            stamp_of(one), stamp_of(other)
    session.await_rest()
    look(session)


def test_a_reader_that_hangs_is_not_waited_for(session: PipeWireSession) -> None:
    with PipeWireSink(make=partial(PipeWireCamera, environment=session.environment)) as sink:
        sink.open(SIZE_WH, FPS)
        session.await_rest()
        with fed(stamped(sink)):
            reader = Reader(session, SIZE_WH)
            stamp_of(reader)
            reader.process.send_signal(signal.SIGSTOP)  # it holds pictures, and gives none back
            wait_until(lambda: "back again" in sink.notice, "the camera to be made anew")
            session.await_rest()
            look(session)
        reader.process.send_signal(signal.SIGCONT)
        reader.kill()
    wait_until(lambda: not session.cameras(), "the camera to go")


@pytest.mark.parametrize("kill", [True, False])
def test_pipewire_is_restarted(session: PipeWireSession, shown: PipeWireSink, kill: bool) -> None:
    look(session)
    session.stop_pipewire(kill=kill)
    wait_until(lambda: "PipeWire has gone" in shown.notice, "the notice")
    session.start_pipewire()
    wait_until(lambda: session.cameras() == ["thespis"], "the camera")
    session.await_rest()
    look(session)
    assert shown.notice.endswith("back again")


def test_what_is_seen_last_is_the_slate(session: PipeWireSession, sink: PipeWireSink) -> None:
    sink.open(SIZE_WH, FPS)
    session.await_rest()
    with watching(session, SIZE_WH) as seen:
        with fed(stamped(sink)):
            wait_until(lambda: len(seen) > 10, "pictures")
        sink.close()
        wait_until(lambda: np.abs(seen[-1].astype(int) - draw_slate(SIZE_WH)).mean() < 3, "the slate")
    assert not [child.name() for child in psutil.Process().children() if child.name() in ("gst-launch-1.0", "pw-dump")]


PATCHES = [(255, 255, 255), (0, 0, 0), (128, 128, 128), (0, 0, 230), (0, 230, 0), (230, 0, 0), (140, 170, 220)]
"""Blue, green, red: the last is skin."""


def patches(size_wh: tuple[int, int]) -> BgrImage:
    """A picture of the colours side by side."""
    width, height = size_wh
    return np.repeat(np.array(PATCHES, np.uint8)[None, np.arange(width) * len(PATCHES) // width], height, axis=0)


def assert_same(got: BgrImage, sent: BgrImage) -> None:
    """Whether two pictures of patches are the same but for rounding, apart from where two colours meet."""
    differences = np.abs(got.astype(int) - sent).max(axis=2)
    assert np.quantile(differences, 0.95) <= 4, f"{np.quantile(differences, 0.95):.0f} levels apart"


@pytest.mark.parametrize("size_wh", [(640, 360), (1280, 720), (854, 480), (642, 362), (101, 77)])
def test_colours_survive_at_every_size(session: PipeWireSession, sink: PipeWireSink, size_wh: tuple[int, int]) -> None:
    sent = patches(size_wh)
    sink.open(size_wh, FPS)
    session.await_rest()
    even_wh = (size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2)
    with fed(lambda index: sink.write(Frame(index, 0.0, 0.0, sent))), reading(session, even_wh) as reader:
        got = reader.await_picture(is_bright, "the patches")
    assert_same(got[: size_wh[1], : size_wh[0]], sent)


def is_bright(picture: BgrImage) -> bool:
    """Whether a picture is neither the slate nor the grey that a camera begins with."""
    return bool(picture.max() > 200)


def as_layout(image: BgrImage, layout: PixelFormat) -> np.ndarray:
    """The picture in one of pyvirtualcam's layouts."""
    i420 = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    height = image.shape[0]
    chroma = i420[height:].reshape(2, -1)
    yuy2 = np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_YUY2))
    made: dict[PixelFormat, Callable[[], np.ndarray]] = {
        PixelFormat.BGR: lambda: image,
        PixelFormat.RGB: lambda: image[..., ::-1],
        PixelFormat.RGBA: lambda: cv2.cvtColor(image, cv2.COLOR_BGR2RGBA),
        PixelFormat.GRAY: lambda: cv2.cvtColor(image, cv2.COLOR_BGR2GRAY),
        PixelFormat.I420: lambda: i420,
        PixelFormat.NV12: lambda: np.concatenate([i420[:height].reshape(-1), chroma.T.reshape(-1)]),
        PixelFormat.YUYV: lambda: yuy2.reshape(-1),
        PixelFormat.UYVY: lambda: yuy2[..., ::-1].reshape(-1),
    }
    return made[layout]()


@pytest.mark.parametrize("layout", PixelFormat)
@pytest.mark.parametrize("size_wh", [(640, 360), (1284, 722)])
def test_every_layout_of_pyvirtualcam(session: PipeWireSession, layout: PixelFormat, size_wh: tuple[int, int]) -> None:
    register()
    sent = patches(size_wh)
    if layout is PixelFormat.GRAY:
        sent = cv2.cvtColor(cv2.cvtColor(sent, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    camera = pyvirtualcam.Camera(
        *size_wh, 30, fmt=layout, backend="pipewire", device="Mine", environment=session.environment, stall_s=BUSY_S
    )
    with camera:
        assert session.cameras() == ["mine"]
        session.await_rest("mine")
        picture = as_layout(sent, layout)
        with fed(lambda _: camera.send(picture)), reading(session, size_wh, "mine") as reader:
            got = reader.await_picture(is_bright, "the patches")
    assert_same(got, sent)
    wait_until(lambda: not session.cameras(), "the camera to go")


def is_at_work(process: psutil.Process) -> bool:
    """Not gone, and no zombie that whoever adopted it has not looked at yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_real_loop(session: PipeWireSession, tmp_path: Path) -> None:
    """`thespis run` as a user types it; killed at last, which leaves nothing behind either."""
    words = ["-m", "thespis.main", "run", "--source", "demo", "--size", "640x360", "--fps", "15"]
    with (tmp_path / "said").open("wb") as said:
        running = subprocess.Popen(
            [sys.executable, *words], env=dict(session.environment), stdout=said, stderr=said, cwd=Path.cwd()
        )
    try:
        wait_until(lambda: session.cameras() == ["thespis"], "the camera", 60)
        session.await_rest()
        with reading(session, (640, 360)) as reader:
            worn = reader.await_picture(is_worn, "the persona", 60)
            cv2.imwrite(str(tmp_path / "worn.png"), worn)
        children = psutil.Process(running.pid).children()
        running.send_signal(signal.SIGKILL)
        running.wait()
        wait_until(lambda: not session.cameras(), "the camera to go")
        wait_until(lambda: not any(map(is_at_work, children)), "its programs to go")
    finally:
        running.kill()
        running.wait()
    text = (tmp_path / "said").read_text()
    assert "PipeWire camera: Thespis" in text
    assert "in place of virtual camera" in text or os.path.exists("/dev/video0")  # noqa: PTH110


def is_worn(picture: BgrImage) -> bool:
    """Whether a picture is neither the slate nor covered: it has fine detail in its middle."""
    height, width = picture.shape[:2]
    middle = picture[height // 4 : -height // 4, width // 3 : -width // 3]
    detail = cv2.Laplacian(cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY), cv2.CV_16S).std()
    return bool(picture.mean() > 40 and detail > 4)
