"""Who is turned too far is not worn, and comes back only once that is sure."""

from __future__ import annotations

import math
from dataclasses import replace

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


def worn(limit: TurnLimit, media_s: float, *faces: Face) -> list[int]:
    return [face.id for face in limit(faces, media_s)]


def test_to_the_limit_and_no_further(ahead: np.ndarray) -> None:
    for side in (-1, 1):
        limit = TurnLimit()
        assert worn(limit, 0.0, turned(ahead, side * (MOST_YAW_DEG - 6))) == [0]
        assert worn(limit, 0.1, turned(ahead, side * (MOST_YAW_DEG + 6))) == []


def test_back_only_once_it_stays_so(ahead: np.ndarray) -> None:
    """The mesh takes a profile for a face that looks ahead, for two frames."""
    limit = TurnLimit()
    assert worn(limit, 0.0, turned(ahead, 0))
    assert not worn(limit, 1.0, turned(ahead, 60))
    assert not any(worn(limit, 1.0 + number / 30, turned(ahead, 10)) for number in (1, 2))
    assert not worn(limit, 1.1, turned(ahead, 60))
    assert not any(worn(limit, 1.1 + number / 30, turned(ahead, 20)) for number in range(1, 5))
    assert all(worn(limit, 1.1 + number / 30, turned(ahead, 20)) for number in range(6, 9))


@pytest.mark.parametrize("id_", [0, 7])
def test_time_in_which_nobody_is_found_does_not_count(ahead: np.ndarray, id_: int) -> None:
    """Lost beyond the limit, and then taken for a face that looks ahead; be it under another id."""
    limit = TurnLimit()
    worn(limit, 1.0, turned(ahead, 55))
    for number in range(1, 9):
        assert not worn(limit, 1.0 + number / 30)
    assert not any(worn(limit, 1.3 + number / 30, turned(ahead, 5, id_)) for number in range(4))
    assert worn(limit, 1.3 + 5 / 30, turned(ahead, 5, id_))


def test_who_comes_beside_somebody_turned_away_is_not_them(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    worn(limit, 0.0, turned(ahead, 60, 1))
    assert worn(limit, 0.03, turned(ahead, 60, 1), turned(ahead, 0, 2)) == [2]


def test_time_that_jumps_back_holds_nobody_up(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    worn(limit, 100.0, turned(ahead, 60))
    assert worn(limit, 5.0, turned(ahead, 0))


def test_few_are_remembered(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    for number in range(300):
        worn(limit, float(number), turned(ahead, 60, number))
    assert len(limit._turned) <= 11


def test_points_that_were_carried_on_turn_nobody_back(ahead: np.ndarray) -> None:
    """One look that was mistaken, and what was followed from it, is no proof that somebody looks ahead again."""
    limit = TurnLimit()
    away, back = turned(ahead, 60), turned(ahead, 0)
    assert worn(limit, 0.0, away) == []
    assert worn(limit, 0.1, back) == []
    carried = replace(back, followed=True)
    for moment in range(11, 40):
        assert worn(limit, moment / 100, carried) == []
    assert worn(limit, 0.4, back) == []


def test_points_that_were_carried_on_turn_somebody_away(ahead: np.ndarray) -> None:
    limit = TurnLimit()
    assert worn(limit, 0.0, turned(ahead, 0)) == [0]
    assert worn(limit, 0.03, replace(turned(ahead, 60), followed=True)) == []
