import numpy as np

from realtime.face.smooth import OneEuro
from realtime.face.tracker import Tracker


def face_at(x: float, y: float = 100.0) -> np.ndarray:
    points = np.random.default_rng(0).uniform(-40, 40, (478, 3)).astype(np.float32)
    return points + np.array([x, y, 0], np.float32)


def test_ids_stay_when_the_detector_swaps_the_order() -> None:
    track = Tracker()
    first = track([face_at(100), face_at(400)], 0.0)
    second = track([face_at(405), face_at(103)], 0.033)
    assert [id for id, _ in first] == [id for id, _ in second] == [0, 1]
    assert second[0][1][:, 0].mean() < 200 < second[1][1][:, 0].mean()


def test_a_face_that_comes_back_soon_keeps_its_id_and_a_late_one_does_not() -> None:
    track = Tracker()
    track([face_at(100)], 0.0)
    track([], 0.3)
    assert track([face_at(110)], 0.6)[0][0] == 0
    assert track([face_at(110)], 2.0)[0][0] == 1


def test_a_face_that_jumps_is_another_one() -> None:
    track = Tracker()
    track([face_at(100)], 0.0)
    assert track([face_at(400)], 0.033)[0][0] == 1


def test_time_that_runs_backwards_starts_anew() -> None:
    track = Tracker()
    track([face_at(100)], 5.0)
    assert track([face_at(100)], 1.0)[0][0] == 1


def test_trembling_points_come_to_rest() -> None:
    random = np.random.default_rng(0)
    still = face_at(200)
    smooth = OneEuro()
    seen = [still + random.normal(0, 0.3, still.shape).astype(np.float32) for _ in range(60)]
    out = [smooth(points, number / 30, 80.0) for number, points in enumerate(seen)]
    assert np.std(np.array(out[20:]) - still) < 0.8 * np.std(np.array(seen[20:]) - still)


def test_a_fast_movement_is_not_held_back() -> None:
    smooth = OneEuro()
    start = face_at(200)
    smooth(start, 0.0, 80.0)
    moved = start + np.array([8, 0, 0], np.float32)  # three face widths a second: a quick word
    assert np.abs(smooth(moved, 1 / 30, 80.0) - moved).max() < 1.0


def test_filter_does_not_touch_what_it_is_given() -> None:
    points = face_at(100)
    before = points.copy()
    OneEuro()(points, 0.0, 80.0)[:] = 0
    assert np.array_equal(points, before)
