"""The camera in PipeWire, with programs that are pipes whose other ends the tests hold."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvirtualcam
from pyvirtualcam.camera import BACKENDS

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.pipewire_camera import PipeWireCamera, register
from realtime.sink.pipewire_line import Line
from realtime.sink.pipewire_programs import INSTALL, Pictures
from realtime.sink.yuv import BT601, draw_yuy2
from tests.realtime.sink.fake_pipewire import PATIENCE_S, FakePipeWire, await_bytes

if sys.platform != "linux":
    pytest.skip("PipeWire is Linux's", allow_module_level=True)

FrameAt = Callable[..., Frame]
SMALL_WH, LARGE_WH = (64, 48), (1280, 720)
SMALL_BYTES, LARGE_BYTES = 64 * 48 * 2, 1280 * 720 * 2


@pytest.fixture
def pipewire() -> FakePipeWire:
    return FakePipeWire()


@pytest.fixture
def sink(pipewire: FakePipeWire) -> Iterator[PipeWireSink]:
    """A sink that waits for nothing long."""
    with PipeWireSink(make=partial(PipeWireCamera, start=pipewire, stall_s=0.2, retry_s=0.01)) as made:
        yield made


def handles() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def as_sent(image: np.ndarray) -> bytes:
    """A BGR picture as webcams send it."""
    into = np.empty((image.shape[0], 2 * image.shape[1]), np.uint8)
    draw_yuy2(image, into, BT601)
    return into.tobytes()


def pictures(got: bytes, size_wh: tuple[int, int] = SMALL_WH) -> list[np.ndarray]:
    """The whole pictures among what came through a pipe, without the grey one that makes the node appear."""
    size = size_wh[0] * size_wh[1] * 2
    sent = np.frombuffer(got[: len(got) // size * size], np.uint8).reshape(-1, size_wh[1], size_wh[0], 2)
    return [cv2.cvtColor(one, cv2.COLOR_YUV2BGR_YUY2) for one in sent[1:]]


def is_of(level: int, sent: bytes) -> bool:
    """Whether what was sent is grey, all of one level."""
    return set(sent) == {round(16 + level * 219 / 255), 128}


def ends_on(level: int, size: int = SMALL_BYTES) -> Callable[[bytearray], bool]:
    """Whether the last whole picture is of one level."""
    return lambda got: len(got) % size == 0 and len(got) > 0 and is_of(level, got[-size:])


def is_slate(picture: np.ndarray) -> bool:
    return bool(np.abs(picture.astype(int) - draw_slate(SMALL_WH)).max() < 30)


def await_notice(sink: PipeWireSink, part: str) -> None:
    changed = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if part in sink.notice:
            return
        changed.wait(0.01)
    raise AssertionError(f"{part!r} never came: {sink.notice!r}")


def test_frames_arrive_in_order_between_slates(pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt) -> None:
    sink.open(SMALL_WH, 25.0)
    camera = pipewire.cameras[0]
    await_bytes(camera, lambda got: len(got) == 2 * SMALL_BYTES)
    for index in range(3):
        sink.write(frame_at(index))
        await_bytes(camera, ends_on(20 + 10 * index))
    sink.rest()
    await_bytes(camera, lambda got: len(got) == 6 * SMALL_BYTES)
    sink.write(frame_at(3))
    sink.close()
    assert camera.gently
    got = pictures(bytes(camera.got))
    assert [is_slate(one) for one in got[:5]] == [True, False, False, False, True]
    assert is_slate(got[-1])
    assert [int(one[0, 0, 0]) for one in got[1:4]] == pytest.approx([20, 30, 40], abs=1)


def test_half_a_picture_is_never_written(pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt) -> None:
    sink.open(LARGE_WH, 25.0)
    camera = pipewire.cameras[0]
    await_bytes(camera, lambda got: len(got) == 2 * LARGE_BYTES)
    camera.stall(after_bytes=2 * LARGE_BYTES + LARGE_BYTES // 3)
    sink.write(frame_at(0, size_wh=LARGE_WH))
    await_bytes(camera, lambda got: len(got) > 2 * LARGE_BYTES + LARGE_BYTES // 4)
    for index in range(1, 12):
        sink.write(frame_at(index, size_wh=LARGE_WH))
    camera.go_on()
    got = pictures(await_bytes(camera, ends_on(20 + 10 * 11, LARGE_BYTES)), LARGE_WH)
    frames = got[1:]
    assert all((one == one[0, 0]).all() for one in frames)
    assert [int(one[0, 0, 0]) for one in frames] == pytest.approx(
        [20, 130], abs=1
    )  # what was begun is finished, the newest comes next


def test_a_pipeline_that_takes_nothing_is_started_anew(
    pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt
) -> None:
    sink.open(LARGE_WH, 25.0)
    stuck = pipewire.cameras[0]
    await_bytes(stuck, lambda got: len(got) == 2 * LARGE_BYTES)
    stuck.stall(after_bytes=2 * LARGE_BYTES + LARGE_BYTES // 3)
    sink.write(frame_at(1, size_wh=LARGE_WH))
    anew = pipewire.await_camera(1)
    assert stuck.gently is False  # killed: what it had of the picture goes with it
    first = await_bytes(anew, lambda got: len(got) >= LARGE_BYTES)[:LARGE_BYTES]
    assert is_of(30, first)  # whole, from its beginning
    await_notice(sink, "back again")
    sink.write(frame_at(2, size_wh=LARGE_WH))
    await_bytes(anew, ends_on(40, LARGE_BYTES))


def test_a_pipeline_that_dies_is_started_anew_and_says_why(
    pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt
) -> None:
    sink.open(SMALL_WH, 25.0)
    assert sink.notice == "PipeWire camera: Thespis, for Firefox, Chrome and OBS"
    pipewire.away = True
    pipewire.cameras[0].die("some noise\nERROR: from element sink: stream error: no target node\nmore\n")
    await_notice(sink, "gone (")
    sink.write(frame_at(0))  # passed over, or shown when it is back
    pipewire.away = False
    anew = pipewire.await_camera(1)
    await_bytes(anew, ends_on(20))
    await_notice(sink, "Thespis, for Firefox, Chrome and OBS; back again")


def test_a_node_that_vanishes_is_made_anew(pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt) -> None:
    sink.open(SMALL_WH, 25.0)
    pipewire.tell([{"id": 12, "info": None}])  # another's
    pipewire.tell([{"id": 37, "info": None}])
    anew = pipewire.await_camera(1)
    sink.write(frame_at(4))
    await_bytes(anew, ends_on(60))
    assert pipewire.watchers[0].gently is False


def test_pipewire_itself_is_waited_for(pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt) -> None:
    sink.open(SMALL_WH, 25.0)
    pipewire.end()
    await_notice(sink, "waiting for it to come back")
    for index in range(5):
        sink.write(frame_at(index))
    pipewire.away = False
    await_bytes(pipewire.await_camera(1), ends_on(60))
    await_notice(sink, "back again")


def test_what_was_hidden_meanwhile_is_not_shown_again(
    pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt
) -> None:
    sink.open(SMALL_WH, 25.0)
    sink.write(frame_at(0))
    await_bytes(pipewire.cameras[0], ends_on(20))
    pipewire.end()
    await_notice(sink, "waiting for it to come back")
    sink.rest()
    pipewire.away = False
    anew = pipewire.await_camera(1)
    assert await_bytes(anew, lambda got: len(got) >= SMALL_BYTES)[:SMALL_BYTES] == as_sent(draw_slate(SMALL_WH))


@pytest.mark.parametrize("stalled", [False, True])
def test_it_is_closed_while_written_to(
    pipewire: FakePipeWire, sink: PipeWireSink, frame_at: FrameAt, stalled: bool
) -> None:
    before, threads = handles(), threading.active_count()
    sink.open(LARGE_WH, 25.0)
    frame, written, refusals = frame_at(0, size_wh=LARGE_WH), threading.Event(), []

    def write() -> None:
        try:
            while True:
                sink.write(frame)
                written.set()
        except SinkError as error:
            refusals.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(PATIENCE_S)
    if stalled:
        pipewire.cameras[0].stall()
    sink.close()
    sink.close()
    writer.join(PATIENCE_S)
    assert [error.got for error in refusals] == ["a frame while it was not open"]
    assert all(program.gently is not None for program in (*pipewire.cameras, *pipewire.watchers))
    assert (handles(), threading.active_count()) == (before, threads)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"last_words": 'WARNING: erroneous pipeline: no element "pipewiresink"\n'}, 'no element "pipewiresink"'),
        ({"away": True}, "gst-launch|pw-dump"),
        ({"last_words": "\n"}, "without a word"),
    ],
)
def test_what_cannot_be_started_is_told_and_nothing_is_left(fault: dict[str, object], told: str) -> None:
    before, threads = handles(), threading.active_count()
    pipewire = FakePipeWire()
    vars(pipewire).update(fault)
    sink = PipeWireSink(make=partial(PipeWireCamera, start=pipewire, retry_s=0.01))
    with pytest.raises(SinkError, match=told) as error:
        sink.open(SMALL_WH, 25.0)
    assert error.value.next_step == INSTALL
    assert (handles(), threading.active_count()) == (before, threads)


def test_sides_are_made_even_at_the_far_rim(pipewire: FakePipeWire, sink: PipeWireSink) -> None:
    image = np.random.default_rng(0).integers(0, 255, (47, 63, 3), np.uint8)
    sink.open((63, 47), 25.0)
    sink.write(Frame(index=0, captured_s=0.0, media_s=0.0, image=image))
    sent = as_sent(image[np.minimum(np.arange(48), 46)][:, np.minimum(np.arange(64), 62)].copy())
    await_bytes(pipewire.cameras[0], lambda got: got.endswith(sent))


def test_frames_of_another_size_are_refused(sink: PipeWireSink, frame_at: FrameAt) -> None:
    sink.open(SMALL_WH, 25.0)
    with pytest.raises(SinkError, match="wanted frames of 64x48, got 48x64"):
        sink.write(frame_at(0, size_wh=(48, 64)))


@pytest.mark.parametrize("name", ["My camera", 'x" ! filesink location=/tmp/x', "a,b", "x" * 61])
def test_a_name_that_would_change_the_pipeline_is_refused(name: str) -> None:
    with pytest.raises(SinkError, match="letters, digits"):
        PipeWireCamera(width=64, height=48, fps=25, device=name, start=FakePipeWire())


class TestAsADriver:
    """The same, through pyvirtualcam."""

    @pytest.fixture(autouse=True)
    def registered(self) -> Iterator[None]:
        others = dict(BACKENDS)
        register()
        yield
        BACKENDS.clear()
        BACKENDS.update(others)

    @pytest.mark.parametrize("layout", pyvirtualcam.PixelFormat)
    def test_every_layout_goes_through_as_it_is(self, pipewire: FakePipeWire, layout: pyvirtualcam.PixelFormat) -> None:
        shape = pyvirtualcam.camera.FrameShapes[layout](64, 48)
        picture = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
        with pyvirtualcam.Camera(64, 48, 25, fmt=layout, device="Mine", backend="pipewire", start=pipewire) as camera:
            assert (camera.device, camera.native_fmt) == ("Mine", pyvirtualcam.PixelFormat.YUYV)
            camera.send(picture)
            sent = picture.repeat(3) if layout is pyvirtualcam.PixelFormat.GRAY else picture
            await_bytes(pipewire.cameras[0], lambda got: got.endswith(sent.tobytes()))
        assert pipewire.cameras[0].gently
        assert {"node.name=mine", "node.description=Mine"} <= set(pipewire.words[-1].split(","))

    def test_odd_sides_are_refused(self) -> None:
        with pytest.raises(RuntimeError, match="wanted even sides, got 63x48"):
            pyvirtualcam.Camera(63, 48, 25, backend="pipewire", start=FakePipeWire())


def test_a_picture_right_before_the_end_is_still_shown(pipewire: FakePipeWire) -> None:
    shown = b"\x46" * (64 * 48 * 3)
    for number in range(5):
        camera = PipeWireCamera(width=64, height=48, fps=25, start=pipewire)
        camera.send(np.frombuffer(shown, np.uint8))
        camera.close()
        assert pipewire.cameras[number].got.endswith(shown)


def test_a_node_that_never_appears_is_not_waited_for_long() -> None:
    pipewire, (reads, writes) = FakePipeWire(), os.pipe()
    pipewire.shows = False
    pictures = Pictures(64, 48, 25, "bgr", "sRGB", [192], [0], 64 * 48 * 3)
    line = Line(pipewire, pictures, "Thespis", reads, start_s=0.2)
    pipewire.tell([{"id": 36, "info": {"props": {"node.name": "another"}}}])
    line.take(memoryview(bytes(pictures.size)))
    while not line.ended:
        line.wait()
        assert not line.seen
    line.close()
    assert line.ended.startswith("no node within")
    for end in (reads, writes):
        os.close(end)
