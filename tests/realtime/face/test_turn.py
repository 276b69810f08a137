"""Who is turned too far is not worn, and comes back only once that is sure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from realtime.face.align import align
from realtime.face.turn import MOST_YAW_DEG, TurnLimit, yaw
from realtime.frame import Face
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


@pytest.fixture(scope="module")
def ahead(astronaut: PortraitRenderer) -> np.ndarray:
    return astronaut.head.pose(Expression(pitch=0.0)).points.astype(np.float32)


def turned(ahead: np.ndarray, degrees: float, id_: int = 0) -> Face:
    angle = math.radians(degrees)
    about_y = np.array([[math.cos(angle), 0, -math.sin(angle)], [0, 1, 0], [math.sin(angle), 0, math.cos(angle)]])
    middle = ahead.mean(0)
    points = ((ahead - middle) @ about_y.T + middle).astype(np.float32)
    return Face(id_, points, align(points))


@pytest.mark.parametrize("degrees", [-70, -40, -10, 0, 10, 40, 70])
def test_yaw_is_read_back(ahead: np.ndarray, degrees: float) -> None:
    assert yaw(turned(ahead, degrees)) - yaw(turned(ahead, 0)) == pytest.approx(degrees, abs=2)


def test_to_the_limit_and_no_further(ahead: np.ndarray) -> None:
    for side in (-1, 1):
        limit = TurnLimit()
        assert limit(turned(ahead, side * (MOST_YAW_DEG - 6)), 0.0)
        assert not limit(turned(ahead, side * (MOST_YAW_DEG + 6)), 0.1)


def test_back_only_once_it_stays_so(ahead: np.ndarray) -> None:
    """The mesh takes a profile for a face that looks ahead, for two frames."""
    limit = TurnLimit()
    assert limit(turned(ahead, 0), 0.0)
    assert not limit(turned(ahead, 60), 1.0)
    assert not any(limit(turned(ahead, 10), 1.0 + number / 30) for number in (1, 2))
    assert not limit(turned(ahead, 60), 1.1)
    assert not any(limit(turned(ahead, 20), 1.1 + number / 30) for number in range(1, 5))
    assert all(limit(turned(ahead, 20), 1.1 + number / 30) for number in range(5, 8))


def test_who_looks_ahead_is_not_held_up_by_who_does_not(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    assert not limit(turned(ahead, 60, 1), 0.0)
    assert limit(turned(ahead, 0, 2), 0.0)


def test_time_that_jumps_back_holds_nobody_up(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    limit(turned(ahead, 60), 100.0)
    assert limit(turned(ahead, 0), 5.0)


def test_few_are_remembered(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    for number in range(300):
        limit(turned(ahead, 60, number), float(number))
    assert len(limit._away_s) <= 11
