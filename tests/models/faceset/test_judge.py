from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from drawn_footage import picture_of, pose

from models.faceset.cut import CUT_OFF, Whence, cut_face
from models.faceset.index import FaceRecord
from models.faceset.judge import BLURRED, DUPLICATE, OTHER, SMALL, TURNED, Judgement, Rules, judge
from models.faceset.measure import light, perceptual_hash, sharpness
from models.faceset.people import look_of, sort_people
from realtime.errors import TrainingError
from realtime.face.align import align, transform
from realtime.frame import BgrImage, Face, Frame, Points3
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

FACELESS = np.zeros((0, 3), np.float32)


def record(number: int, **changes: object) -> FaceRecord:
    readings = dict.fromkeys([field.name for field in fields(FaceRecord)][6:21], 0.5)
    base = FaceRecord(f"{number}.jpg", "a.mp4", "aa", number / 10, number, FACELESS, **readings, phash="0" * 16)
    return replace(base, eyes_px=100.0, yaw=4.0 * number, **changes)  # type: ignore[arg-type]


def judged(*records: FaceRecord, rules: Rules | None = None, settled: frozenset[str] = frozenset()) -> Judgement:
    def no_crop(record: FaceRecord) -> BgrImage:
        raise AssertionError("what has no face points is not looked at")

    return judge(records, no_crop, rules or Rules(), settled)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"eyes_px": 23.0}, SMALL),
        ({"eyes_px": 23.0, "sharpness": 0.1}, SMALL),
        ({"yaw": 70.0}, TURNED),
        ({"pitch": -50.0}, TURNED),
        ({"sharpness": 0.1}, BLURRED),
        ({"aside": CUT_OFF, "sharpness": 0.1}, CUT_OFF),
    ],
)
def test_the_first_reason_counts(changes: dict[str, object], reason: str | None) -> None:
    assert judged(record(1), record(2), replace(record(3), **changes)).reasons["3.jpg"] == reason  # type: ignore[arg-type]


def test_what_is_much_softer_than_its_film_is_blurred() -> None:
    sharp = [record(number, sharpness=0.6) for number in range(5)]
    assert judged(*sharp, record(6, sharpness=0.33)).reasons["6.jpg"] == BLURRED
    # The same crop in a film that is no sharper anywhere is as good as it gets.
    other = replace(record(6, sharpness=0.33), origin_sha256="bb")
    assert judged(*sharp, other).reasons["6.jpg"] is None


def test_of_near_duplicates_the_sharpest_is_kept() -> None:
    same = [replace(record(1), file=f"{n}.jpg", frame=n, sharpness=0.5 + n / 100) for n in range(4)]
    reasons = judged(*same).reasons
    assert reasons == {"0.jpg": DUPLICATE, "1.jpg": DUPLICATE, "2.jpg": DUPLICATE, "3.jpg": None}


@pytest.mark.parametrize(
    "changes",
    [{"mouth_open": 0.6}, {"yaw": 8.0}, {"left_eye": 0.4}, {"light_x": 0.8}, {"gaze_y": 0.45}, {"phash": "ff" * 8}],
)
def test_what_shows_something_new_is_kept(changes: dict[str, object]) -> None:
    assert judged(record(1), replace(record(1), file="2.jpg", **changes)).reasons["2.jpg"] is None  # type: ignore[arg-type]


def test_what_was_judged_before_stays_where_it_is_and_makes_duplicates() -> None:
    before, after = record(1), replace(record(1), file="2.jpg", sharpness=0.9)
    assert judged(before, after, settled=frozenset({"1.jpg"})).reasons == {"2.jpg": DUPLICATE}
    thrown_out = replace(before, aside="mine")
    assert judged(thrown_out, after, settled=frozenset({"1.jpg"})).reasons == {"2.jpg": None}


def cut(renderer: PortraitRenderer, number: int, name: str) -> tuple[FaceRecord, BgrImage]:
    picture = np.zeros((480, 640, 3), np.uint8)
    points = renderer.frame(pose(number), picture)
    frame = Frame(number, 0.0, number / 10, picture, (Face(0, points, align(points)),))
    return cut_face(frame, 0, Whence(f"{name}.mp4", name, name, False))


@pytest.fixture(scope="module")
def two_people(astronaut: PortraitRenderer, hopper: PortraitRenderer) -> dict[str, tuple[FaceRecord, BgrImage]]:
    found = [cut(astronaut, number, "a") for number in range(0, 40, 4)]
    found += [cut(hopper, number, "h") for number in range(0, 20, 4)]
    return {record.file: (record, crop) for record, crop in found}


