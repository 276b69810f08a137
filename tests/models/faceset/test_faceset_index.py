from __future__ import annotations

import errno
import json
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from models.faceset import writer as writer_module
from models.faceset.index import FaceRecord, FacesetWriter, MediaRecord, read_faceset
from models.faceset.journal import INDEX, read_index
from models.faceset.writer import replace_index
from realtime.errors import TrainingError
from realtime.frame import BgrImage

CROP: BgrImage = np.full((64, 64, 3), 90, np.uint8)
MEDIUM = MediaRecord("talker.mp4", "ab" * 32, "talker", "every 3", 10, 2)


def record(number: int, aside: str | None = None) -> FaceRecord:
    points = np.random.default_rng(number).uniform(0, 64, (478, 3)).astype(np.float32).round(2)
    readings = dict.fromkeys([field.name for field in fields(FaceRecord)][6:21], 0.25)
    origin = ("talker.mp4", "ab" * 32, number / 30, number)
    return FaceRecord(f"talker-{number:06d}-0.jpg", *origin, points, **readings, aside=aside)


@pytest.fixture
def faceset(tmp_path: Path) -> Path:
    folder = tmp_path / "faceset"
    with FacesetWriter(folder) as writer:
        writer.add(record(0), CROP)
        writer.add(record(1), CROP)
        writer.add(record(2, "blurred"), CROP)
        writer.note(MEDIUM)
    return folder


def test_what_was_written_is_read_back(faceset: Path) -> None:
    found = read_faceset(faceset)
    assert [face.file for face in found.records] == ["talker-000000-0.jpg", "talker-000001-0.jpg"]
    assert [(face.file, face.aside) for face in found.set_aside] == [("talker-000002-0.jpg", "blurred")]
    assert found.media == (MEDIUM,)
    np.testing.assert_allclose(found.records[1].landmarks, record(1).landmarks, atol=0.005)
    assert found.records[1].time_s == pytest.approx(1 / 30, abs=1e-4)
    assert all(np.abs(found.crop(face).astype(int) - 90).max() < 4 for face in found.records + found.set_aside)


def test_deleting_a_file_prunes_it_and_moving_it_back_restores_it(faceset: Path) -> None:
    (faceset / "faces" / "talker-000000-0.jpg").unlink()
    aside = faceset / "aside" / "blurred" / "talker-000002-0.jpg"
    aside.rename(faceset / "faces" / aside.name)
    found = read_faceset(faceset)
    assert [face.file for face in found.records] == ["talker-000001-0.jpg", "talker-000002-0.jpg"]
    assert found.set_aside == ()
    assert all(face.aside is None for face in found.records)


def test_a_file_moved_aside_by_hand_is_set_aside(faceset: Path) -> None:
    (faceset / "aside" / "mine").mkdir()
    (faceset / "faces" / "talker-000000-0.jpg").rename(faceset / "aside" / "mine" / "talker-000000-0.jpg")
    found = read_faceset(faceset)
    assert {face.aside for face in found.set_aside} == {"mine", "blurred"}


def test_a_torn_last_line_is_left_out_and_cut_off(faceset: Path) -> None:
    with (faceset / INDEX).open("ab") as index:
        index.write(b'{"file":"talker-000003')
    assert len(read_faceset(faceset).records) == 2
    with FacesetWriter(faceset) as writer:
        writer.add(record(4), CROP)
    assert [face.frame for face in read_faceset(faceset).records] == [0, 1, 4]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"not json\n", "line 6"),
        (b"[]\n", "line 6"),
        (b'{"file":"a.jpg"}\n', "no origin"),
        (b'{"file":"../a.jpg"}\n', "line 6"),
        (b'{"media":"x.mp4"}\n', "no sha256"),
    ],
)
def test_a_damaged_line_is_named(faceset: Path, line: bytes, said: str) -> None:
    with (faceset / INDEX).open("ab") as index:
        index.write(line)
    with pytest.raises(TrainingError, match=said):
        read_faceset(faceset)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("yaw", "left"),
        ("yaw", float("inf")),
        ("frame", -1),
        ("landmarks", [[1, 2, 3]]),
        ("file", "a/b.jpg"),
        ("file", ""),
    ],
)
def test_a_wrong_value_is_damage(faceset: Path, field: str, value: object) -> None:
    path = faceset / INDEX
    lines = path.read_text().splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), field: value})
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(TrainingError, match="line 3"):
        read_faceset(faceset)


def test_a_folder_of_text_files_is_no_faceset(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(TrainingError, match=r"wanted faceset\.jsonl, got a folder of notes\.txt; make one with"):
        read_faceset(tmp_path)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no such folder"):
        read_faceset(tmp_path / "nowhere")


def test_another_version_is_refused(faceset: Path) -> None:
    path = faceset / INDEX
    path.write_bytes(path.read_bytes().replace(b'"thespis_faceset":1', b'"thespis_faceset":9', 1))
    with pytest.raises(TrainingError, match="another folder"):
        read_faceset(faceset)


def test_a_faceset_is_not_begun_among_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(TrainingError, match=r"thesis\.docx"), FacesetWriter(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_full_disk_leaves_what_is_there_valid(faceset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer_module, "_replace", full)
    with FacesetWriter(faceset) as writer, pytest.raises(TrainingError, match=r"No space left.*free some space"):
        writer.add(record(5), CROP)
    with pytest.raises(TrainingError, match="No space left"):
        replace_index(faceset, (), ())
    assert len(read_faceset(faceset).records) == 2


def test_a_full_disk_is_told_when_the_index_is_closed_too(faceset: Path) -> None:
    class Full(BytesIO):
        """Takes nothing, neither now nor when it is closed."""

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self.flush()

    with pytest.raises(TrainingError, match="No space left on device"), FacesetWriter(faceset) as writer:
        writer._index = Full()
        writer.note(MediaRecord("a.mp4", "aa", "a", ""))


def test_the_index_is_replaced_whole(faceset: Path) -> None:
    faces, _ = read_index(faceset)
    replace_index(faceset, [replace(faces[0], aside="small")], [replace(MEDIUM, judged="person 1")])
    faces, media = read_index(faceset)
    assert [(face.frame, face.aside) for face in faces] == [(0, "small")]
    assert media[0].judged == "person 1"
    assert sorted(path.name for path in faceset.iterdir()) == ["aside", "faces", INDEX]
