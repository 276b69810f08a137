"""Content credentials: changed bytes, strangers, other tools, broken files; then what a whole one says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from strange_files import ADA, BOB, Office, sign_by_another_tool

from realtime.disclosure.claim import PROGRAM
from realtime.disclosure.credentials import Credentials, read_anchors, read_credentials
from realtime.disclosure.shown import ShownPersona
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key, own_key
from realtime.errors import CredentialsError
from realtime.persona.identity import Identity

Anchors = Callable[[], str]
Film = Callable[..., Path]
ROOT = Path(__file__).parents[3]


def flipped(path: Path, at: int) -> Path:
    """A copy with one bit of one byte changed."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << (at % 8)
    copy = path.with_name(f"flipped{path.suffix}")
    copy.write_bytes(data)
    return copy


def holds(path: Path, anchors: str) -> bool:
    found = read_credentials(path, anchors=anchors)
    return found is not None and found.valid and found.trusted


@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_one_byte_changed_and_a_film_does_not_verify(
    film: Film, signer: FileSigner, anchors: Anchors, name: str
) -> None:
    path = film(name)
    signer.sign(path, [ADA])
    assert holds(path, anchors())
    size = path.stat().st_size
    rng = np.random.default_rng(7)
    places = [0, 4, 8, size - 1, *rng.integers(0, size, 150).tolist()]
    assert [at for at in places if holds(flipped(path, at), anchors())] == []


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
def test_one_byte_changed_and_a_picture_does_not_verify(
    picture: Film, signer: FileSigner, anchors: Anchors, name: str
) -> None:
    path = picture(name)
    signer.sign(path, [ADA])
    assert holds(path, anchors())
    size = path.stat().st_size
    places = [0, size - 1, *np.random.default_rng(8).integers(0, size, 150).tolist()]
    assert [at for at in places if holds(flipped(path, at), anchors())] == []


def test_bytes_behind_the_end_do_not_verify(film: Film, picture: Film, signer: FileSigner, anchors: Anchors) -> None:
    for path in (film(), picture("p.png"), picture("p.jpg")):
        signer.sign(path, [ADA])
        path.write_bytes(path.read_bytes() + b"\0")
        assert not holds(path, anchors())


