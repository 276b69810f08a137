import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.face import topology
from realtime.face.align import (
    CROP_CENTRE,
    CROP_SIDE,
    TEMPLATE,
    align,
    head_rotation,
    invert,
    scale_crop,
    transform,
    umeyama,
)
from realtime.source.expression import Expression
from realtime.source.head import rotation_of


def template_face(scale: float = 100.0, shift: tuple[float, float] = (300.0, 200.0)) -> np.ndarray:
    points = np.zeros((topology.POINTS, 3), np.float32)
    for index, place in TEMPLATE.items():
        points[index] = place
    return (points * scale + (*shift, 0)).astype(np.float32)


@given(st.floats(0.05, 50), st.floats(-3.1, 3.1), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_umeyama_finds_the_similarity_that_was_applied(scale: float, angle: float, x: float, y: float) -> None:
    source = np.random.default_rng(0).normal(size=(12, 2))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = umeyama(source, source @ linear.T + (x, y))
    assert np.allclose(found, np.column_stack([linear, (x, y)]), atol=1e-6 * max(1.0, abs(x), abs(y), scale))


def test_umeyama_never_mirrors() -> None:
    source = np.random.default_rng(1).normal(size=(8, 2))
    assert np.linalg.det(umeyama(source, source * (-1, 1))[:, :2]) > 0


def test_points_on_one_spot_have_no_scale() -> None:
    with pytest.raises(ValueError, match="one spot"):
        umeyama(np.ones((5, 2)), np.zeros((5, 2)))


def test_a_template_face_fills_the_crop_as_the_template_says() -> None:
    crop_from_frame = align(template_face())
    between_eyes = transform(np.array([[300.0, 200.0]]), crop_from_frame)[0]
    assert np.allclose(between_eyes, (0.5 - CROP_CENTRE[0] / CROP_SIDE, 0.5 - CROP_CENTRE[1] / CROP_SIDE), atol=1e-4)
    chin = transform(np.array([[300.0, 374.0]]), crop_from_frame)[0]
    forehead = transform(np.array([[300.0, 123.0]]), crop_from_frame)[0]
    assert 0.05 < forehead[1] < chin[1] < 0.9


def test_mouth_and_jaw_do_not_move_the_crop() -> None:
    face = template_face()
    moved = face.copy()
    moved[[13, 14, 17, 152, 61, 291]] += 40
    assert np.array_equal(align(face), align(moved))


def test_scaled_crop_has_pixel_centres_at_whole_numbers() -> None:
    unit = align(template_face())
    corner = invert(unit) @ (0, 0, 1)
    assert np.allclose(scale_crop(unit, 128) @ (*corner, 1), (-0.5, -0.5), atol=1e-9)


def test_inverse_undoes() -> None:
    matrix = align(template_face())
    there_and_back = np.vstack([invert(matrix), (0, 0, 1)]) @ np.vstack([matrix, (0, 0, 1)])
    assert np.allclose(there_and_back, np.eye(3), atol=1e-9)


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (25, 0, 0), (0, -15, 0), (-20, 10, 12)])
def test_head_rotation_reads_back_what_was_turned(yaw: float, pitch: float, roll: float) -> None:
    wanted = rotation_of(Expression(yaw=yaw, pitch=pitch, roll=roll))
    face = template_face(1.0, (0.0, 0.0)) @ wanted.T
    assert np.allclose(head_rotation(face.astype(np.float32)), wanted, atol=1e-5)
