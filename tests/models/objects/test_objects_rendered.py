"""Rendered fruit: solid, where it was asked for, lit from where the light is, and the same for the same moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.objects.fruit import FRUITS
from models.objects.scene import Moment, MomentPath, Scene

SIZE_WH = (320, 180)


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {name: Scene(make(), SIZE_WH) for name, make in FRUITS.items()}


def middle(cover: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(cover > 127)
    return float(x.mean()), float(y.mean())


@pytest.mark.parametrize("name", FRUITS)
@pytest.mark.parametrize("nod", [0.0, 45.0, 90.0, 180.0])
def test_a_fruit_is_solid_and_where_it_was_asked_for(scenes: dict[str, Scene], name: str, nod: float) -> None:
    picture, cover = scenes[name].draw(Moment(nod=nod, shift_x=0.3, shift_y=-0.1))
    assert picture.shape == (180, 320, 3)
    assert picture.dtype == cover.dtype == np.uint8
    x, y = middle(cover)
    assert abs(x - (160 + 0.3 * 180)) < 6
    assert abs(y - (90 - 0.1 * 180)) < 10
    rows = [np.nonzero(row)[0] for row in cover > 127 if row.any()]
    assert all(len(row) == row[-1] - row[0] + 1 for row in rows[12:])  # no holes below the stem


@pytest.mark.parametrize("name", FRUITS)
def test_the_same_moment_is_the_same_picture_and_another_is_not(scenes: dict[str, Scene], name: str) -> None:
    moment = MomentPath(5).at(1.7)
    first, second = (scenes[name].draw(moment)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(scenes[name].draw(replace(moment, nod=moment.nod + 10))[0].astype(int) - first).max() > 30


@pytest.mark.parametrize("name", FRUITS)
def test_light_from_the_left_lights_the_left(scenes: dict[str, Scene], name: str) -> None:
    def left_share(light_x: float) -> float:
        picture, cover = scenes[name].draw(Moment(light_x=light_x, light=0.75))
        grey = picture.astype(float).mean(2) * (cover > 127)
        return float(grey[:, : SIZE_WH[0] // 2].sum() / grey.sum())

    assert left_share(-0.9) > left_share(0.9) + 0.1


def test_a_turned_kiwi_shows_its_green_where_the_apple_shows_its_stem(scenes: dict[str, Scene]) -> None:
    def place(name: str, turn: float) -> float:
        picture, cover = scenes[name].draw(Moment(turn=turn))
        blue, green, red = np.moveaxis(picture.astype(int), 2, 0)
        top = (green > red + 20) if name == "kiwi" else (green > 0.6 * red) & (blue < green)
        return float(np.nonzero(top & (cover > 127))[1].mean()) - SIZE_WH[0] / 2

    for name in FRUITS:
        assert place(name, -30) < -3 < 3 < place(name, 30)


def test_a_path_is_smooth_and_its_own_for_each_seed() -> None:
    path = MomentPath(1)
    assert path.at(3.0) == MomentPath(1).at(3.0) != MomentPath(2).at(3.0)
    nods = np.array([path.at(step / 30).nod for step in range(300)])
    assert np.abs(np.diff(nods)).max() < 5 < np.ptp(nods)
