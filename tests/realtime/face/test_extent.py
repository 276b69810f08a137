import numpy as np
import pytest

from realtime.face.extent import extent_of, mean_step


def points() -> np.ndarray:
    return np.random.default_rng(0).normal(300, 50, (478, 3)).astype(np.float32)


def test_as_numpy_has_it() -> None:
    given = points()
    extent = extent_of(given)
    low, high, mean = given[:, :2].min(0), given[:, :2].max(0), given[:, :2].mean(0, np.float64)
    np.testing.assert_allclose(extent[:6], [*low, *high, *mean], rtol=1e-6)
    assert extent.usable and extent.width == pytest.approx(high[0] - low[0])
    before = given + np.float32([3, -5, 900])
    assert mean_step(given, before) == pytest.approx(4.0, abs=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 200, 477])
def test_points_that_are_no_numbers_are_no_use(axis: int, broken: float, place: int) -> None:
    given = points()
    given[place, axis] = broken
    assert not extent_of(given).usable


def test_points_on_one_spot_or_line_are_no_use() -> None:
    given = points()
    for axis in (0, 1):
        flat = given.copy()
        flat[:, axis] = 7
        assert not extent_of(flat).usable
    assert extent_of(np.zeros((3, 3), np.float32)).width == 1
