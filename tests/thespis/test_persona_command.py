"""`thespis persona`, and consent: who is refused where, and what is shown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from realtime.errors import PersonaError
from realtime.persona import adding, catalog
from realtime.persona.identity import Identity
from realtime.persona.package import read_persona, write_persona
from realtime.settings import Live, Settings
from realtime.sink.null import NullSink
from realtime.source.portrait import PortraitPerformer
from realtime.timing import Timing
from realtime.wear import wearing
from thespis.loop import Show, play
from thespis.screen import Screen

Thespis = Callable[..., int]
TODAY = date.today()
LONG_AGO = Identity("Ann Example", "consent", document_sha256="ab" * 32, until=date(2020, 1, 31))
OVER = r"Ann Example may no longer be worn: wanted a day up to 2020-01-31"


@pytest.fixture
def persona_of(tmp_path: Path) -> Callable[[Identity], Path]:
    def make(identity: Identity) -> Path:
        from tiny_personas import PORTRAIT, make_graph, make_manifest

        manifest = make_manifest(identity=identity)
        path = tmp_path / "ann.persona"
        graph = make_graph(manifest.crop_size, len(manifest.ends.channels))
        write_persona(path, manifest, {"fp32": graph}, PORTRAIT)
        return path

    return make


@pytest.fixture
def old_card(tmp_path: Path) -> Path:
    path = tmp_path / "card.toml"
    path.write_text(f'name = "Ann Example"\nground = "consent"\ndocument_sha256 = "{"ab" * 32}"\nuntil = 2020-01-31\n')
    return path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--source", "demo", "--output", "null"],
        ["run", "--source", "demo", "--output", "null", "--persona", "hopper"],
        ["bench", "--seconds", "1"],
        ["demo"],
    ],
)
def test_nobody_is_worn_past_the_last_day(
    thespis: Thespis, persona_of: Callable[[Identity], Path], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert thespis(*words, "--persona", persona_of(LONG_AGO)) == 1
    assert "thespis: Ann Example may no longer be worn: wanted a day up to 2020-01-31" in told(capsys)


def test_a_photo_is_not_worn_past_the_last_day_either(
    thespis: Thespis, hopper_photo: Path, old_card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "--source", "demo", "--output", "null", "--persona", hopper_photo, "--identity", old_card)
    assert thespis(*words) == 1
    assert "Ann Example may no longer be worn" in told(capsys)


def test_no_photo_becomes_a_persona_past_the_last_day(
    thespis: Thespis, hopper_photo: Path, old_card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("import", hopper_photo, "--identity", old_card, "--out", tmp_path / "x.persona") == 1
    assert "Ann Example may no longer be worn" in told(capsys)
    assert not (tmp_path / "x.persona").exists()


def test_no_model_and_no_run_becomes_a_persona_past_the_last_day(
    thespis: Thespis, old_card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.dfm"
    model.write_bytes(b"not looked at")
    assert thespis("import", model, "--identity", old_card, "--out", tmp_path / "x.persona") == 1
    assert "Ann Example may no longer be worn" in told(capsys)
    assert thespis("export", tmp_path, "--identity", old_card, "--out", tmp_path / "x.persona") == 1
    assert "Ann Example may no longer be worn" in told(capsys)


@pytest.mark.parametrize("command", ["export", "import"])
def test_without_a_card_it_says_what_to_write(
    thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert thespis(command, tmp_path / "model", "--out", tmp_path / "x.persona") == 2
    said = told(capsys).replace("│ ", "").replace(" │", "")
    assert "--identity" in said
    assert 'write name = "…" and ground = "self", "fictional", "consent" (with document_sha256 and until)' in said


def test_a_last_day_that_passes_meanwhile_ends_the_run(persona_of: Callable[[Identity], Path]) -> None:
    persona = catalog.load_persona(persona_of(Identity("Ann Example", "self", until=TODAY)))
    days = iter([TODAY, TODAY])
    performer = PortraitPerformer(size_wh=(160, 120), fps=30)
    with wearing([persona], Live(Settings()), provider="cpu", max_faces=1) as worn:
        show = Show(performer, worn, [NullSink()])
        with pytest.raises(PersonaError, match="Ann Example may no longer be worn"):
            play(show, Screen(), Timing(), today=lambda: next(days, TODAY + timedelta(days=1)))


def test_who_may_no_longer_be_worn_can_still_be_shown(
    thespis: Thespis, persona_of: Callable[[Identity], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = persona_of(LONG_AGO)
    assert thespis("persona", "show", path, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["may_be_worn"] is False
    assert "may no longer be worn" in facts["why_not"]
    assert facts["identity"] == LONG_AGO.to_json()
    assert thespis("persona", "show", path) == 0
    said = capsys.readouterr().out
    assert "NO" in said
    assert "Ann Example" in said


def test_a_broken_persona_is_not_shown(thespis: Thespis, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.persona").write_bytes(b"PK broken")
    assert thespis("persona", "show", tmp_path / "x.persona") == 1
    assert thespis("persona", "show", "nobody") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "no such name" in lines[1]


def test_what_is_known_of_a_persona(
    thespis: Thespis, persona_of: Callable[[Identity], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    identity = Identity("Ann Example", "self", until=TODAY + timedelta(days=12))
    path = persona_of(identity)
    assert thespis("persona", "show", path, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["kind"], facts["crop_pixels"]) == ("ann", "autoencoder", 64)
    assert (facts["may_be_worn"], facts["days_left"]) == (True, 12)
    assert facts["trained_from"]["iterations"] == 1
    assert set(facts["sha256"]) == {"fp32", "portrait"}
    assert facts["file_bytes"] == path.stat().st_size
    assert thespis("persona", "show", path) == 0
    assert facts["sha256"]["fp32"] in "".join(capsys.readouterr().out.split()).replace("│", "")


def test_a_photo_is_shown_with_its_card(
    thespis: Thespis, hopper_photo: Path, old_card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert thespis("persona", "show", hopper_photo, "--identity", old_card, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["may_be_worn"], facts["identity"]["name"]) == ("photo", False, "Ann Example")


def test_the_list_says_who_may_be_worn(
    thespis: Thespis,
    persona_of: Callable[[Identity], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = persona_of(LONG_AGO).parent
    (folder / "broken.persona").write_bytes(b"PK")
    monkeypatch.setattr(catalog, "user_folder", lambda: folder)
    assert thespis("persona", "list", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert [row["may_be_worn"] for row in (rows["hopper"], rows["ann"], rows["broken"])] == [True, False, False]
    assert "a persona file" in rows["broken"]["why_not"]
    assert thespis("persona", "list") == 0
    assert "may NOT be worn" in " ".join(capsys.readouterr().out.split())


def test_names_from_strangers_are_shown_as_they_are(
    thespis: Thespis,
    persona_of: Callable[[Identity], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Brackets are no orders to what draws tables: they end nothing, and hide nothing."""
    persona_of(Identity("[/x] [black on black]Ann", "fictional"))
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    for words in (("list",), ("show", tmp_path / "ann.persona")):
        assert thespis("persona", *words) == 0
        assert "[/x] [black on black]Ann" in " ".join(capsys.readouterr().out.split())


