import numpy as np

from realtime.face.finder import FaceFinder
from realtime.face.landmarks import find_in_still
from realtime.frame import Frame
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer

EYES = [33, 133, 362, 263]


def frame_of(image: np.ndarray, index: int = 0) -> Frame:
    return Frame(index, index / 30, index / 30, image)


def test_points_lie_where_they_were_drawn(astronaut: PortraitRenderer) -> None:
    finder, path = FaceFinder(), ExpressionPath(1)
    picture = np.empty((480, 640, 3), np.uint8)
    errors = []
    for index in range(20):
        drawn = astronaut.frame(path.at(index / 30), picture)
        (face,) = finder(frame_of(picture, index)).faces
        errors.append(np.linalg.norm(face.landmarks_px[:, :2] - drawn[:, :2], axis=1).mean())
        assert face.id == 0
    finder.close()
    assert np.mean(errors) / astronaut.head.scale_px < 0.05


def test_a_frame_without_a_face_passes_with_none() -> None:
    finder = FaceFinder()
    assert finder(frame_of(np.full((120, 160, 3), 90, np.uint8))).faces == ()
    finder.close()
    finder.close()


def test_a_large_frame_is_searched_smaller_and_answered_in_its_own_pixels(astronaut: PortraitRenderer) -> None:
    small = np.ascontiguousarray(astronaut.canvas)
    large = np.ascontiguousarray(np.kron(small, np.ones((4, 4, 1), np.uint8)))
    finder = FaceFinder()
    (near,) = finder(frame_of(small)).faces
    finder.close()
    finder = FaceFinder()
    (far,) = finder(frame_of(large)).faces
    finder.close()
    assert np.abs(far.landmarks_px[EYES, :2] / 4 - near.landmarks_px[EYES, :2]).max() < 2.5


def test_three_faces_are_three_ids(astronaut: PortraitRenderer) -> None:
    one = np.ascontiguousarray(astronaut.canvas[:, 160:480])
    finder = FaceFinder(4)
    found = finder(frame_of(np.hstack([one, one, one]))).faces
    finder.close()
    assert sorted(face.id for face in found) == [0, 1, 2]


def test_odd_and_tiny_frames_do_no_harm() -> None:
    finder = FaceFinder()
    for shape in ((1, 1, 3), (7, 333, 3), (64, 64, 3), (481, 853, 3)):
        assert finder(frame_of(np.zeros(shape, np.uint8))).faces == ()
    finder.close()


def test_a_still_without_a_face_is_none() -> None:
    assert find_in_still(np.zeros((100, 100, 3), np.uint8)) is None
