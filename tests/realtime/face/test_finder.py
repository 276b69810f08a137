import numpy as np
import pytest

from realtime.face import finder as finder_module
from realtime.face.finder import FaceFinder
from realtime.face.landmarks import find_in_still
from realtime.frame import Frame
from realtime.source.expression import Expression, ExpressionPath
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


@pytest.mark.parametrize("shape", [(1, 2600, 3), (2600, 1, 3), (3, 4000, 3)])
def test_a_ribbon_has_no_face(shape: tuple[int, int, int]) -> None:
    finder = FaceFinder()
    assert finder(frame_of(np.full(shape, 90, np.uint8))).faces == ()
    finder.close()


@pytest.mark.parametrize("times", [2, 4, 6, 7])
def test_a_large_frame_is_answered_in_its_own_pixels(astronaut: PortraitRenderer, times: int) -> None:
    small = np.ascontiguousarray(astronaut.canvas)
    large = np.ascontiguousarray(np.kron(small, np.ones((times, times, 1), np.uint8)))
    finder = FaceFinder()
    (near,) = finder(frame_of(small)).faces
    finder.close()
    finder = FaceFinder()
    (far,) = finder(frame_of(large)).faces
    finder.close()
    there = (far.landmarks_px[EYES, :2] + 0.5) / times - 0.5
    assert np.abs(there - near.landmarks_px[EYES, :2]).max() < 1.5


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


class Looks:
    """A face mesh that gives one answer after the other, each the middles and widths of what it finds."""

    def __init__(self, *answers: list[tuple[float, float]]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, picture: np.ndarray) -> list[np.ndarray]:
        self.asked += 1
        unit = np.random.default_rng(0).uniform(-0.5, 0.5, (478, 3)).astype(np.float32)
        return [unit * width + np.array([x, 200, 0], np.float32) for x, width in self.answers.pop(0)]

    def close(self) -> None:
        pass


def places(finder: FaceFinder, index: int, level: int) -> list[int]:
    faces = finder(frame_of(np.full((400, 800, 3), level, np.uint8), index)).faces
    return [round(float(face.landmarks_px[:, 0].mean()) / 50) * 50 for face in faces]


def finding(monkeypatch: pytest.MonkeyPatch, *answers: list[tuple[float, float]]) -> tuple[FaceFinder, Looks]:
    looks = Looks(*answers)
    monkeypatch.setattr(finder_module, "FaceMesh", lambda most: looks)
    return FaceFinder(2), looks


def test_where_little_changes_it_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = [[(200, 100)]] * 2
    finder, looks = finding(monkeypatch, *first, [(205, 100)], [(209, 100)], [(260, 100)], [(260, 100)])
    assert places(finder, 0, 100)
    assert looks.asked == 2  # nothing is known of what was before the first picture
    places(finder, 1, 104)
    places(finder, 2, 100)
    assert looks.asked == 4
    places(finder, 3, 100)  # it moved far
    assert looks.asked == 6


def test_after_a_cut_what_does_not_stay_is_no_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mesh lays its points into a part of a larger face, and takes three looks to get there."""
    cut = [[(200, 100)], [(260, 180)], [(300, 260)], [(301, 260)]]
    finder, looks = finding(monkeypatch, *[[(200, 100)]] * 2, *cut, [(302, 260)])
    places(finder, 0, 50)
    assert places(finder, 1, 200) == [300]
    assert places(finder, 2, 200) == [300]
    assert looks.asked == 7


def test_what_never_settles_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wandering = [[(200 + 50 * number, 100)] for number in range(4)]
    finder, _ = finding(monkeypatch, *[[(200, 100)]] * 2, *wandering)
    places(finder, 0, 50)
    assert places(finder, 1, 200) == []


def test_of_two_the_one_that_settles_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    wandering = [[(200, 80), (400 + 80 * number, 80)] for number in range(4)]
    finder, _ = finding(monkeypatch, *[[(200, 80)]] * 2, *wandering)
    places(finder, 0, 50)
    assert places(finder, 1, 200) == [200]


def test_where_all_is_gone_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    finder, looks = finding(monkeypatch, *[[(200, 80)]] * 2, [])
    places(finder, 0, 50)
    assert places(finder, 1, 200) == []
    assert looks.asked == 3


def test_a_picture_that_only_loses_its_detail_is_no_other_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smeared, it changes as much as after a cut; but a face cannot have shrunk."""
    noise = np.random.default_rng(0).integers(0, 256, (400, 800, 3), dtype=np.uint8)
    smeared = np.full_like(noise, 128)
    answers = [[(400, 200)]] * 2 + [[(400, 110)]] * 2
    for second, found in ((smeared, 0), (noise[::-1].copy(), 1)):
        finder, _ = finding(monkeypatch, *answers)
        assert len(finder(frame_of(noise, 0)).faces) == 1
        assert len(finder(frame_of(second, 1)).faces) == found