def test_a_film_that_is_cut_short_does_not_verify(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    path = film()
    signer.sign(path, [ADA])
    data = path.read_bytes()
    for share in (0.999, 0.9, 0.5, 0.1, 0.01):
        path.write_bytes(data[: int(len(data) * share)])
        assert not holds(path, anchors())


def test_credentials_taken_from_another_film_do_not_verify(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    one, other = film("one.mp4"), film("other.mp4", 31)
    for path in (one, other):
        signer.sign(path, [ADA])
    first, second = one.read_bytes(), other.read_bytes()
    box = slice(first.index(b"uuid") - 4, None)
    length = int.from_bytes(first[box][:4], "big")
    at = second.index(b"uuid") - 4
    own = int.from_bytes(second[at : at + 4], "big")
    other.write_bytes(second[:at] + first[box][:length] + second[at + own :])
    found = read_credentials(other, anchors=anchors())
    assert found is not None
    assert not found.valid


def test_a_stranger_is_valid_but_not_trusted(
    film: Film, signer: FileSigner, stranger: FileSigner, anchors: Anchors
) -> None:
    path = film()
    signer.prepare()
    stranger.sign(path, [ADA])
    found = read_credentials(path, anchors=anchors())
    assert found is not None
    assert (found.valid, found.trusted, found.made_here) == (True, False, False)
    assert found.signer == stranger.prepare().owner
    assert found.said[0] == f"content credentials: valid but not trusted, signer {found.signer}"


def test_the_users_own_authority_is_trusted_where_it_is_named(film: Film, tmp_path: Path) -> None:
    path, office = film(), Office(tmp_path / "office")
    chain, key = office.certify()
    FileSigner(lambda: own_key(chain, key)).sign(path, [BOB])
    assert not holds(path, "")
    root = tmp_path / "root.pem"
    root.write_text(office.root_pem)
    assert holds(path, read_anchors(root))
    root.write_text("nothing")
    with pytest.raises(CredentialsError, match="wanted certificates in PEM"):
        read_anchors(root)


def test_another_tools_credentials_are_told_as_theirs(picture: Film, tmp_path: Path) -> None:
    path = picture("drawn.jpg")
    cards = {"personas": [{"persona": "x\x1b[2J", "identity": {"name": "A\nB", "ground": "self"}}, 3, {}]}
    own = {"label": "thespis.personas", "data": cards}
    created = {"action": "c2pa.created", "digitalSourceType": "http://example.org/drawn"}
    assertions = [{"label": "c2pa.actions", "data": {"actions": [created]}}, own]
    sign_by_another_tool(path, local_key(tmp_path / "elsewhere"), "image/jpeg", assertions=assertions)
    found = read_credentials(path, anchors="")
    assert found is not None
    assert (found.program, found.version, found.composite, found.personas) == ("Other Tool", "7", False, ())
    assert not found.made_here
    assert found.said[1].startswith("made by Other Tool 7")


@pytest.mark.parametrize("name", ["p.jpg", "p.png"])
def test_a_picture_without_credentials_has_none(picture: Film, name: str) -> None:
    assert read_credentials(picture(name), anchors="") is None


def test_a_file_without_credentials_or_of_another_kind_has_none(film: Film, tmp_path: Path) -> None:
    assert read_credentials(film(), anchors="") is None
    assert read_credentials(film("film.mkv"), anchors="") is None
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    found = read_credentials(text, anchors="")
    assert found is None or not found.valid
    with pytest.raises(CredentialsError, match="No such file"):
        read_credentials(tmp_path / "none.mp4", anchors="")


def test_what_a_whole_one_says(film: Film, signer: FileSigner, anchors: Anchors) -> None:
    path = film()
    signer.sign(path, [ADA, BOB])
    found = read_credentials(path, anchors=anchors())
    assert found is not None
    assert found.made_here
    assert found.composite
    assert found.personas == (ADA, BOB)
    assert (found.program, found.version) == ("Thespis", version("thespis"))
    assert found.made_at.endswith("+00:00")
    assert found.said[0].startswith("content credentials: valid and trusted, signer Thespis (self-made), key ")
    assert "Ada Example (consent, until 2030-01-31" in found.said[2]
    told = found.to_json()
    assert told["valid"] and told["trusted"]
    assert told["personas"][0]["identity"]["name"] == "Ada Example"  # type: ignore[index]


def test_a_link_is_followed_and_stays(film: Film, tmp_path: Path, signer: FileSigner, anchors: Anchors) -> None:
    path, link = film(), tmp_path / "link.mp4"
    link.symlink_to(path)
    signer.sign(link, [ADA])
    assert link.is_symlink()
    assert holds(path, anchors())


def test_the_words_for_an_end_and_a_change() -> None:
    over = Credentials(("signingCredential.expired",), False, "X", "Thespis")
    assert over.said == (
        "content credentials: no longer valid, since the time of the certificate is over, signer X",
        "made by Thespis",
    )
    (told,) = Credentials(("assertion.bmffHash.mismatch",), False, "X", "Thespis").said
    assert told.startswith("content credentials: NOT valid, the file was changed after it was signed")


def test_more_than_fits_one_segment_of_a_jpeg_is_held_to_the_byte_too(
    picture: Film, signer: FileSigner, anchors: Anchors
) -> None:
    path, long = picture("p.jpg"), "s" * 500
    crowd = [ShownPersona(f"p{number}", Identity("Nobody", "fictional", source=long)) for number in range(130)]
    signer.sign(path, crowd)
    assert path.stat().st_size > 65_536
    assert holds(path, anchors())
    second = path.read_bytes().index(b"JP\x02\x11\x00\x00\x00\x02")
    for at in (second, second + 2, second + 7, second + 8, second + 15, second + 16):
        assert not holds(flipped(path, at), anchors())


def test_no_network_is_claimed_for_what_may_be_a_photo_laid_on() -> None:
    ours = Credentials((), trusted=True, program=PROGRAM, composite=True)
    assert "a face in it replaced by a computed one" in ours.said[1]
    assert "network" not in ours.said[1]
    assert "a part of it by a trained network" in replace(ours, program="Other Tool").said[1]
