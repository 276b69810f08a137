import numpy as np
import pytest

from realtime.face.rigid import nearest_rotation


def by_singular_values(covariance: np.ndarray) -> np.ndarray:
    """Kabsch, 1976."""
    u, _, vt = np.linalg.svd(covariance)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_as_by_singular_values(scale: float) -> None:
    noise = np.random.default_rng(0)
    for _ in range(300):  # half of them nearer to a reflection than to any rotation
        covariance = scale * noise.normal(size=(3, 3))
        np.testing.assert_allclose(nearest_rotation(covariance), by_singular_values(covariance), atol=1e-9)


def test_half_a_turn_about_any_axis() -> None:
    noise = np.random.default_rng(1)
    front = noise.normal(size=(15, 3))
    front -= front.mean(0)
    for _ in range(50):
        axis = noise.normal(size=3)
        axis /= np.linalg.norm(axis)
        turn = 2 * np.outer(axis, axis) - np.eye(3)
        np.testing.assert_allclose(nearest_rotation((front @ turn.T).T @ front), turn, atol=1e-9)


def test_what_says_nothing_is_no_turn_and_what_is_no_number_is_none() -> None:
    np.testing.assert_allclose(nearest_rotation(np.zeros((3, 3))), np.eye(3))
    turn = nearest_rotation(np.diag([1.0, 0.0, 0.0]))  # points on a line: any turn about it would do
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.isnan(nearest_rotation(np.full((3, 3), np.nan))).all()