def test_scenes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    finder, _ = finding(monkeypatch, *[[]] * 6)
    levels = (100, 104, 200, 201, 100)
    scenes = [finder(frame_of(np.full((400, 800, 3), level, np.uint8), n)).scene for n, level in enumerate(levels)]
    assert scenes == [1, 1, 2, 2, 3]


def looks_of(fps: float, detect_hz: float, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which pictures the mesh looked at."""
    finder, looked, at = FaceFinder(detect_hz=detect_hz), [], [0]
    find = finder._find

    def noting(picture: np.ndarray) -> list[np.ndarray]:
        looked.append(at[0])
        return find(picture)

    monkeypatch.setattr(finder, "_find", noting)
    for index, picture in enumerate(pictures):
        at[0] = index
        found = finder(Frame(index, index / fps, index / fps, picture)).faces
        assert len(found) == (picture.std() > 20)
    finder.close()
    return sorted(set(looked))


def walked(finder: FaceFinder, count: int, step_s: float, media_s: float, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At which of so many pictures, alike, the mesh looked."""
    points = np.random.default_rng(0).uniform(100, 200, (478, 3)).astype(np.float32)
    picture, looked, at = np.random.default_rng(1).integers(0, 256, (300, 300, 3)).astype(np.uint8), [], [0]
    monkeypatch.setattr(finder, "_find", lambda _: looked.append(at[0]) or [points.copy()])
    monkeypatch.setattr(finder_module, "yaw_deg", lambda _: 0.0)
    for index in range(count):
        at[0] = index
        finder(Frame(index, index * step_s, index * media_s, picture))
    finder.close()
    return sorted(set(looked))


def test_pictures_that_come_all_at_once_are_looked_at_by_their_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert walked(FaceFinder(detect_hz=30), 20, 0.003, 1 / 30, monkeypatch) == list(range(20))


@pytest.mark.parametrize("media_s", [0.0, -1 / 60])
def test_time_that_stands_still_or_goes_back_lets_nothing_be_followed(
    monkeypatch: pytest.MonkeyPatch, media_s: float
) -> None:
    assert walked(FaceFinder(detect_hz=30), 20, 0.0, media_s, monkeypatch) == list(range(20))


def test_a_head_that_turns_is_not_lost_sight_of(astronaut: PortraitRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Optical flow slides over a profile; what it says of the turn is not to decide who is worn."""
    pictures = []
    for index in range(30):
        pictures.append(np.empty((480, 640, 3), np.uint8))
        astronaut.frame(Expression(yaw=min(55.0, 2.0 * index)), pictures[-1])
    looked = looks_of(30, 10, pictures, monkeypatch)
    assert set(range(20, 30)) <= set(looked)


@pytest.mark.parametrize(
    ("fps", "detect_hz", "every"), [(30, 30, 1), (60, 30, 2), (120, 30, 4), (60, 60, 1), (60, np.inf, 1), (30, 10, 3)]
)
def test_the_mesh_looks_no_more_often_than_asked(
    astronaut: PortraitRenderer, monkeypatch: pytest.MonkeyPatch, fps: int, detect_hz: float, every: int
) -> None:
    path, pictures = ExpressionPath(1), []
    for index in range(21):
        pictures.append(np.empty((480, 640, 3), np.uint8))
        astronaut.frame(path.at(index / fps), pictures[-1])
    looked = looks_of(fps, detect_hz, pictures, monkeypatch)
    # The first two show how fast they come.
    assert looked[-4:] == list(range(looked[-4], looked[-4] + 4 * every, every))


def test_a_cut_an_empty_picture_and_a_return_are_looked_at_at_once(
    astronaut: PortraitRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    face, empty = np.empty((480, 640, 3), np.uint8), np.full((480, 640, 3), 90, np.uint8)
    astronaut.frame(ExpressionPath(1).at(0), face)
    mirrored = np.ascontiguousarray(face[:, ::-1])
    pictures = [face] * 6 + [mirrored] + [empty] * 3 + [face] * 3
    looked = looks_of(240, 30, pictures, monkeypatch)
    assert set(looked) >= {6, 7, 8, 9, 10}
    assert not set(looked) & {3, 4, 5}
