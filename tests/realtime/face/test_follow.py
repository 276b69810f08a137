"""Faces followed from picture to picture, against the truth that the built-in performer was drawn from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from realtime.face.follow import Follower
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer

FPS = 60
Drawn = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def pictures(astronaut: PortraitRenderer) -> list[Drawn]:
    path, drawn = ExpressionPath(3), []
    for index in range(40):
        picture = np.empty((480, 640, 3), np.uint8)
        drawn.append((picture, np.array(astronaut.frame(path.at(index / FPS), picture), np.float32)))
    return drawn


def error(points: np.ndarray, true: np.ndarray) -> float:
    """Mean distance, in widths of the face."""
    return float(np.linalg.norm(points[:, :2] - true[:, :2], axis=1).mean() / np.ptp(true[:, 0]))


def test_it_goes_where_the_face_goes(pictures: list[Drawn]) -> None:
    follower, ours, still = Follower(), [], []
    for (before, from_), (after, to) in pairwise(pictures):
        follower.keep(before, [from_])
        followed = follower(after)
        assert followed is not None
        ours.append(error(followed[0], to))
        still.append(error(from_, to))
    assert np.mean(ours) < 0.005
    assert np.mean(ours) < 0.6 * np.mean(still)


def test_over_several_pictures_it_does_not_drift_far(pictures: list[Drawn]) -> None:
    follower = Follower()
    follower.keep(pictures[0][0], [pictures[0][1]])
    for picture, true in pictures[1:9]:
        followed = follower(picture)
        assert followed is not None
        assert error(followed[0], true) < 0.02


def test_two_faces_keep_their_order(pictures: list[Drawn]) -> None:
    (first, at_first), (second, at_second) = pictures[10], pictures[11]
    aside = np.array((640, 0, 0), np.float32)
    follower = Follower()
    follower.keep(np.hstack([first, first]), [at_first + aside, at_first])
    followed = follower(np.hstack([second, second]))
    assert followed is not None
    assert error(followed[0], at_second + aside) < 0.01
    assert error(followed[1], at_second) < 0.01


def covered(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A busy hand over the upper half of the face."""
    left, top = points[:, :2].min(0).astype(int)
    right, middle = points[:, 0].max().astype(int), points[:, 1].mean().astype(int)
    changed = picture.copy()
    changed[top:middle, left:right] = np.random.default_rng(0).integers(0, 256, (middle - top, right - left, 3))
    return changed


def another(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, picture.shape).astype(np.uint8)


def flat(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.full_like(picture, 90)


def elsewhere(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.roll(picture, int(1.5 * np.ptp(points[:, 0])), axis=1))


@pytest.mark.parametrize("change", [covered, another, flat, elsewhere])
def test_what_cannot_be_followed_is_not(
    pictures: list[Drawn], change: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> None:
    picture, points = pictures[5]
    follower = Follower()
    follower.keep(picture, [points])
    assert follower(change(*pictures[6])) is None
    assert follower(picture) is None  # and nothing is left to go by


def test_one_of_two_is_not_enough(pictures: list[Drawn]) -> None:
    (first, at_first), second = pictures[10], pictures[11]
    follower = Follower()
    follower.keep(np.hstack([first, first]), [at_first, at_first + np.array((640, 0, 0), np.float32)])
    assert follower(np.hstack([second[0], flat(*second)])) is None


def test_nothing_is_followed_before_anything_was_seen(pictures: list[Drawn]) -> None:
    picture, points = pictures[0]
    follower = Follower()
    assert follower(picture) is None
    follower.keep(picture, [])
    assert follower(picture) is None
    follower.keep(picture, [points])
    follower.forget()
    assert follower(picture) is None


def test_the_picture_itself_may_be_drawn_into(pictures: list[Drawn]) -> None:
    """The loop lays the persona over it while the next one is on its way."""
    (first, at_first), (second, true) = pictures[10], pictures[11]
    follower, drawn_over = Follower(), first.copy()
    follower.keep(drawn_over, [at_first])
    drawn_over[:] = 0
    followed = follower(second)
    assert followed is not None
    assert error(followed[0], true) < 0.01


@pytest.mark.parametrize("shift", [(-420, 0), (420, 0), (0, -300), (2000, 2000)])
def test_at_the_rim_and_beyond_it_does_no_harm(pictures: list[Drawn], shift: tuple[int, int]) -> None:
    (first, at_first), (second, _) = pictures[10], pictures[11]
    follower = Follower()
    follower.keep(first, [at_first + np.array((*shift, 0), np.float32)])
    followed = follower(second)
    assert followed is None or np.isfinite(followed[0]).all()
    follower.keep(first, [at_first])
    assert follower(np.ascontiguousarray(second[:100, :100])) is None
