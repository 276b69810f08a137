"""Who is who by looks: people who cross, leave and come back."""

from __future__ import annotations

import numpy as np

from realtime.face.signature import unlike
from realtime.face.tracker import Tracker

WIDTH = 80.0


def face_at(x: float, y: float = 100.0) -> np.ndarray:
    points = np.random.default_rng(0).uniform(-WIDTH / 2, WIDTH / 2, (478, 3)).astype(np.float32)
    return points + np.array([x, y, 0], np.float32)


def looks_of(person: int, time_s: float = 0.0) -> np.ndarray:
    """Numbers that differ by about 1 between two people, and by a tenth from moment to moment."""
    own = np.random.default_rng(person).normal(0, 0.7, 40)
    return (own + np.random.default_rng(int(time_s * 1000) + person).normal(0, 0.1, 40)).astype(np.float32)


def test_looks_tell_people_apart() -> None:
    assert unlike(looks_of(1, 0), looks_of(1, 5)) < 0.25
    assert unlike(looks_of(1), looks_of(2)) > 0.7


def test_two_who_cross_keep_their_names_though_one_is_hidden() -> None:
    track, names = Tracker(), {1: set(), 2: set()}
    for step in range(120):
        time_s = step / 30
        places = {1: 100 + 5 * step, 2: 700 - 5 * step}
        hidden = abs(places[1] - places[2]) < 0.9 * WIDTH
        people = [1] if hidden else [1, 2]
        if step % 7 == 0:
            people = people[::-1]
        found = track([face_at(places[one]) for one in people], time_s, [looks_of(one, time_s) for one in people])
        for id_, points in found:
            person = min(people, key=lambda one: abs(places[one] - points[:, 0].mean()))
            names[person].add(id_)
    assert names == {1: {0}, 2: {1}} or names == {1: {1}, 2: {0}}


def test_one_who_left_is_known_when_coming_back_elsewhere() -> None:
    track = Tracker()
    for step in range(10):
        track([face_at(100), face_at(500)], step / 30, [looks_of(1), looks_of(2)])
    for step in range(10, 40):
        track([face_at(500)], step / 30, [looks_of(2)])
    found = dict(track([face_at(300), face_at(500)], 20.0, [looks_of(1), looks_of(2)]))
    assert sorted(found) == [0, 1]
    assert found[0][:, 0].mean() < 400


def test_somebody_new_gets_a_new_name() -> None:
    track = Tracker()
    track([face_at(100)], 0.0, [looks_of(1)])
    assert track([face_at(500)], 5.0, [looks_of(2)])[0][0] == 1


def test_a_face_found_twice_is_one() -> None:
    track = Tracker()
    for step in range(5):
        assert len(track([face_at(100), face_at(104)], step / 30, [looks_of(1), looks_of(1)])) == 1


def test_a_find_that_slid_onto_a_neighbour_does_not_take_the_hidden_ones_name() -> None:
    """A detector that lost the one behind may find the one in front in its place."""
    track = Tracker()
    for step in range(10):
        track([face_at(100), face_at(150)], step / 30, [looks_of(1), looks_of(2)])
    slid = track([face_at(150)], 0.4, [looks_of(1)])
    assert slid[0][0] == 0


def test_light_switched_off_is_no_new_person() -> None:
    track = Tracker()
    track([face_at(100)], 0.0, [looks_of(1)])
    assert track([face_at(101)], 0.03, [looks_of(1) + 2])[0][0] == 0
