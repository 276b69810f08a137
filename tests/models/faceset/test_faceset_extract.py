from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import ClassVar

import av
import cv2
import numpy as np
import pytest
from drawn_footage import picture_of, pose, write_film, write_picture

from models.faceset import extract as extract_module
from models.faceset import footage
from models.faceset.cut import CUT_OFF
from models.faceset.extract import Extraction, Outcome
from models.faceset.footage import Cutting
from models.faceset.index import FaceRecord, FacesetWriter, read_faceset
from models.faceset.journal import INDEX
from models.faceset.judge import BLURRED, DUPLICATE, OTHER, SMALL, Rules
from models.faceset.likeness import look_in_photo
from models.faceset.media import find_media, passed_over
from models.faceset.writer import move_crops
from realtime.errors import FaceError, TrainingError
from realtime.face.align import align
from realtime.face.landmarks import find_in_still
from realtime.frame import BgrImage, Face, Frame, Points3
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


def extract(out: Path, *media: Path, every: int | None = None, stop: Event | None = None, **rules: object) -> Outcome:
    return Extraction(find_media(media), out, Cutting(every), Rules(**rules))(stop=stop)  # type: ignore[arg-type]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class DrawnFinder:
    """Finds a face where it was drawn; as quick as a test needs it, and with a memory that a part must not inherit."""

    points: ClassVar[Points3]

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, frame: Frame) -> Frame:
        self._seen += 1
        points = self.points + np.array([self._seen / 5, frame.index / 7, 0], np.float32)
        return replace(frame, faces=(Face(0, points, align(points)),))

    def close(self) -> None:
        pass


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, astronaut: PortraitRenderer) -> Cutting:
    monkeypatch.setattr(footage, "PART_S", 0.5)
    picture = np.zeros((480, 640, 3), np.uint8)
    monkeypatch.setattr(DrawnFinder, "points", astronaut.frame(Expression(), picture), raising=False)
    return Cutting(film_finder=DrawnFinder)