def test_what_was_imported_is_added_by_the_words_that_import_said(
    thespis: Thespis,
    hopper_photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = tmp_path / "own"
    for module in (catalog, adding):
        monkeypatch.setattr(module, "user_folder", lambda: own)
    card, out = tmp_path / "card.toml", tmp_path / "by photo.persona"
    card.write_text('name = "Grace Hopper"\nground = "public-domain"\ndied = 1992\nsource = "sample data"\n')
    assert thespis("import", hopper_photo, "--identity", card, "--out", out) == 0
    said = told(capsys)
    wear, add = re.findall(r"thespis (run --persona .*?|persona add .*)(?:;|$)", said)
    assert shlex.split(wear) == ["run", "--persona", str(out)]
    words = shlex.split(add)
    assert words == ["persona", "add", str(out)]
    assert thespis(*words) == 0
    assert "thespis run --persona 'by photo'" in told(capsys)
    assert (own / "by photo.persona").read_bytes() == out.read_bytes()
    assert thespis("persona", "list", "--json") == 0
    assert "by photo" in [row["name"] for row in json.loads(capsys.readouterr().out)]
    out.write_bytes(persona_bytes_with_another_face(out))
    assert thespis(*words) == 1
    assert "--overwrite" in told(capsys)
    assert thespis(*words, "--overwrite") == 0


def persona_bytes_with_another_face(path: Path) -> bytes:
    persona = read_persona(path, today=TODAY)
    manifest = replace(persona.manifest, identity=Identity("Grace Example", "fictional"))
    other = path.with_name("other.persona")
    write_persona(other, manifest, persona.graphs, persona.portrait)
    return other.read_bytes()
