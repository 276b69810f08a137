"""The leak counter: bare faces are leaks, worn, pixelated and unseen ones are none."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from realtime.composite.conceal import Conceal
from realtime.frame import BgrImage, Frame, Truth
from realtime.sink.null import NullSink
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer
from realtime.tap import SinkTap
from realtime.witness import KEPT, Witness

FACE_PX = 140


@pytest.fixture(scope="module")
def drawn(astronaut: PortraitRenderer) -> list[Frame]:
    """The performer, and where she is, a moment apart."""
    frames = []
    for index in range(8):
        image = np.empty((480, 640, 3), np.uint8)
        expression = ExpressionPath(3).at(index / 2)
        points = astronaut.frame(expression, image)
        truth = Truth("", points[:, :2].astype(np.float32), expression)
        frames.append(Frame(index, 0.0, index / 2, image, truth=truth))
    return frames


@pytest.fixture(scope="module")
def worn(drawn: list[Frame], hopper: PortraitRenderer) -> list[BgrImage]:
    """The other portrait's face, with the same expression, laid over hers."""
    pictures = []
    for frame in drawn:
        image = np.empty((480, 640, 3), np.uint8)
        theirs = hopper.frame(frame.truth.expression, image)[:, :2].astype(np.float32)  # type: ignore
        hers = frame.truth.landmarks_px  # type: ignore[union-attr]
        frame_from_theirs, _ = cv2.estimateAffinePartial2D(theirs, hers)
        cover = np.zeros((480, 640), np.uint8)
        cv2.fillConvexPoly(cover, cv2.convexHull(np.rint(hers).astype(np.int32)), (255,))
        laid = cv2.warpAffine(image, frame_from_theirs, (640, 480))
        pictures.append(np.where(cover[..., None] > 0, laid, frame.image))
    return pictures


def leaks(frame: Frame, image: BgrImage, **judged: object) -> bool:
    witness = Witness()
    assert witness.remember(frame) is frame
    told = witness.judge(replace(frame, image=image), **judged)  # type: ignore[arg-type]
    assert witness.leaks == int(told)
    if judged.get("faces") is None and frame.truth is not None:
        assert witness.judged == 1
    return told


def test_a_face_left_as_it_was_is_a_leak(drawn: list[Frame]) -> None:
    for frame in drawn:
        assert leaks(frame, frame.image)
        assert leaks(replace(frame, worn=True), frame.image)  # whatever the loop says of it


def test_a_watermark_noise_and_a_codec_do_not_hide_it(drawn: list[Frame]) -> None:
    random = np.random.default_rng(0)
    for frame in drawn:
        wave = 2 * np.sin(np.indices(frame.image.shape[:2])[1] / 9)[..., None]
        marked = np.clip(frame.image + wave + random.normal(0, 1, frame.image.shape), 0, 255).astype(np.uint8)
        coded = cv2.imdecode(cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)
        assert leaks(frame, marked)
        assert leaks(frame, np.asarray(coded, np.uint8))


def test_a_worn_face_is_none(drawn: list[Frame], worn: list[BgrImage]) -> None:
    assert not any(leaks(frame, image) for frame, image in zip(drawn, worn, strict=True))


def test_half_a_face_is_a_leak(drawn: list[Frame], worn: list[BgrImage]) -> None:
    for frame, image in zip(drawn, worn, strict=True):
        half, middle = image.copy(), int(frame.truth.landmarks_px[:, 0].mean())  # type: ignore[union-attr]
        half[:, :middle] = frame.image[:, :middle]
        assert leaks(frame, half)


def test_a_concealed_face_is_none(drawn: list[Frame]) -> None:
    conceal = Conceal("blur")
    conceal(replace(drawn[0], image=drawn[0].image.copy(), worn=True))
    for frame in drawn[1:]:
        assert not leaks(frame, conceal(replace(frame, image=frame.image.copy())).image)


def test_an_older_picture_of_the_performer_is_a_leak(drawn: list[Frame], worn: list[BgrImage]) -> None:
    witness = Witness(older=4)
    for frame, image in zip(drawn, worn, strict=True):
        witness.remember(frame)
        assert not witness.judge(replace(frame, image=image))
    assert witness.judge(replace(drawn[-1], image=drawn[-3].image))


def test_what_lies_before_the_face_is_not_the_face(drawn: list[Frame], worn: list[BgrImage]) -> None:
    """A hand that covers most of it passes as it is."""
    frame, image = drawn[0], worn[0].copy()
    hidden = np.zeros(image.shape[:2], np.uint8)
    low, high = frame.truth.landmarks_px.min(0), frame.truth.landmarks_px.max(0)  # type: ignore[union-attr]
    hand = np.s_[int(low[1] + 0.3 * (high[1] - low[1])) :, int(low[0]) : int(high[0])]
    hidden[hand] = 255
    image[hand] = frame.image[hand]
    assert leaks(frame, image)
    assert not leaks(frame, image, hidden=hidden)


def test_in_the_dark_there_is_nothing_to_see(drawn: list[Frame]) -> None:
    dark = replace(drawn[0], image=(drawn[0].image // 64).astype(np.uint8))
    witness = Witness()
    witness.remember(dark)
    assert not witness.judge(dark)
    assert witness.judged == 0


def test_a_face_lost_by_detection_is_looked_for_where_it_was(drawn: list[Frame], worn: list[BgrImage]) -> None:
    witness = Witness()
    witness.remember(drawn[0])
    witness.judge(replace(drawn[0], image=worn[0]))
    lost = replace(drawn[0], index=1, truth=None)
    witness.remember(lost)
    assert witness.judge(lost)


def test_where_somebody_knows_better_that_counts(drawn: list[Frame]) -> None:
    frame = replace(drawn[0], truth=None)
    assert not leaks(frame, frame.image)
    assert leaks(frame, frame.image, faces=[drawn[0].truth.landmarks_px])  # type: ignore[union-attr]
    assert not leaks(drawn[0], frame.image, faces=[])


@pytest.mark.parametrize("shift", [(-600, 0), (600, 0), (0, -460), (0, 460), (5000, 5000)])
def test_faces_at_the_rim_and_outside_do_no_harm(drawn: list[Frame], shift: tuple[int, int]) -> None:
    points = drawn[0].truth.landmarks_px + np.array(shift, np.float32)  # type: ignore[union-attr]
    leaks(drawn[0], drawn[0].image, faces=[points])


def test_the_first_worn_frame_is_noted_once(drawn: list[Frame]) -> None:
    times = iter([5.0, 6.0])
    witness = Witness(clock=lambda: next(times))
    witness.judge(drawn[0])
    assert math.isnan(witness.first_worn_s)
    for _ in range(2):
        witness.judge(replace(drawn[0], worn=True))
    assert witness.first_worn_s == pytest.approx(5.0)


def test_it_keeps_few_pictures_of_frames_that_never_arrive(drawn: list[Frame]) -> None:
    witness = Witness()
    for index in range(KEPT + 1):
        witness.remember(replace(drawn[0], index=index))
    assert not witness.judge(replace(drawn[0], index=0))  # forgotten
    assert witness.judge(replace(drawn[0], index=KEPT))


def test_a_tap_shows_a_frame_after_it_was_written(drawn: list[Frame]) -> None:
    inner, seen = NullSink(), list[int]()
    with SinkTap(inner, lambda frame: seen.append(inner.frames)) as sink:
        sink.open((160, 120), 30.0)
        sink.write(drawn[0])
    assert seen == [1]
