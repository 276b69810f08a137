import numpy as np
import pytest

from realtime.face import topology
from realtime.face.region import FaceMap, hull
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


def draw(renderer: PortraitRenderer, expression: Expression, size: int = 128) -> np.ndarray:
    _, points, crop_from_frame = renderer.crop(expression, size)
    return FaceMap(size)(points, crop_from_frame)


def test_mesh_is_one_sheet_with_three_holes() -> None:
    triangles = topology.triangles()
    edges = {tuple(sorted(pair)) for a, b, c in triangles.tolist() for pair in ((a, b), (b, c), (a, c))}
    assert triangles.max() + 1 - len(edges) + len(triangles) == 1 - 3


def test_map_shows_how_far_the_mouth_is_open(astronaut: PortraitRenderer) -> None:
    areas = [
        int((draw(astronaut, Expression(mouth_open=opening))[..., 2] == 255).sum()) for opening in (0.05, 0.3, 0.6)
    ]
    assert areas[0] < areas[1] / 2 < areas[2] / 2


def test_no_iris_shows_through_a_closed_lid(astronaut: PortraitRenderer) -> None:
    wide = draw(astronaut, Expression(right_eye=0.22, left_eye=0.22))[..., 1]
    shut = draw(astronaut, Expression(right_eye=0.0, left_eye=0.0))[..., 1]
    assert (wide == 255).sum() > 30
    assert (shut == 255).sum() <= 12


def test_gaze_moves_the_iris(astronaut: PortraitRenderer) -> None:
    def iris_x(gaze: float) -> float:
        plane = draw(astronaut, Expression(gaze_x=gaze, right_eye=0.2, left_eye=0.2))[..., 1]
        return float(np.nonzero(plane > 200)[1].mean())

    assert iris_x(0.08) - iris_x(-0.08) == pytest.approx(0.16 * 128 / 3.6, rel=0.35)


def test_map_is_drawn_finer_than_a_pixel(astronaut: PortraitRenderer) -> None:
    _, points, crop_from_frame = astronaut.crop(Expression(), 128)
    drawing = FaceMap(128)
    first = drawing(points, crop_from_frame).astype(int)
    moved = crop_from_frame.copy()
    moved[0, 2] += 0.25
    assert np.abs(drawing(points, moved).astype(int) - first).max() > 20


def test_hull_holds_every_skin_point_and_nothing_far_away(astronaut: PortraitRenderer) -> None:
    _, points, crop_from_frame = astronaut.crop(Expression(), 128)
    mask = hull(points, crop_from_frame, 128)
    assert mask[64, 64] == 255
    assert mask[0].max() == mask[-1].max() == mask[:, 0].max() == mask[:, -1].max() == 0


def test_points_far_outside_do_not_break_the_drawing() -> None:
    points = np.full((topology.POINTS, 3), 1e9, np.float32)
    assert FaceMap(64)(points, np.eye(2, 3)).shape == (64, 64, 3)
    assert hull(points, np.eye(2, 3), 64).max() == 0
