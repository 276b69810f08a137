"""The page: whole in itself, escaped, told in words beside pictures, for one set and for two."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_facesets import REST, shown, write_faceset

from models.faceset.assessment import assess
from models.faceset.index import Faceset, read_faceset
from models.faceset.report_page import page_of
from realtime.source.renderer import PortraitRenderer

VOID = {"meta", "img", "br", "col", "line", "rect"}
NASTY = "<script>alert('x')</script> & \"cut\".mp4"


class Page(HTMLParser):
    """Reads a page; fails on tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory, astronaut: PortraitRenderer) -> Faceset:
    kept = shown({}, {"yaw": -18.0}, {"pitch": 16.0, "yaw": 18.0}, {"mouth_open": 0.7}, seconds=3, origin=NASTY)
    aside = [
        replace(face, file=f"aside-{reason}-{number}.jpg", aside=reason)
        for reason in ("blurred", "other-person")
        for number, face in enumerate(shown({}, seconds=9))
    ]
    return write_faceset(tmp_path_factory.mktemp("sets") / "alice <b>", [*kept, *aside], astronaut)


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Faceset:
    photos = shown({}, {"mouth_open": 0.3}, time_s=None, eyes_px=38.0)
    return write_faceset(tmp_path_factory.mktemp("sets") / "bob", photos)


def test_the_page_needs_nothing_else(alice: Faceset, bob: Faceset) -> None:
    text = page_of(assess([alice, bob]))
    page = Page(text)
    assert not page.all("script")
    assert not page.all("link")
    sources = [image["src"] for image in page.all("img")]
    assert len(sources) > 20
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    outside = text
    for source in sources:
        outside = outside.replace(source, "")
    assert not re.search(r"https?:|//|url\(|@import", outside)


def test_pictures_are_small_and_say_what_they_show(alice: Faceset) -> None:
    images = Page(page_of(assess([alice]))).all("img")
    assert all(image["alt"] for image in images)
    assert "facing down and to their left" in {image["alt"] for image in images}
    for image in images:
        coded = np.frombuffer(base64.b64decode(image["src"].partition(",")[2]), np.uint8)
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        assert picture is not None
        assert max(picture.shape) <= 200
    assert len(page_of(assess([alice]))) < 1_000_000


def test_a_sample_is_a_crop_of_its_own_cell(alice: Faceset) -> None:
    yaw = {face.file: face.yaw for face in alice.records}
    images = Page(page_of(assess([alice]))).all("img")
    shown_right = [image["title"] for image in images if image["alt"] == "facing to their right"]
    assert [yaw[name] for name in shown_right] == [-18.0]


def test_names_from_outside_are_escaped(alice: Faceset) -> None:
    text = page_of(assess([alice]))
    assert "<script" not in text
    assert "<b>:" not in text
    page = Page(text)
    assert "alice <b>: not enough" in page.text
    assert NASTY in page.text


def test_empty_cells_are_marked_and_counted_cells_have_figures(alice: Faceset) -> None:
    page = Page(page_of(assess([alice])))
    holes = {div["aria-label"] for div in page.all("div") if div.get("class") == "hole"}
    assert "nothing facing up" in holes
    assert "nothing with the eyes closed" in holes
    assert "facing to their right" not in " ".join(holes)
    wanted = [figure for figure in page.all("figure") if figure.get("class") == "none wanted"]
    assert wanted
    assert "No footage facing up." in page.text
    assert "12 faces kept from 12 different seconds of footage in 1 file; 18 set aside." in page.text


def test_what_was_set_aside_is_shown_with_its_reason(alice: Faceset) -> None:
    page = Page(page_of(assess([alice])))
    assert "blurred: 9" in page.text
    assert "other-person: 9" in page.text
    assert "7 pictures showed no face." in page.text
    samples = [image["title"] for image in page.all("img") if image["alt"] == "set aside: blurred"]
    assert len(samples) == len(set(samples)) == 6


def test_two_sets_stand_side_by_side_with_what_each_lacks(alice: Faceset, bob: Faceset) -> None:
    page = Page(page_of(assess([alice, bob])))
    assert "alice <b> and bob: not enough" in page.text
    alts = {image["alt"] for image in page.all("img")}
    assert {"alice <b>, facing the camera", "bob, facing the camera"} <= alts
    assert "alice <b> has 3 faces facing down and to their left, bob none." in page.text
    assert "bob has 4 faces with the mouth open, alice <b> none." in page.text
    assert "All of it is soft: 38 px between the eyes; the standard network wants 64." in page.text
    assert "8 faces kept from 8 photos in 1 file; 0 set aside." in page.text


def test_photos_are_not_counted_in_seconds(bob: Faceset) -> None:
    assert not re.search(r"in \d+ s\b", Page(page_of(assess([bob]))).text)


def test_a_damaged_crop_leaves_a_hole_that_says_so(tmp_path: Path) -> None:
    whole = write_faceset(tmp_path / "torn", shown({}, seconds=1))
    (tmp_path / "torn" / "faces" / REST.file).write_bytes(b"no picture")
    page = Page(page_of(assess([whole])))
    assert not page.all("img")
    assert f"{REST.file} cannot be read" in {div.get("aria-label") for div in page.all("div")}


def test_an_empty_faceset_has_a_page(tmp_path: Path) -> None:
    write_faceset(tmp_path / "empty", shown({}, seconds=1))
    (tmp_path / "empty" / "faces" / REST.file).unlink()
    page = Page(page_of(assess([read_faceset(tmp_path / "empty")])))
    assert "No face at all" in page.text
    assert "empty: not enough" in page.text


def test_colour_is_never_the_only_sign(alice: Faceset) -> None:
    text = page_of(assess([alice]))
    for badge in re.findall(r'<span class="badge \w+">(.*?)</span></?\w', text):
        assert re.search("good|enough to begin|not enough", badge)
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_headings_do_not_skip_a_level(alice: Faceset, bob: Faceset) -> None:
    levels = [int(tag[1]) for tag, _ in Page(page_of(assess([alice, bob]))).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
