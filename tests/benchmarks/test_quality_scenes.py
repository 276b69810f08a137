"""The benchmark's own scenery: obstacles, strangers, and the reading of eyes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.eyes import OPENINGS, EyeReader, peak
from benchmarks.obstacles import SPRITES, Obstacle
from benchmarks.strangers import STRANGERS, Looks, StrangerPerformer, colour, reshape
from realtime.face.landmarks import find_in_still
from realtime.source.expression import Expression
from realtime.source.reading import eye_opening, mouth_opening
from realtime.source.renderer import PortraitRenderer

SIZE = 128


@pytest.mark.parametrize("kind", SPRITES)
def test_an_obstacle_changes_what_it_covers_and_nothing_else(astronaut: PortraitRenderer, kind: str) -> None:
    frame = np.empty((480, 640, 3), np.uint8)
    points = astronaut.frame(Expression(), frame)[:, :2].copy()
    before = frame.copy()
    cover = Obstacle(kind).draw(frame, points, 0.8)
    inside = points[:, :2].round().astype(int)
    share = (cover[inside[:, 1], inside[:, 0]] > 127).mean()
    assert 0.03 < share < 0.7
    assert np.array_equal(frame[cover == 0], before[cover == 0])
    assert (np.abs(frame[cover == 255].astype(int) - before[cover == 255]).max(1) > 3).mean() > 0.8


def test_an_obstacle_goes_with_its_face(astronaut: PortraitRenderer) -> None:
    frame = np.zeros((480, 640, 3), np.uint8)
    points = astronaut.head.pose(Expression()).points[:, :2].astype(np.float32)
    covers = [Obstacle("mug").draw(frame.copy(), points + np.float32([shift, 0]), 1.0) for shift in (0, 40)]
    assert np.abs(covers[0][:, :-40].astype(int) - covers[1][:, 40:]).mean() < 1


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_performs_what_the_path_says(name: str) -> None:
    with StrangerPerformer(name, 70_021, (640, 480)) as source:
        for _ in range(12):
            frame = source.read()
    assert frame.index == 11
    assert frame.truth is not None
    expression = frame.truth.expression
    assert isinstance(expression, Expression)
    found = find_in_still(frame.image)
    assert found is not None
    assert mouth_opening(found) == pytest.approx(expression.mouth_open, abs=0.1)
    away = np.linalg.norm(found[:, :2] - frame.truth.landmarks_px, axis=1).mean()
    assert away < 0.06 * np.ptp(frame.truth.landmarks_px[:, 0])


def test_strangers_are_other_people(astronaut: PortraitRenderer) -> None:
    shapes = [reshape(astronaut.head.rest, looks) for looks in STRANGERS.values()]
    for number, shape in enumerate(shapes):
        assert np.linalg.norm(shape, axis=1).mean() > 0.02
        assert all(np.abs(shape - other).mean() > 0.005 for other in shapes[:number])
    assert np.abs(reshape(astronaut.head.rest, Looks("astronaut"))).max() == 0


def test_a_shape_leaves_openings_alone(astronaut: PortraitRenderer) -> None:
    expression = Expression(mouth_open=0.3)
    plain = astronaut.head.pose(expression).points.astype(np.float32)
    for looks in STRANGERS.values():
        shaped = astronaut.head.pose(expression, reshape(astronaut.head.rest, looks)).points.astype(np.float32)
        assert mouth_opening(shaped) == pytest.approx(mouth_opening(plain), abs=0.05)
        assert eye_opening(shaped) == pytest.approx(eye_opening(plain), abs=0.02)


def test_plain_looks_keep_colours() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    assert np.abs(colour(photo, Looks("astronaut")).astype(int) - photo).mean() < 2
    assert colour(photo, Looks("astronaut", gamma=2.0)).mean() < photo.mean() - 20


@pytest.mark.parametrize(("right", "left"), [(0.0, 0.0), (0.05, 0.05), (0.155, 0.155), (0.2, 0.06)])
def test_eyes_are_read_as_they_were_drawn(hopper: PortraitRenderer, right: float, left: float) -> None:
    expression = Expression(yaw=8, pitch=-4, mouth_open=0.1, right_eye=right, left_eye=left, light=0.2)
    crop, _, _ = hopper.crop(expression, SIZE)
    read = EyeReader(hopper, SIZE)(crop, replace(expression, right_eye=0.1, left_eye=0.1))
    assert read == pytest.approx((right, left), abs=0.025)


def test_eyes_are_read_in_any_light(hopper: PortraitRenderer) -> None:
    expression = Expression(right_eye=0.04, left_eye=0.04)
    crop, _, _ = hopper.crop(expression, SIZE)
    dim = np.clip(crop * 0.5 + 20, 0, 255).astype(np.uint8)
    assert EyeReader(hopper, SIZE)(dim, expression) == pytest.approx((0.04, 0.04), abs=0.02)


def test_a_peak_lies_between_its_steps() -> None:
    def top(opening: float) -> float:
        return peak(1 - (OPENINGS - opening) ** 2)

    assert top(0.1) == pytest.approx(0.1)
    assert top(0.0) == 0
    assert top(5.0) == OPENINGS[-1]
    assert peak(np.ones(9)) == 0
