from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import FaceError, SourceError
from realtime.face import topology
from realtime.face.landmarks import find_in_still
from realtime.source.expression import NAMES, Expression, ExpressionPath, random_expression
from realtime.source.portrait import PortraitPerformer
from realtime.source.renderer import PortraitRenderer


def opening(points: np.ndarray, pair: tuple[int, int], renderer: PortraitRenderer) -> float:
    return float(np.linalg.norm(points[pair[0], :2] - points[pair[1], :2])) / renderer.head.scale_px


@pytest.mark.parametrize("wanted", [0.0, 0.2, 0.6])
def test_mouths_open_equally_far_on_both_portraits(
    astronaut: PortraitRenderer, hopper: PortraitRenderer, wanted: float
) -> None:
    for renderer in (astronaut, hopper):
        points = renderer.head.pose(Expression(mouth_open=wanted)).points
        assert opening(points, (topology.UPPER_LIP, topology.LOWER_LIP), renderer) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("wanted", [0.0, 0.1, 0.2])
def test_eyes_open_equally_far_on_both_portraits(
    astronaut: PortraitRenderer, hopper: PortraitRenderer, wanted: float
) -> None:
    for renderer in (astronaut, hopper):
        points = renderer.head.pose(Expression(right_eye=wanted, left_eye=wanted)).points
        for pair in topology.LID_PAIRS:
            assert opening(points, pair, renderer) == pytest.approx(wanted, abs=0.02)


def test_a_closed_eye_is_a_line_and_an_open_mouth_is_dark_with_teeth(astronaut: PortraitRenderer) -> None:
    def inside(expression: Expression, ring: tuple[int, ...], whose: Expression) -> tuple[np.ndarray, np.ndarray]:
        crop, _, _ = astronaut.crop(expression, 256)
        _, points, crop_from_frame = astronaut.crop(whose, 256)
        outline = points[list(ring), :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
        mask = np.zeros((256, 256), np.uint8)
        cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 255)
        return crop.mean(2), mask > 0

    def thickly_dark(expression: Expression) -> int:
        """Pixels with the dark around them: iris and pupil, but no lashes."""
        grey, mask = inside(expression, topology.RIGHT_EYE, Expression(right_eye=0.2))
        return int(cv2.erode(((grey < 70) & mask).astype(np.uint8), np.ones((4, 4), np.uint8)).sum())

    assert thickly_dark(Expression(right_eye=0.2)) > 10
    assert thickly_dark(Expression(right_eye=0.0)) == 0
    wide_open = Expression(mouth_open=0.6)
    grey, mask = inside(wide_open, topology.LIPS_INNER, wide_open)
    assert (grey[mask] < 60).mean() > 0.25
    assert (grey[mask] > 150).mean() > 0.05


def test_turning_moves_the_nose_where_it_says(astronaut: PortraitRenderer) -> None:
    rest = astronaut.head.pose(Expression()).points
    assert astronaut.head.pose(Expression(yaw=20)).points[4, 0] > rest[4, 0] + 5
    assert astronaut.head.pose(Expression(pitch=12)).points[4, 1] > rest[4, 1]


def test_light_from_one_side_brightens_that_side(astronaut: PortraitRenderer) -> None:
    crop, _, _ = astronaut.crop(Expression(light=0.6, light_x=0.9), 128)
    dark, _, _ = astronaut.crop(Expression(light=0.6, light_x=-0.9), 128)
    difference = crop.astype(int) - dark.astype(int)
    assert difference[60:80, 80:92].mean() > 8 > -8 > difference[60:80, 36:48].mean()


def test_the_mesh_is_found_in_extreme_expressions(astronaut: PortraitRenderer) -> None:
    picture = np.empty((480, 640, 3), np.uint8)
    for expression in (Expression(mouth_open=0.7), Expression(yaw=-30), Expression(right_eye=0, left_eye=0)):
        astronaut.frame(expression, picture)
        assert find_in_still(picture) is not None


def test_crop_and_frame_agree(astronaut: PortraitRenderer) -> None:
    expression = Expression(mouth_open=0.3, yaw=10)
    picture = np.empty((480, 640, 3), np.uint8)
    drawn = astronaut.frame(expression, picture)
    crop, points, crop_from_frame = astronaut.crop(expression, 96)
    assert np.array_equal(points, drawn)
    cut = cv2.warpAffine(picture, crop_from_frame, (96, 96))
    assert np.abs(cut[20:80, 20:76].astype(int) - crop[20:80, 20:76]).mean() < 6


def test_a_path_is_smooth_repeatable_and_within_life() -> None:
    def table(seed: int) -> np.ndarray:
        path = ExpressionPath(seed)
        return np.array([[getattr(path.at(step / 60), name) for name in NAMES] for step in range(600)])

    first = table(5)
    assert np.array_equal(first, table(5))
    assert not np.array_equal(first, table(6))
    turn = first[:, NAMES.index("yaw")]
    assert np.abs(np.diff(turn)).max() < 1.5
    assert np.ptp(turn) > 10
    assert first[:, NAMES.index("right_eye")].min() < 0.01  # it blinks
    assert np.ptp(first[:, NAMES.index("mouth_open")]) > 0.2  # it talks


def test_training_sees_wider_than_life() -> None:
    random = np.random.default_rng(0)
    drawn = [random_expression(random) for _ in range(400)]
    assert max(one.mouth_open for one in drawn) > 0.8
    assert max(one.yaw for one in drawn) > 35
    assert min(one.left_eye for one in drawn) < 0.01


def test_truth_comes_with_the_frame() -> None:
    with PortraitPerformer(size_wh=(320, 240), paced=False, seconds=0.1) as source:
        frames = [source.read() for _ in range(4)]
    assert frames[3] is None
    assert [frame.index for frame in frames[:3]] == [0, 1, 2]
    assert all(
        frame.image.shape == (240, 320, 3) and frame.truth.landmarks_px.shape == (478, 2) for frame in frames[:3]
    )
    assert not np.array_equal(frames[0].image, frames[2].image)


def test_a_shape_makes_another_head_of_it(astronaut: PortraitRenderer) -> None:
    wider = np.zeros((468, 3))
    wider[:, 0] = 0.2 * astronaut.head.rest[:468, 0]
    plain = astronaut.head.pose(Expression()).points
    other = astronaut.head.pose(Expression(), wider).points
    assert np.ptp(other[:, 0]) > 1.1 * np.ptp(plain[:, 0])
    assert np.array_equal(astronaut.head.pose(replace(Expression())).points, plain)


def test_a_portrait_without_a_face_says_so(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(FaceError, match=r"wanted one face.*got none.*another photo"):
        PortraitPerformer(path).open()


def test_a_portrait_that_is_no_picture_says_so(tmp_path: Path) -> None:
    path = tmp_path / "note.jpg"
    path.write_text("no picture")
    with pytest.raises(SourceError, match=r"wanted a picture"):
        PortraitPerformer(path).open()
    with pytest.raises(SourceError, match="no such file"):
        PortraitPerformer(tmp_path / "absent.jpg").open()
