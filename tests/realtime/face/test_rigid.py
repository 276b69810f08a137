import numpy as np
import pytest

from realtime.face.rigid import nearest_rotation, nearest_similarity


def by_singular_values(covariance: np.ndarray) -> np.ndarray:
    """Kabsch, 1976."""
    u, _, vt = np.linalg.svd(covariance)
    return u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt


def by_covariance(covariance: np.ndarray) -> np.ndarray:
    return nearest_rotation(covariance.T.copy(), np.eye(3))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_as_by_singular_values(scale: float) -> None:
    noise = np.random.default_rng(0)
    for _ in range(300):  # half of them nearer to a reflection than to any rotation
        covariance = scale * noise.normal(size=(3, 3))
        np.testing.assert_allclose(by_covariance(covariance), by_singular_values(covariance), atol=1e-9)


def test_half_a_turn_about_any_axis() -> None:
    noise = np.random.default_rng(1)
    front = noise.normal(size=(15, 3))
    front -= front.mean(0)
    for _ in range(50):
        axis = noise.normal(size=3)
        axis /= np.linalg.norm(axis)
        turn = 2 * np.outer(axis, axis) - np.eye(3)
        np.testing.assert_allclose(nearest_rotation(front @ turn.T, front), turn, atol=1e-9)


def test_what_says_nothing_is_no_turn_and_what_is_no_number_is_none() -> None:
    np.testing.assert_allclose(by_covariance(np.zeros((3, 3))), np.eye(3))
    turn = by_covariance(np.diag([1.0, 0.0, 0.0]))  # points on a line: any turn about it would do
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.isnan(by_covariance(np.full((3, 3), np.nan))).all()


def test_a_similarity_is_that_of_the_singular_values() -> None:
    """Umeyama, 1991, who asks whether it is a reflection too; here it never is."""
    noise = np.random.default_rng(4)
    for _ in range(200):
        source, target = noise.normal(size=(2, int(noise.integers(2, 20)), 2)) * 100 + 300
        from_, to = source - source.mean(0), target - target.mean(0)
        u, values, vt = np.linalg.svd(to.T @ from_)
        sign = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
        turn = (u * sign) @ vt * ((values * sign).sum() / (from_**2).sum())
        found = nearest_similarity(source, target)
        np.testing.assert_allclose(found[:, :2], turn, atol=1e-9)
        np.testing.assert_allclose(found[:, 2], target.mean(0) - turn @ source.mean(0), atol=1e-6)
