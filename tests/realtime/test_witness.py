from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from realtime.frame import Face, Frame
from realtime.sink.null import NullSink
from realtime.tap import SinkTap
from realtime.witness import KEPT, Witness


def a_frame(index: int = 0) -> Frame:
    image = np.random.default_rng(index).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    points = np.array([[40, 20, 0], [120, 100, 0]], np.float32)
    return Frame(index, 0.0, 0.0, image, faces=(Face(1, points, np.eye(2, 3)),))


def judged(witness: Witness, before: Frame, after: Frame) -> int:
    assert witness.remember(before) is before
    witness.judge(after)
    return witness.leaks


def test_a_face_left_as_it_was_is_a_leak() -> None:
    frame = a_frame()
    witness = Witness()
    assert judged(witness, frame, replace(frame, worn=True)) == 1
    assert witness.judged == 1


def test_a_faint_watermark_does_not_hide_a_leak() -> None:
    frame = a_frame()
    marked = np.clip(frame.image.astype(np.int16) + 2, 0, 255).astype(np.uint8)
    assert judged(Witness(), frame, replace(frame, image=marked)) == 1


def test_a_covered_face_is_none() -> None:
    frame = a_frame()
    covered = frame.image.copy()
    covered[20:100, 40:120] = 128
    assert judged(Witness(), frame, replace(frame, image=covered)) == 0


def test_a_face_lost_by_detection_is_looked_for_where_it_was() -> None:
    witness = Witness()
    judged(witness, a_frame(0), replace(a_frame(0), image=np.zeros((120, 160, 3), np.uint8)))
    lost = replace(a_frame(1), faces=())
    assert judged(witness, lost, lost) == 1


def test_without_any_face_nothing_is_judged() -> None:
    frame = replace(a_frame(), faces=())
    witness = Witness()
    assert judged(witness, frame, frame) == 0
    assert witness.judged == 0


def test_the_first_worn_frame_is_noted_once() -> None:
    times = iter([5.0, 6.0])
    witness = Witness(clock=lambda: next(times))
    witness.judge(a_frame())
    assert math.isnan(witness.first_worn_s)
    for _ in range(2):
        witness.judge(replace(a_frame(), worn=True))
    assert witness.first_worn_s == pytest.approx(5.0)


def test_it_keeps_few_pictures_of_frames_that_never_arrive() -> None:
    witness, frame = Witness(), a_frame()
    for index in range(KEPT + 1):
        witness.remember(replace(frame, index=index))
    witness.judge(replace(frame, index=0))  # forgotten
    assert witness.judged == 0
    witness.judge(replace(frame, index=KEPT))
    assert witness.judged == 1


def test_a_tap_shows_a_frame_after_it_was_written() -> None:
    inner, seen = NullSink(), list[int]()
    with SinkTap(inner, lambda frame: seen.append(inner.frames)) as sink:
        sink.open((160, 120), 30.0)
        sink.write(a_frame())
    assert seen == [1]