def test_two_people_are_told_apart(two_people: dict[str, tuple[FaceRecord, BgrImage]]) -> None:
    records = [record for record, _ in two_people.values()]
    judgement = judge(records, lambda record: two_people[record.file][1], Rules())
    assert judgement.people == (10, 5)
    assert {file for file, reason in judgement.reasons.items() if reason == OTHER} == {
        record.file for record in records if record.origin == "h.mp4"
    }
    with pytest.raises(TrainingError, match="1 to 2"):
        judge(records, lambda record: two_people[record.file][1], Rules(person=3))


def test_photos_one_by_one_are_told_apart_too(two_people: dict[str, tuple[FaceRecord, BgrImage]]) -> None:
    records = [replace(r, origin_sha256=r.file, track=0) for r, _ in two_people.values()]
    looks = [look_of(crop, record.landmarks) for record, crop in two_people.values()]
    assert [len(person.places) for person in sort_people(records, looks)] == [10, 5]


def test_two_faces_of_one_frame_are_never_one_person(astronaut: PortraitRenderer) -> None:
    one, crop = cut(astronaut, 0, "a")
    twin = replace(one, file="twin.jpg", track=1)
    look = look_of(crop, one.landmarks)
    assert len(sort_people([one, twin], [look, look])) == 2


def rendered(renderer: PortraitRenderer, expression: Expression) -> tuple[BgrImage, Points3]:
    """A portrait's crop and its points in the crop's pixels."""
    crop, points, crop_from_frame = renderer.crop(expression, 256)
    moved = points * np.float32(np.sqrt(np.linalg.det(crop_from_frame[:, :2])))
    moved[:, :2] = transform(points, crop_from_frame)
    return crop, moved


def test_a_look_does_not_hang_on_the_light(astronaut: PortraitRenderer) -> None:
    lights = [Expression(), Expression(light_x=-0.9, light=0.6), Expression(light_x=0.9, light=0.6)]
    plain, left, right = (look_of(*rendered(astronaut, each)) for each in lights)
    assert max(plain.distance(left), plain.distance(right), left.distance(right)) < 0.15


def test_where_the_light_comes_from_is_read(astronaut: PortraitRenderer) -> None:
    left, right, above, below = (
        light(*rendered(astronaut, Expression(light_x=x, light_y=y, light=0.6)))
        for x, y in ((-0.9, 0.0), (0.9, 0.0), (0.0, -0.8), (0.0, 0.8))
    )
    assert right.x - left.x > 0.3
    assert below.y - above.y > 0.3
    assert all(0.2 < one.brightness < 0.9 for one in (left, right, above, below))


def test_blur_takes_sharpness_away(astronaut: PortraitRenderer) -> None:
    picture = picture_of(astronaut, Expression())
    points = astronaut.frame(Expression(), picture)
    levels = [sharpness(picture, points)]
    levels += [sharpness(np.asarray(cv2.GaussianBlur(picture, (0, 0), s), np.uint8), points) for s in (1, 2, 4)]
    assert levels == sorted(levels, reverse=True)
    assert sharpness(np.full_like(picture, 90), points) == 0


def test_a_hash_bears_compression_and_tells_faces_apart(astronaut: PortraitRenderer, hopper: PortraitRenderer) -> None:
    crops = [renderer.crop(Expression(), 256)[0] for renderer in (astronaut, hopper)]
    poor = cv2.imdecode(cv2.imencode(".jpg", crops[0], [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)

    def bits(crop: BgrImage) -> int:
        return int(perceptual_hash(crop), 16)

    assert (bits(crops[0]) ^ bits(np.asarray(poor, np.uint8))).bit_count() <= 6
    assert (bits(crops[0]) ^ bits(crops[1])).bit_count() > 6


def test_what_has_no_points_is_cut_by_its_box() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    crop_from_frame = np.array([[0.01, 0, -0.5], [0, 0.01, -0.5]])
    frame = Frame(3, 0.0, 0.1, picture, (Face(0, FACELESS, crop_from_frame),))
    found, crop = cut_face(frame, 0, Whence("fruit.mp4", "ff", "fruit", False))
    assert crop.shape == (112, 112, 3)
    assert (found.file, len(found.landmarks), found.aside) == ("fruit-000003-0.jpg", 0, None)
