"""Facesets that somebody else made: nothing outside their folder is read, moved, deleted or written."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.faceset import folders, journal
from models.faceset.extract import finish_moving
from models.faceset.index import FacesetWriter, read_faceset
from models.faceset.journal import INDEX, header
from models.faceset.record import FaceRecord, MediaRecord, to_json
from models.faceset.writer import forget_crops, replace_index
from realtime.errors import TrainingError

NONE = np.zeros((0, 3), np.float32)
FACE = FaceRecord("film-000000-0.jpg", "film.mp4", "ab" * 32, 0.0, 0, NONE, *[0.1] * 15)
MEDIUM = MediaRecord("film.mp4", "ab" * 32, "film", "every 3", 30, 1, True)
CROP = np.full((64, 64, 3), 90, np.uint8)

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def faceset(tmp_path: Path) -> Path:
    folder = tmp_path / "faceset"
    with FacesetWriter(folder) as writer:
        writer.add(FACE, CROP)
        writer.note(MEDIUM)
    return folder


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A user's own folder, with a picture of the same name as the crop's."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / FACE.file).write_bytes(b"mine")
    return folder


def write_index(folder: Path, *records: dict[str, object] | str) -> None:
    lines = [json.dumps(header("0")), *(one if isinstance(one, str) else json.dumps(one) for one in records)]
    (folder / INDEX).write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../evil",
            "..",
            ".",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:evil",
            "film:stream",
            ".hidden",
            "",
            "x" * 300,
            "a\0b",
        ),
        *("a\nb", "\ud800"),
    ],
)
@pytest.mark.parametrize("field", ["file", "aside", "stem"])
def test_a_name_that_leads_elsewhere_is_refused(faceset: Path, field: str, name: str) -> None:
    record = to_json(MEDIUM if field == "stem" else FACE)
    write_index(faceset, {**record, field: name})
    with pytest.raises(TrainingError, match=f"line 2.*{field} is"):
        read_faceset(faceset)


def test_crops_are_not_moved_out_of_the_folder(faceset: Path, tmp_path: Path) -> None:
    write_index(faceset, {**to_json(FACE), "aside": "../../elsewhere"}, to_json(replace(MEDIUM, moving=True)))
    with pytest.raises(TrainingError):
        finish_moving(faceset)
    assert not (tmp_path / "elsewhere").exists()


@needs_links
@pytest.mark.parametrize("place", ["faces", "aside", "aside/blurred"])
def test_a_folder_that_is_a_link_is_refused(faceset: Path, private: Path, place: str) -> None:
    """Crops named by the index would be deleted, or moved, wherever it leads."""
    link = faceset / place
    link.parent.mkdir(exist_ok=True)
    if link.exists():
        link.rename(faceset.parent / "away")
    link.symlink_to(private, target_is_directory=True)
    for work in (
        lambda: read_faceset(faceset),
        lambda: forget_crops(faceset, [FACE.file]),
        lambda: _add(faceset, replace(FACE, aside="blurred" if "aside" in place else None)),
    ):
        with pytest.raises(TrainingError, match="a link to another place"):
            work()
    assert (private / FACE.file).read_bytes() == b"mine"
    assert len(list(private.iterdir())) == 1


def _add(folder: Path, record: FaceRecord) -> None:
    with FacesetWriter(folder) as writer:
        writer.add(record, CROP)


@needs_links
def test_a_crop_that_is_a_link_is_refused(faceset: Path, private: Path) -> None:
    crop = faceset / "faces" / FACE.file
    crop.unlink()
    crop.symlink_to(private / FACE.file)
    with pytest.raises(TrainingError, match="a link to another place"):
        read_faceset(faceset)


@needs_links
def test_an_index_that_is_a_link_is_refused(faceset: Path, tmp_path: Path) -> None:
    (faceset / INDEX).rename(tmp_path / INDEX)
    (faceset / INDEX).symlink_to(tmp_path / INDEX)
    with pytest.raises(TrainingError, match="a link to another place"):
        read_faceset(faceset)


@needs_links
@pytest.mark.parametrize("planted", [f".{INDEX}.new", f"faces/.{FACE.file}.new"])
def test_nothing_is_written_through_a_planted_link(faceset: Path, private: Path, planted: str) -> None:
    (faceset / planted).symlink_to(private / FACE.file)
    replace_index(faceset, [FACE], [MEDIUM])
    _add(faceset, FACE)
    assert (private / FACE.file).read_bytes() == b"mine"
    assert len(read_faceset(faceset).records) == 1


@pytest.mark.parametrize(
    "line",
    [
        *("[" * 50_000, "[]", "3", '"media"', "null", "{}", '{"media": 1}', "\x00"),
        json.dumps({**to_json(FACE), "time_s": 10**400}),
        json.dumps({**to_json(FACE), "frame": 2**70}),
        json.dumps({**to_json(FACE), "yaw": float("nan")}),
        json.dumps({**to_json(FACE), "landmarks": [[10**400, 0, 0], *[[0, 0, 0]] * 477]}),
        json.dumps({**to_json(FACE), "landmarks": [[[[0]]]] * 478}),
        json.dumps({**to_json(FACE), "landmarks": [0] * 100}),
    ],
    ids=lambda line: line[:12],
)
def test_any_line_is_a_record_or_told(faceset: Path, line: str) -> None:
    write_index(faceset, line)
    with pytest.raises(TrainingError, match="line 2"):
        read_faceset(faceset)


def test_a_first_line_without_end_is_told(faceset: Path) -> None:
    (faceset / INDEX).write_text("[" * 50_000 + "\n")
    with pytest.raises(TrainingError, match="a first line with"):
        read_faceset(faceset)


def test_a_line_without_end_is_not_read_to_it(faceset: Path) -> None:
    with (faceset / INDEX).open("r+b") as file:
        file.seek(0, 2)
        file.truncate(10**12)  # zeros that take no place on the disk
    with pytest.raises(TrainingError, match=f"lines of at most {journal.MAX_LINE} bytes"):
        read_faceset(faceset)


@pytest.mark.parametrize(
    ("module", "limit", "said"),
    [(journal, "MOST_RECORDS", "at most 2 records"), (folders, "MOST_CROPS", "at most 2 crops")],
)
def test_more_than_anybody_extracts(
    faceset: Path, monkeypatch: pytest.MonkeyPatch, module: object, limit: str, said: str
) -> None:
    names = [f"film-{number:06d}-0.jpg" for number in range(3)]
    for name in names:
        (faceset / "faces" / name).touch()
    write_index(faceset, *(to_json(replace(FACE, file=name)) for name in names))
    assert len(read_faceset(faceset).records) == 3
    monkeypatch.setattr(module, limit, 2)
    with pytest.raises(TrainingError, match=said):
        read_faceset(faceset)


def test_a_crop_that_claims_to_be_huge_is_not_decoded(faceset: Path) -> None:
    (faceset / "faces" / FACE.file).write_bytes(cv2.imencode(".png", np.zeros((4097, 4096), np.uint8))[1].tobytes())
    found = read_faceset(faceset)
    with pytest.raises(TrainingError, match="megapixels"):
        found.crop(found.records[0])
