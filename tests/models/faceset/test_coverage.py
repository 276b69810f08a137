"""What is covered, what is missing in words, the verdict, and how two sets match; all on records made by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from drawn_facesets import REST, faceset, shown

from models.faceset.assessment import assess
from models.faceset.axes import GAZE_X, LIGHT_X, PITCH, YAW, Axis, facing, pose_wanted
from models.faceset.coverage import ENOUGH_MOMENTS, Coverage, pose_places
from models.faceset.matching import intersections, lacks, overlaps
from models.faceset.measure import light
from models.faceset.record import FaceRecord
from models.faceset.verdict import Finding, Grade, judge, softness, verdict
from realtime.face import topology
from realtime.face.align import transform
from realtime.frame import BgrImage, Points3
from realtime.source.expression import Expression
from realtime.source.reading import read_expression
from realtime.source.renderer import PortraitRenderer

YAWS, PITCHES = (-32.0, -18.0, 0.0, 18.0, 32.0), (-16.0, 0.0, 16.0)
POSES = [{"pitch": PITCHES[row], "yaw": YAWS[column]} for row, column in pose_places()]
FACES = [
    *({"mouth_open": opening} for opening in (0.0, 0.1, 0.3, 0.7)),
    *({"mouth_width": width} for width in (0.5, 0.95)),
    {"smile": 0.08},
    *({"right_eye": lid, "left_eye": lid} for lid in (0.03, 0.08, 0.2)),
    *({"gaze_x": gaze} for gaze in (-0.06, 0.06)),
    *({"gaze_y": gaze} for gaze in (-0.07, 0.04)),
    *({"light_x": side} for side in (-0.4, 0.4)),
]
EVERYTHING = [*POSES, *FACES]


def missing(*records: FaceRecord) -> tuple[str, ...]:
    return assess([faceset(records)]).sets[0].missing


def test_footage_with_everything_lacks_nothing_and_is_good() -> None:
    done = assess([faceset(shown(*EVERYTHING, seconds=20))])
    assert done.sets[0].missing == ()
    assert done.grade is Grade.GOOD
    assert done.held_back_by == ()


@pytest.mark.parametrize(("row", "column"), [place for place in pose_places() if pose_wanted(*place)])
def test_one_missing_pose_is_said_and_nothing_else(row: int, column: int) -> None:
    without = [pose for pose in POSES if pose != {"pitch": PITCHES[row], "yaw": YAWS[column]}]
    faces = [{**face, "pitch": -16.0, "yaw": 18.0} for face in FACES]  # expressions elsewhere than in most cells
    if (row, column) == (0, 3):
        faces = [{**face, "pitch": 16.0, "yaw": 18.0} for face in FACES]
    assert missing(*shown(*without, *faces)) == (f"No footage {facing(row, column)}.",)


def test_words_for_poses() -> None:
    assert facing(2, 3) == "facing down and to their left"
    assert facing(0, 0) == "facing up and far to their right"
    assert facing(1, 4) == "facing far to their left"
    assert facing(2, 2) == "facing down"
    assert facing(1, 2) == "facing the camera"


def test_a_far_corner_is_not_asked_for() -> None:
    assert not missing(*shown(*(e for e in EVERYTHING if e != {"pitch": -16.0, "yaw": -32.0})))


def test_a_whole_row_or_column_is_one_sentence() -> None:
    ahead_or_left = [pose for pose in POSES if pose["yaw"] >= 0 and pose["pitch"] <= 0]
    said = missing(*shown(*ahead_or_left, *FACES))
    assert said == (
        "No footage facing down.",
        "No footage facing far to their right.",
        "No footage facing to their right.",
    )


@pytest.mark.parametrize(
    ("dropped", "sentence"),
    [
        ({"right_eye": 0.03, "left_eye": 0.03}, "No footage with the eyes closed."),
        ({"mouth_open": 0.7}, "No footage with the mouth wide open."),
        ({"mouth_width": 0.5}, "No footage with the lips drawn together, as in “oo”."),
        ({"smile": 0.08}, "No footage with a smile."),
        ({"gaze_x": 0.06}, "No footage with the eyes looking to their left."),
        ({"gaze_y": -0.07}, "No footage with the eyes looking up."),
        ({"light_x": -0.4}, "No footage lit from their right."),
    ],
)
def test_a_missing_expression_or_light_is_said(dropped: dict[str, object], sentence: str) -> None:
    assert missing(*shown(*(state for state in EVERYTHING if state != dropped))) == (sentence,)


def test_many_frames_of_one_second_are_little() -> None:
    blink = {"right_eye": 0.03, "left_eye": 0.03}
    others = shown(*(state for state in EVERYTHING if state != blink))
    second = [
        replace(REST, **blink, file=f"blink-{frame}.jpg", time_s=9000 + frame / 30, frame=frame) for frame in range(29)
    ]
    assert missing(*others, *second) == ("Little footage with the eyes closed: 29 faces from 1 moment.",)
    photos = [replace(face, time_s=None) for face in second]  # each its own moment
    assert missing(*others, *photos) == ()


def test_seconds_and_photos_are_counted_apart_and_by_origin() -> None:
    film = shown({}, seconds=5)
    half_seconds = [replace(face, file=f"b{face.file}", time_s=(face.time_s or 0) + 0.5) for face in film]
    other_film = [replace(face, file=f"c{face.file}", origin="b.mp4", origin_sha256="cd" * 32) for face in film]
    photo = replace(REST, file="photo.jpg", origin="photo.jpg", origin_sha256="ef" * 32, time_s=None)
    coverage = Coverage(faceset([*film, *half_seconds, *other_film, photo]))
    assert (coverage.footage_s, coverage.photos) == (10, 1)
    assert list(coverage.origins.items()) == [("film.mp4", 10), ("b.mp4", 5), ("photo.jpg", 1)]
    middle = coverage.poses[1][2]
    assert (middle.faces, middle.moments, middle.fill) == (16, 11, "enough")


def test_the_sample_of_a_cell_lies_in_it_and_does_little_else() -> None:
    grimace = replace(REST, file="grimace.jpg", yaw=18.0, mouth_open=0.8, smile=0.1)
    calm = replace(REST, file="calm.jpg", yaw=20.0)
    coverage = Coverage(faceset([grimace, calm, *shown({})]))
    sample = coverage.poses[1][3].sample
    assert sample is not None
    assert sample.file == "calm.jpg"
    wide = coverage.strip(_axis("mouth_open"))[3].sample
    assert wide is not None
    assert wide.file == "grimace.jpg"


def test_nothing_kept_is_not_enough_and_said() -> None:
    alone = assess([faceset(replace(face, aside="blurred") for face in shown({}))])
    assert alone.grade is Grade.SHORT
    assert alone.sets[0].missing == ("No face at all: everything was set aside, or the footage showed none.",)
    assert alone.sets[0].coverage.aside.keys() == {"blurred"}
    assert alone.figures()["sets"][0]["eyes_px"] == {"p10": None, "p50": None, "p90": None}


@pytest.mark.parametrize(
    ("eyes_px", "sentence"),
    [
        ((38.0,), "All of it is soft: 38 px between the eyes; the standard network wants 64."),
        ((20.0,), "All of it is soft: 20 px between the eyes; the standard network wants 64, and even lite 32."),
        ((50.0, 50.0, 50.0, 90.0), "Most of it is soft: 50 px between the eyes; the standard network wants 64."),
        ((50.0, 90.0, 90.0, 90.0, 90.0), "Some of it is soft: 50 px between the eyes; the standard network wants 64."),
        ((90.0,), ""),
    ],
)
def test_softness_in_words(eyes_px: tuple[float, ...], sentence: str) -> None:
    records = [replace(REST, file=f"{number}.jpg", eyes_px=eyes) for number, eyes in enumerate(eyes_px * 10)]
    assert softness(Coverage(faceset(records))) == sentence


def test_the_verdict_is_that_of_the_worst_rule() -> None:
    good = shown(*EVERYTHING, seconds=20)
    assert verdict(judge(Coverage(faceset(good)))) is Grade.GOOD
    small = assess([faceset(replace(face, eyes_px=40.0) for face in good)])
    assert small.grade is Grade.BEGIN
    assert small.held_back_by == ("distance between the eyes, median",)
    assert verdict(judge(Coverage(faceset(replace(face, eyes_px=30.0) for face in good)))) is Grade.SHORT
    assert verdict(judge(Coverage(faceset(replace(face, brightness=0.05) for face in good)))) is Grade.SHORT


def test_figures_are_rounded_down_and_nothing_measured_is_not_enough() -> None:
    finding = Finding("n", "N", "", got=99.6, begin=60, good=100, unit=" %")
    assert finding.say(finding.got) == "99 %"
    assert finding.grade is Grade.BEGIN
    assert Finding("n", "N", "", got=math.nan, begin=0, good=1).grade is Grade.SHORT


def test_a_set_matches_itself_wholly() -> None:
    coverage = Coverage(faceset(shown(*EVERYTHING)))
    for overlap in overlaps(coverage, coverage):
        assert overlap.performer_in_persona == overlap.persona_in_performer == 1
        assert overlap.intersection == pytest.approx(1)


def test_a_match_has_a_direction() -> None:
    narrow, wide = Coverage(faceset(shown({}))), Coverage(faceset(shown({}, {"yaw": 30.0})))
    pose = overlaps(narrow, wide)[0]
    assert (pose.performer_in_persona, pose.persona_in_performer) == (1.0, 0.5)
    assert pose.intersection == pytest.approx(0.5)  # min(1, 1/2) + min(0, 1/2)
    assert intersections(narrow, wide)["yaw"] == pytest.approx(0.5)
    assert intersections(narrow, wide)["pitch"] == pytest.approx(1)


def test_all_at_once_asks_for_one_face_that_is_alike_on_every_axis() -> None:
    one = Coverage(faceset(shown({"yaw": 20.0, "mouth_open": 0.6})))
    other = Coverage(faceset(shown({"yaw": 20.0}, {"mouth_open": 0.6})))
    shares = {overlap.name: overlap.performer_in_persona for overlap in overlaps(one, other)}
    assert shares == {"pose": 1.0, "mouth": 1.0, "eyes": 1.0, "light": 1.0, "all": 0.0}


def test_a_face_just_beyond_the_tolerance_is_not_alike() -> None:
    near, far = ({"yaw": YAW.tolerance * factor} for factor in (0.99, 1.01))
    at_rest = Coverage(faceset(shown({})))
    assert overlaps(at_rest, Coverage(faceset(shown(near))))[0].performer_in_persona == 1
    assert overlaps(at_rest, Coverage(faceset(shown(far))))[0].performer_in_persona == 0


def test_an_empty_set_matches_nothing() -> None:
    full, empty = Coverage(faceset(shown({}))), Coverage(faceset(()))
    assert overlaps(full, empty)[0].performer_in_persona == 0
    assert math.isnan(overlaps(empty, full)[0].performer_in_persona)
    assert assess([faceset(()), faceset(shown({}), "bob")]).grade is Grade.SHORT


def test_what_one_has_and_the_other_lacks() -> None:
    alice = Coverage(faceset(shown({}, {"pitch": 16.0, "yaw": 18.0}, {"mouth_open": 0.7})))
    bob = Coverage(faceset([*shown({}), *shown({"mouth_open": 0.7}, seconds=2, time_s=7.0)]))
    said = [lack.sentence("alice", "bob") for lack in lacks(alice, bob)]
    assert said == [
        "alice has 4 faces facing down and to their left, bob none.",
        "alice has 4 faces with the mouth wide open, bob only 2.",
    ]
    assert lacks(bob, alice) == ()


def test_a_set_of_many_faces_is_compared_in_part() -> None:
    random = np.random.default_rng(0)
    faces = tuple(
        replace(REST, file=f"{number}.jpg", yaw=float(yaw)) for number, yaw in enumerate(random.normal(0, 15, 3100))
    )
    coverage = Coverage(faceset(faces))
    assert overlaps(coverage, coverage)[0].performer_in_persona == 1


def test_two_sets_of_one_name_are_told_apart() -> None:
    done = assess([faceset(shown({}), "alice/faceset"), faceset(shown({}), "bob/faceset")])
    assert [each.name for each in done.sets] == ["alice/faceset", "bob/faceset"]


def test_enough_is_more_than_one_moment() -> None:
    assert ENOUGH_MOMENTS > 1


@pytest.fixture(scope="module")
def seen(astronaut: PortraitRenderer) -> Callable[[Expression], tuple[BgrImage, Points3]]:
    def draw(expression: Expression) -> tuple[BgrImage, Points3]:
        crop, points, crop_from_frame = astronaut.crop(expression, 128, smooth=1)
        scale = math.sqrt(abs(np.linalg.det(crop_from_frame[:, :2])))
        in_crop = np.column_stack([transform(points, crop_from_frame), points[:, 2] * scale])
        return crop, in_crop.astype(np.float32)

    return draw


def test_left_and_right_are_the_persons_own(seen: Callable[[Expression], tuple[BgrImage, Points3]]) -> None:
    _, points = seen(Expression(yaw=18.0))
    eyes = points[[index for pair in topology.EYE_CORNERS for index in pair], 0]
    own_left = points[list(topology.LEFT_EYE), 0].mean()
    assert points[4, 0] > eyes.mean(), "the nose moves to the right of the picture"
    assert own_left > eyes.mean(), "where the person's own left is"
    assert _words(YAW, yaw=read_expression(points).yaw) == "facing to their left"
    _, points = seen(Expression(pitch=16.0))
    assert _words(PITCH, pitch=read_expression(points).pitch) == "facing down"
    _, points = seen(Expression(gaze_x=0.09))
    assert _words(GAZE_X, gaze_x=read_expression(points).gaze_x) == "with the eyes looking to their left"


def test_light_is_named_by_the_side_it_comes_from(seen: Callable[[Expression], tuple[BgrImage, Points3]]) -> None:
    crop, points = seen(Expression(light_x=0.9, light=0.7))
    half = crop.shape[1] // 2
    dark, _ = seen(Expression(light_x=-0.9, light=0.7))
    assert (crop[:, half:].mean() - crop[:, :half].mean()) > (dark[:, half:].mean() - dark[:, :half].mean())
    assert _words(LIGHT_X, light_x=light(crop, points).x) == "lit from their left"
    assert _words(LIGHT_X, light_x=light(dark, points).x) == "lit from their right"


def _words(axis: Axis, **values: float) -> str:
    value = axis.value(replace(REST, **values))
    return axis.bins[int(axis.place(np.array([value]))[0])].words


def _axis(name: str) -> Axis:
    from models.faceset.axes import AXES

    return next(axis for axis in AXES if axis.name == name)


def test_every_pose_has_words_of_its_own() -> None:
    words = {facing(row, column) for row, column in product(range(3), range(5))}
    assert len(words) == 15
