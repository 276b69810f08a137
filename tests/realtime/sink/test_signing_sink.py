"""Files that are signed once they are whole: what is left where that fails, and whom they say they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.disclosure.credentials import Credentials, read_credentials
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_anchors, local_key
from realtime.errors import CredentialsError, SinkError
from realtime.frame import Face, Frame, Swap
from realtime.persona.identity import Identity
from realtime.sink.recorder import RecorderSink
from realtime.sink.signing import SigningSink
from realtime.sink.snapshot import SnapshotSink

FrameAt = Callable[..., Frame]
_NOTHING = np.zeros((4, 4), np.uint8)
_FACES = [Face(id_, np.zeros((478, 3), np.float32), np.eye(2, 3)) for id_ in range(2)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def signer(folder: Path) -> FileSigner:
    return FileSigner(lambda: local_key(folder))


@pytest.fixture
def worn(frame_at: FrameAt) -> Callable[..., Frame]:
    """Frame `index`, on whose faces these personas are seen; an empty name is a bare face."""

    def make(index: int, *names: str) -> Frame:
        faces = tuple(_FACES[: len(names)])
        swaps = tuple(
            Swap(face, np.zeros((4, 4, 3), np.uint8), _NOTHING, np.eye(2, 3), persona=name, identity=card(name))
            for face, name in zip(faces, names, strict=True)
            if name
        )
        covered = frozenset(swap.face.id for swap in swaps)
        worn = bool(names) and len(swaps) == len(names)
        return replace(frame_at(index), faces=faces, swaps=swaps, covered=covered, worn=worn)

    return make


def card(name: str) -> Identity:
    return Identity(f"{name} Example", "fictional")


def found(path: Path, folder: Path) -> Credentials:
    read = read_credentials(path, anchors=local_anchors(folder))
    assert read is not None
    return read


def frames_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_signing_that_fails_is_told_and_leaves_the_film(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame]
) -> None:
    path = tmp_path / "film.mp4"
    (tmp_path / ".film.mp4.partial").mkdir()
    sink = SigningSink(RecorderSink(path), path, signer)
    sink.open((64, 48), 25.0)
    for index in range(10):
        sink.write(worn(index, "ann"))
    with pytest.raises(CredentialsError, match="the file itself is whole and plays, unsigned"):
        sink.close()
    sink.close()
    assert frames_in(path) == 10
    assert read_credentials(path, anchors=local_anchors(folder)) is None


def test_without_a_key_nothing_is_recorded(tmp_path: Path, folder: Path) -> None:
    local_key(folder)
    (folder / "signing.pem").write_text("spoilt")
    path = tmp_path / "film.mp4"
    sink = SigningSink(RecorderSink(path), path, FileSigner(lambda: local_key(folder)))
    with pytest.raises(CredentialsError, match="signing key"):
        sink.open((64, 48), 25.0)
    sink.close()
    assert not path.exists()


def test_what_broke_while_it_was_recorded_is_not_signed(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame]
) -> None:
    path = tmp_path / "film.mp4"
    sink = SigningSink(RecorderSink(path), path, signer)
    sink.open((64, 48), 25.0)
    sink.write(worn(0, "ann"))
    with pytest.raises(SinkError):
        sink.write(Frame(1, 0.0, 0.04, np.zeros((9, 9, 3), np.uint8)))
    sink.close()
    assert frames_in(path) == 1
    assert read_credentials(path, anchors=local_anchors(folder)) is None


def test_a_film_that_shows_no_persona_is_not_signed_and_says_why(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame]
) -> None:
    path = tmp_path / "film.mp4"
    with SigningSink(RecorderSink(path), path, signer) as sink:
        sink.open((64, 48), 25.0)
        sink.write(worn(0, ""))
        sink.write(worn(1))
    assert "not signed as made with AI: no frame shows a persona" in sink.notice
    assert read_credentials(path, anchors=local_anchors(folder)) is None


def test_matroska_is_recorded_and_says_that_it_is_not_signed(
    tmp_path: Path, signer: FileSigner, worn: Callable[..., Frame], folder: Path
) -> None:
    path = tmp_path / "film.mkv"
    with SigningSink(RecorderSink(path), path, signer) as sink:
        sink.open((64, 48), 25.0)
        assert sink.notice.endswith("unsigned: .mkv has no place for credentials; record .mp4 to have it signed")
        sink.write(worn(0, "ann"))
    assert frames_in(path) == 1
    assert not folder.exists()


@pytest.mark.parametrize("extension", [".mp4", ".mov"])
def test_a_film_names_everybody_it_showed(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame], extension: str
) -> None:
    path = tmp_path / f"film{extension}"
    with SigningSink(RecorderSink(path), path, signer) as sink:
        sink.open((64, 48), 25.0)
        assert "to be signed once it is whole" in sink.notice
        for index, names in enumerate([("ann",), ("ann", "bob"), ("", "bob"), ("eve",), ()]):
            sink.write(worn(index, *names))
    read = found(path, folder)
    assert read.made_here
    assert [one.persona for one in read.personas] == ["ann", "bob", "eve"]
    assert [one.identity for one in read.personas] == [card("ann"), card("bob"), card("eve")]
    assert sink.notice.endswith("is signed as made with AI, showing ann Example, bob Example, eve Example")
    assert frames_in(path) == 5


def test_two_personas_of_one_name_keep_their_own_cards(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame]
) -> None:
    path = tmp_path / "film.mp4"
    other = worn(1, "me")
    other = replace(other, swaps=(replace(other.swaps[0], identity=Identity("Somebody else", "self")),))
    with SigningSink(RecorderSink(path), path, signer) as sink:
        sink.open((64, 48), 25.0)
        sink.write(worn(0, "me"))
        sink.write(other)
    assert [one.identity.name for one in found(path, folder).personas] == ["me Example", "Somebody else"]


@pytest.mark.parametrize("extension", [".jpg", ".png"])
def test_a_snapshot_names_whom_its_picture_shows(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame], extension: str
) -> None:
    path = tmp_path / f"me{extension}"
    held = replace(worn(3, "", ""), worn=True)  # an earlier picture, which shows both
    for last, names in ((worn(3, "eve"), ["eve"]), (held, ["ann", "bob"]), (worn(3), ["ann", "bob"])):
        with SigningSink(SnapshotSink(path), path, signer, last_only=True) as sink:
            sink.open((64, 48), 25.0)
            for frame in (worn(0, "cas"), worn(1, "ann", "bob"), last):
                sink.write(frame)
        read = found(path, folder)
        assert read.made_here
        assert [one.persona for one in read.personas] == names


def test_opening_again_forgets_whom_it_showed(
    tmp_path: Path, signer: FileSigner, folder: Path, worn: Callable[..., Frame]
) -> None:
    path = tmp_path / "film.mp4"
    sink = SigningSink(RecorderSink(path), path, signer)
    for name in ("ann", "bob"):
        sink.open((64, 48), 25.0)
        sink.write(worn(0, name))
        sink.close()
    assert [one.persona for one in found(path, folder).personas] == ["bob"]