@pytest.fixture(scope="session")
def extracted(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("facesets") / "film"
    extract(out, film)
    return out


def test_a_film_becomes_crops_with_what_is_seen_in_them(extracted: Path, film: Path) -> None:
    faceset = read_faceset(extracted)
    everything = faceset.records + faceset.set_aside
    assert sorted(face.frame for face in everything) == list(range(0, 60, 3))
    assert {face.aside for face in faceset.set_aside} <= {DUPLICATE}
    for face in faceset.records:
        crop = faceset.crop(face)
        assert crop.shape[0] % 16 == 0
        assert face.time_s == pytest.approx(face.frame / 30, abs=0.01)
        assert face.origin == "film.mp4"
        assert face.file == f"film-{face.frame:06d}-0.jpg"
        assert face.yaw == pytest.approx(pose(face.frame).yaw, abs=6)
        found = find_in_still(crop)
        assert found is not None
        np.testing.assert_allclose(found[:, :2], face.landmarks[:, :2], atol=0.06 * crop.shape[0])
        # The crop is aligned: its own alignment is the whole crop.
        np.testing.assert_allclose(align(face.landmarks) * crop.shape[0], np.eye(2, 3), atol=0.6)


def test_the_same_words_again_change_nothing(extracted: Path, film: Path) -> None:
    before = content(extracted)
    outcome = extract(extracted, film)
    assert content(extracted) == before
    assert outcome.people == ()
    assert outcome.kept == len(read_faceset(extracted).records)


@pytest.mark.parametrize(("kill_at", "torn"), [(0, b""), (5, b'{"file":"film-0000'), (12, b""), (19, b"{")])
def test_it_goes_on_after_a_kill_with_the_same_result(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: Cutting, kill_at: int, torn: bytes
) -> None:
    whole, broken = (Extraction(find_media([film]), tmp_path / name, quick) for name in ("whole", "broken"))
    whole()
    with monkeypatch.context() as patch:
        patch.setattr(FacesetWriter, "add", killing(FacesetWriter.add, kill_at))
        with pytest.raises(Killed):
            broken()
    with (broken.out / INDEX).open("ab") as index:
        index.write(torn)
    broken()
    assert len(content(whole.out)) == 21
    assert content(broken.out) == content(whole.out)


class Killed(BaseException):
    pass


def killing(add: Callable[..., None], at: int) -> Callable[..., None]:
    calls = []

    def killed(writer: FacesetWriter, record: FaceRecord, crop: BgrImage) -> None:
        if len(calls) == at:
            raise Killed
        calls.append(record)
        add(writer, record, crop)

    return killed


def test_it_goes_on_after_a_kill_while_sorting(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: Cutting
) -> None:
    def killed(*words: object) -> None:
        raise Killed

    whole, broken = (Extraction(find_media([film]), tmp_path / name, quick) for name in ("whole", "broken"))
    whole()
    with monkeypatch.context() as patch:
        patch.setattr(extract_module, "replace_index", killed)
        with pytest.raises(Killed):
            broken()
    broken()
    assert content(broken.out) == content(whole.out)


@pytest.mark.parametrize("moved", [0, 2])
def test_it_goes_on_after_a_kill_while_crops_are_moved(
    spliced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    def killed(folder: Path, reasons: dict[str, str | None]) -> None:
        move_crops(folder, dict(list(reasons.items())[:moved]))
        raise Killed

    whole, broken = (Extraction(find_media([spliced]), tmp_path / name) for name in ("whole", "broken"))
    whole()
    with monkeypatch.context() as patch:
        patch.setattr(extract_module, "move_crops", killed)
        with pytest.raises(Killed):
            broken()
    assert read_faceset(broken.out).unfinished == ("spliced.mp4",)
    broken()
    assert content(broken.out) == content(whole.out)
    assert not read_faceset(broken.out).unfinished


def test_what_a_person_moved_stays_when_all_is_sorted_anew(spliced: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    extract(out, spliced)
    faceset = read_faceset(out)
    liked = next(face for face in faceset.set_aside if face.aside == OTHER)
    disliked = faceset.records[0]
    faceset.path(liked).replace(out / "faces" / liked.file)
    (out / "aside" / "mine").mkdir()
    (out / "aside" / ".DS_Store").write_bytes(b"what a file browser leaves")
    faceset.path(disliked).replace(out / "aside" / "mine" / disliked.file)
    for person in (2, 1):
        extract(out, spliced, person=person)
        now = read_faceset(out)
        assert liked.file in {face.file for face in now.records}
        assert ("mine", disliked.file) in {(face.aside, face.file) for face in now.set_aside}


def test_whoever_was_kept_stays_when_others_are_seen_more_often_in_what_is_added(spliced: Path, tmp_path: Path) -> None:
    """Of the splice, the one who is seen less is kept: the splice again, under another name, must not change that."""
    out = tmp_path / "out"
    extract(out, spliced, person=2)
    before = {face.frame for face in read_faceset(out).records}
    again = tmp_path / "again.mp4"
    again.write_bytes(spliced.read_bytes() + b" ")
    extract(out, spliced, again)
    faceset = read_faceset(out)
    assert {face.frame for face in faceset.records if face.origin == "spliced.mp4"} == before
    others = {face.frame for face in faceset.set_aside if face.origin == "again.mp4" and face.aside == OTHER}
    assert others == {face.frame for face in faceset.set_aside if face.origin == "spliced.mp4" and face.aside == OTHER}
    assert others


def test_it_can_be_stopped_and_goes_on(film: Path, tmp_path: Path, quick: Cutting) -> None:
    extraction, stop = Extraction(find_media([film]), tmp_path / "out", quick), Event()

    def show(done: float, total: float, beside: str) -> None:
        if done > total / 2:
            stop.set()

    assert extraction(show, stop).stopped
    begun = read_faceset(tmp_path / "out")
    assert 0 < len(begun.records) < 20
    assert not begun.media[0].done
    outcome = extraction()
    assert not outcome.stopped
    assert outcome.frames == 60


def test_pruned_crops_stay_pruned_when_more_is_added(film: Path, spliced: Path, tmp_path: Path, quick: Cutting) -> None:
    Extraction(find_media([film]), tmp_path / "out", quick)()
    pruned = read_faceset(tmp_path / "out").records[0].file
    (tmp_path / "out" / "faces" / pruned).unlink()
    Extraction(find_media([film, spliced]), tmp_path / "out", quick)()
    faceset = read_faceset(tmp_path / "out")
    everything = faceset.records + faceset.set_aside
    assert pruned not in {face.file for face in everything}
    assert {face.origin for face in everything} == {"film.mp4", "spliced.mp4"}


def test_another_way_of_cutting_is_refused(extracted: Path, film: Path) -> None:
    before = content(extracted)
    with pytest.raises(TrainingError, match=r"every 2.*every 3.*another --out"):
        extract(extracted, film, every=2)
    assert content(extracted) == before


def test_the_person_seen_most_is_kept(spliced: Path, tmp_path: Path, hopper_photo: Path) -> None:
    outcome = extract(tmp_path / "out", spliced)
    faceset = read_faceset(tmp_path / "out")
    hers = {face.frame for face in faceset.set_aside if face.aside == OTHER}
    assert hers == set(range(30, 54, 3))
    assert len(outcome.people) == 2
    assert outcome.people[1] == 8
    # Asked for the other one, the same crops are sorted anew.
    extract(tmp_path / "out", spliced, person=2)
    assert set() < {face.frame for face in read_faceset(tmp_path / "out").records} <= hers
    extract(tmp_path / "out", spliced, like=look_in_photo(hopper_photo), like_name="hopper.jpg")
    assert set() < {face.frame for face in read_faceset(tmp_path / "out").records} <= hers


def test_a_third_person_where_there_are_two_is_refused(spliced: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="1 to 2"):
        extract(tmp_path / "out", spliced, person=3)


def test_two_people_in_one_picture(
    astronaut: PortraitRenderer, hopper: PortraitRenderer, hopper_photo: Path, tmp_path: Path
) -> None:
    sides = [picture_of(one, Expression())[:, 80:560] for one in (astronaut, hopper)]
    photo = write_picture(tmp_path / "both.png", np.hstack(sides))
    extract(tmp_path / "out", photo, like=look_in_photo(hopper_photo), like_name="hopper.jpg")
    faceset = read_faceset(tmp_path / "out")
    assert len(faceset.records) == 1
    assert [face.aside for face in faceset.set_aside] == [OTHER]


def test_photos_of_all_folders_are_found_small_faces_too(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    picture = picture_of(astronaut, Expression())
    write_picture(tmp_path / "in" / "a.jpg", picture)
    write_picture(tmp_path / "in" / "deep" / "a.JPG", np.ascontiguousarray(picture_of(astronaut, pose(5))))
    wide = np.full((1000, 1500, 3), 120, np.uint8)  # its face is a twelfth of it: too small for one look
    wide[500:740, 300:620] = cv2.resize(picture_of(astronaut, pose(9)), (320, 240), interpolation=cv2.INTER_AREA)
    write_picture(tmp_path / "in" / "wide.png", wide)
    (tmp_path / "in" / "notes.txt").write_text("not a photo")
    extract(tmp_path / "out", tmp_path / "in")
    faceset = read_faceset(tmp_path / "out")
    assert {face.file for face in faceset.records} == {"a-000000-0.jpg", "a~2-000000-0.jpg", "wide-000000-0.jpg"}
    assert all(face.time_s is None for face in faceset.records)
    least_eyes_px = min(face.eyes_px for face in faceset.records) + 1
    extract(tmp_path / "out", tmp_path / "in", least_eyes_px=least_eyes_px)
    assert [(face.origin, face.aside) for face in read_faceset(tmp_path / "out").set_aside] == [("wide.png", SMALL)]


def test_a_faceset_among_the_footage_is_no_footage(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "a.jpg", picture_of(astronaut, Expression()))
    (tmp_path / "in" / "b.HEIC").write_bytes(b"not read here")
    out = tmp_path / "in" / "faces"
    extract(out, tmp_path / "in")
    before = content(out)
    extract(out, tmp_path / "in")
    assert content(out) == before
    assert passed_over(tmp_path / "in") == {".heic": 1}


def test_blurred_photos_are_set_aside(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    for number in range(4):
        blurred = cv2.GaussianBlur(picture_of(astronaut, pose(number)), (0, 0), 6)
        write_picture(tmp_path / "in" / f"{number}.jpg", np.asarray(blurred, np.uint8))
    outcome = extract(tmp_path / "out", tmp_path / "in")
    assert outcome.kept == 0
    assert outcome.aside == {BLURRED: 4}


def test_a_face_at_the_rim_is_set_aside(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    picture = picture_of(astronaut, Expression())
    points = find_in_still(picture)
    assert points is not None
    middle = round(float(points[:, 0].mean()) - 0.15 * float(np.ptp(points[:, 0])))
    photo = write_picture(tmp_path / "half.png", np.ascontiguousarray(picture[:, middle:]))
    assert extract(tmp_path / "out", photo).aside == {CUT_OFF: 1}


def test_nothing_to_see_is_counted(tmp_path: Path) -> None:
    empty = write_film(tmp_path / "wall.mp4", [np.full((240, 320, 3), 120, np.uint8)] * 10)
    outcome = extract(tmp_path / "out", empty)
    assert (outcome.kept, outcome.frames, outcome.without_face) == (0, 10, 10)


def test_a_spoilt_photo_among_good_ones_is_told_and_passed_over(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    write_picture(tmp_path / "in" / "good.png", picture_of(astronaut, Expression()))
    (tmp_path / "in" / "bad.jpg").write_bytes(b"\xff\xd8 torn")
    outcome = extract(tmp_path / "out", tmp_path / "in")
    assert outcome.kept == 1
    assert len(outcome.problems) == 1
    assert "bad.jpg" in outcome.problems[0]


def test_a_film_that_breaks_off_is_used_up_to_there(film: Path, tmp_path: Path, quick: Cutting) -> None:
    torn = tmp_path / "torn.mkv"
    with av.open(str(film)) as whole, av.open(str(torn), "w") as copy:
        stream = copy.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size * 2 // 3])
    outcome = Extraction(find_media([torn]), tmp_path / "out", quick)()
    assert 0 < outcome.frames < 60
    assert len(outcome.problems) == 1
    assert "broke off" in outcome.problems[0]


def test_an_empty_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(TrainingError, match=r"empty\.mp4.*wanted a film"):
        extract(tmp_path / "out", tmp_path / "empty.mp4")


def test_a_folder_of_text_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "diary.txt").write_text("dear diary")
    with pytest.raises(TrainingError, match=r"wanted films or photos, got 1 other files \(diary\.txt\)"):
        extract(tmp_path / "out", tmp_path / "in")
    assert not (tmp_path / "out").exists()


def test_a_photo_without_a_face_is_like_nobody(tmp_path: Path) -> None:
    with pytest.raises(FaceError, match="wanted a face, got none"):
        look_in_photo(write_picture(tmp_path / "wall.png", np.full((240, 320, 3), 120, np.uint8)))
