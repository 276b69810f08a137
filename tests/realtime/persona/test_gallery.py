"""The personas as they are shown to whoever chooses."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_personas import PORTRAIT, make_graph, make_manifest

from realtime.errors import PersonaError
from realtime.persona import gallery as gallery_module
from realtime.persona.catalog import Entry, list_personas
from realtime.persona.gallery import Gallery
from realtime.persona.identity import Identity
from realtime.persona.package import Persona, read_persona, write_persona
from realtime.persona.portrait import decode_portrait

LIMIT_S = 10.0
TODAY = date(2026, 11, 23)
JPEG = cv2.imencode(".jpg", np.full((400, 600, 3), 90, np.uint8))[1].tobytes()


def write(folder: Path, name: str, identity: Identity, portrait: bytes = JPEG) -> Path:
    path = folder / f"{name}.persona"
    write_persona(path, make_manifest(identity=identity), {"fp32": make_graph()}, portrait)
    return path


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    write(tmp_path / "builtin", "anna", Identity("Anna Example", "fictional"))
    own = Identity("Bert Example", "consent", document_sha256="0" * 64, until=date(2026, 11, 22))
    write(tmp_path / "user", "bert", own)
    (tmp_path / "user" / "broken.persona").write_bytes(b"hello")
    return Gallery(builtin=tmp_path / "builtin", user=tmp_path / "user")


def test_who_may_be_worn_and_who_may_not_and_why(gallery: Gallery) -> None:
    anna, bert, broken = gallery.cards(TODAY)
    assert (anna.name, anna.whose, anna.refused) == ("anna", "Anna Example", "")
    assert bert.refused.startswith("Bert Example may no longer be worn: wanted a day up to 2026-11-22")
    assert "until 2026-11-22" in bert.facts
    for card in (anna, bert):
        picture = cv2.imdecode(np.frombuffer(card.portrait, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (213, 320, 3)
    assert "wanted a persona file" in broken.refused
    assert broken.portrait == b""


def test_only_who_may_be_worn_is_loaded(gallery: Gallery) -> None:
    anna, bert, broken = gallery.cards(TODAY)
    assert gallery.load(anna.key, TODAY).name == "anna"
    assert gallery.key_of(gallery.load(anna.key, TODAY)) == anna.key
    for card in (bert, broken):
        with pytest.raises(PersonaError):
            gallery.load(card.key, TODAY)
    with pytest.raises(PersonaError, match="none of them"):
        gallery.load("nobody", TODAY)


def test_a_persona_whose_last_day_passes_is_refused_from_then_on(gallery: Gallery) -> None:
    assert gallery.cards(date(2026, 11, 22))[1].refused == ""
    assert gallery.cards(date(2026, 11, 23))[1].refused


def test_a_file_that_changes_is_read_again(gallery: Gallery, tmp_path: Path) -> None:
    before = gallery.cards(TODAY)[0]
    write(tmp_path / "builtin", "anna", Identity("Another Anna", "fictional"), JPEG + b"\0")
    after = gallery.cards(TODAY)[0]
    assert (before.whose, after.whose) == ("Anna Example", "Another Anna")


def test_a_portrait_that_cannot_be_shown_keeps_nobody_from_wearing_it(tmp_path: Path) -> None:
    write(tmp_path, "anna", Identity("Anna Example", "fictional"), PORTRAIT)
    (card,) = Gallery(builtin=tmp_path, user=tmp_path / "none").cards(TODAY)
    assert (card.portrait, card.refused) == (b"", "")


def test_those_named_by_their_path_are_there_too_and_once(gallery: Gallery, tmp_path: Path) -> None:
    anna = read_persona(tmp_path / "builtin" / "anna.persona", today=TODAY)
    photo = replace(anna, name="carla")
    more = Gallery([photo, anna], builtin=tmp_path / "builtin", user=tmp_path / "user")
    cards = more.cards(TODAY)
    assert [card.name for card in cards] == ["anna", "bert", "broken", "carla"]
    assert more.load(cards[-1].key, TODAY) is photo


class Counted:
    """Counts what is read, and how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []
        self.portraits = 0
        monkeypatch.setattr(gallery_module, "read_persona", self._read)
        monkeypatch.setattr(gallery_module, "decode_portrait", self._decode)

    def _read(self, path: Path, *, today: date | None) -> Persona:
        self.files.append(path.stem)
        return read_persona(path, today=today)

    def _decode(self, persona: Persona) -> np.ndarray:
        self.portraits += 1
        return decode_portrait(persona)


def test_each_file_is_read_once_whatever_the_day(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has an end date, and one that is broken, too."""
    photo = replace(read_persona(tmp_path / "builtin" / "anna.persona", today=TODAY), name="carla")
    more = Gallery([photo], builtin=tmp_path / "builtin", user=tmp_path / "user")
    counted = Counted(monkeypatch)
    refused = [[bool(card.refused) for card in more.cards(date(2026, 11, day))] for day in (22, 23, 22)]
    assert refused == [[False, False, True, False], [False, True, True, False], [False, False, True, False]]
    assert sorted(counted.files) == ["anna", "bert", "broken"]
    assert counted.portraits == 3
    (tmp_path / "user" / "broken.persona").unlink()
    assert [card.name for card in more.cards(TODAY)] == ["anna", "bert", "carla"]
    assert len(counted.files) == 3


def test_a_portrait_is_looked_up_and_reads_nothing(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gallery.portrait("nobody") == b""
    cards = gallery.cards(TODAY)
    counted = Counted(monkeypatch)
    assert [gallery.portrait(card.key) for card in cards] == [card.portrait for card in cards]
    assert gallery.portrait("nobody") == b""
    assert (counted.files, counted.portraits) == ([], 0)


def test_one_is_loaded_while_the_others_are_being_read(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = gallery.cards(TODAY)[0]
    reading, go_on = threading.Event(), threading.Event()

    def slow(**folders: Path) -> tuple[Entry, ...]:
        reading.set()
        assert go_on.wait(LIMIT_S)
        return list_personas(**folders)

    monkeypatch.setattr(gallery_module, "list_personas", slow)
    with ThreadPoolExecutor(2) as threads:
        try:
            listed = threads.submit(gallery.cards, TODAY)
            assert reading.wait(LIMIT_S)
            assert threads.submit(gallery.load, anna.key, TODAY).result(LIMIT_S / 2).name == "anna"
            assert threads.submit(gallery.portrait, anna.key).result(LIMIT_S / 2) == anna.portrait
        finally:
            go_on.set()
        assert len(listed.result(LIMIT_S)) == 3
