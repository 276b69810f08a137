from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from threading import Event

import numpy as np
import pytest

from models.faceset.guide import GOALS, PROMPTS, Guide, Moment, Prompt, record
from models.faceset.index import FaceRecord
from realtime.errors import SinkError
from realtime.face.align import align
from realtime.frame import Face, Frame, Points3
from realtime.sink.base import Sink
from realtime.source.base import Source
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

NEUTRAL = FaceRecord(
    "a.jpg",
    "camera",
    "",
    0.0,
    0,
    np.zeros((478, 3), np.float32),
    **{**dict.fromkeys([field.name for field in fields(FaceRecord)][6:21], 0.0), "mouth_open": 0.1, "mouth_width": 0.8},
    aside=None,
)


def test_it_takes_two_minutes() -> None:
    assert Guide().length_s == pytest.approx(120)
    assert Guide().at(120.0) is None


def test_every_prompt_has_its_turn() -> None:
    moments = [Guide().at(tenth / 10) for tenth in range(1200)]
    assert list(dict.fromkeys(moment.prompt for moment in moments if moment)) == list(PROMPTS)
    assert all(0 < moment.left_s <= moment.prompt.seconds for moment in moments if moment)


def test_what_comes_next_is_known() -> None:
    guide = Guide([Prompt("one", 2), Prompt("two", 1)])
    first, last = guide.at(0.5), guide.at(2.0)
    assert first is not None
    assert last is not None
    assert (first.prompt.text, first.left_s, first.following) == ("one", 1.5, Prompt("two", 1))
    assert last.following is None
    assert guide.at(3.0) is None


@pytest.mark.parametrize(
    ("seen", "goal"),
    [
        ({"yaw": 30.0}, "left"),
        ({"yaw": -30.0}, "right"),
        ({"pitch": -15.0}, "up"),
        ({"pitch": 20.0}, "down"),
        ({"mouth_open": 0.5}, "mouth open"),
        ({"smile": 0.1}, "smile"),
        ({"gaze_x": -0.08}, "eyes aside"),
        ({"light_x": -0.5}, "light from a side"),
    ],
)
def test_what_is_seen_is_covered(seen: dict[str, float], goal: str) -> None:
    guide = Guide()
    before = guide.at(0.0)
    guide.note(replace(NEUTRAL, **seen))  # type: ignore[arg-type]
    after = guide.at(0.0)
    assert before is not None
    assert after is not None
    assert goal in before.missing
    assert goal in after.covered
    assert goal not in after.missing
    assert set(after.covered) | set(after.missing) == {each.name for each in GOALS}


def test_the_person_s_left_is_the_picture_s_right(astronaut: PortraitRenderer) -> None:
    # The prompt says "to your left", the goal asks for a positive yaw: the nose moves to the right of the picture.
    picture = np.zeros((480, 640, 3), np.uint8)
    ahead, turned = (astronaut.frame(Expression(yaw=yaw), picture.copy()) for yaw in (0.0, 30.0))
    person_left_eye = 263
    nose = 4
    assert ahead[person_left_eye, 0] > ahead[nose, 0]
    assert turned[nose, 0] > ahead[nose, 0]


class Camera(Source):
    """Gives pictures at 8 a second by a clock of its own."""

    name, live, size_wh, fps = "camera 0", True, (640, 480), 8.0

    def __init__(self) -> None:
        self.now_s = 100.0
        self._index = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def clock(self) -> float:
        return self.now_s

    def read(self) -> Frame | None:
        self._index += 1
        self.now_s += 0.125
        return Frame(self._index - 1, self.now_s, self._index / 8, np.zeros((480, 640, 3), np.uint8))


class Tape(Sink):
    name = "tape"

    def __init__(self, room: int = 1000) -> None:
        self.room, self.frames, self.closed = room, 0, False

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        assert (size_wh, fps) == ((640, 480), 8.0)

    def write(self, frame: Frame) -> None:
        if self.frames == self.room:
            raise SinkError("tape", got="a full disk")
        self.frames += 1

    def close(self) -> None:
        self.closed = True


class Finder:
    """Sees a face in every second look."""

    def __init__(self, points: Points3) -> None:
        self._points = points
        self._turns = self._take_turns()

    def _take_turns(self) -> Iterator[bool]:
        while True:
            yield True
            yield False

    def __call__(self, frame: Frame) -> Frame:
        faces = (Face(0, self._points, align(self._points)),) if next(self._turns) else ()
        return replace(frame, faces=faces)

    def close(self) -> None: ...


@pytest.fixture
def finder(astronaut: PortraitRenderer) -> Finder:
    return Finder(astronaut.frame(Expression(), np.zeros((480, 640, 3), np.uint8)))


def test_all_frames_are_recorded_while_the_guide_lasts(finder: Finder) -> None:
    camera, tape, moments = Camera(), Tape(), list[Moment]()
    guide = Guide([Prompt("one", 2), Prompt("two", 1)])
    frames = record(camera, tape, guide, finder, moments.append, Event(), camera.clock)
    assert frames == tape.frames == len(moments) == 23  # the next comes when the three seconds are over
    assert tape.closed
    assert "front" in moments[-1].covered
    assert {moment.in_view for moment in moments} == {True, False}


def test_a_full_disk_ends_the_recording(finder: Finder) -> None:
    camera, tape = Camera(), Tape(room=5)
    with pytest.raises(SinkError, match="full disk"):
        record(camera, tape, Guide(), finder, lambda moment: None, Event(), camera.clock)
    assert tape.closed


def test_it_ends_early_when_asked(finder: Finder) -> None:
    camera, tape, stop = Camera(), Tape(), Event()

    def show(moment: Moment) -> None:
        if moment.elapsed_s == 1.0:
            stop.set()

    assert record(camera, tape, Guide(), finder, show, stop, camera.clock) == 8
    assert tape.closed
