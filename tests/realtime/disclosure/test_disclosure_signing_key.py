"""The key that files are signed with: files that are not what they should be, first use, renewal, the user's own."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from strange_files import CODE_SIGNING, Office, pem_of, rsa_key

from realtime.disclosure import signing_key
from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import FILE, local_anchors, local_key, own_key
from realtime.errors import CredentialsError

posix = pytest.mark.skipif(os.name != "posix", reason="modes")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_signs_nothing(folder: Path, mode: int) -> None:
    local_key(folder)
    (folder / FILE).chmod(mode)
    with pytest.raises(CredentialsError, match=rf"you alone may read, got mode {mode:o}; run chmod 600"):
        local_key(folder)


@pytest.mark.parametrize("spoil", ["empty", "cut", "binary", "key alone", "other key", "no authority"])
def test_a_file_that_is_no_key_is_told_and_kept(folder: Path, tmp_path: Path, spoil: str) -> None:
    local_key(folder)
    local_key(tmp_path / "other")
    path = folder / FILE
    text, other = path.read_text(), (tmp_path / "other" / FILE).read_text()
    key_end = text.index("-----BEGIN CERT")
    spoilt = {
        "empty": "",
        "cut": text[: len(text) // 2],
        "binary": "\0\1\2" * 100,
        "key alone": text[:key_end],
        "other key": other[: other.index("-----BEGIN CERT")] + text[key_end:],
        "no authority": text[: text.rindex("-----BEGIN CERT")],
    }[spoil]
    path.write_text(spoilt)
    for call in (local_key, local_anchors):
        with pytest.raises(CredentialsError, match=r"move it away, and a new one is made") as told:
            call(folder)
        assert "\n" not in str(told.value)
    assert path.read_text() == spoilt


@posix
@pytest.mark.skipif(os.geteuid() == 0 if os.name == "posix" else True, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    assert "Permission denied" in local_key(folder).notice


def test_where_no_key_can_be_kept_one_signs_this_time_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "credentials"
    keys = [FileSigner(lambda: local_key(folder)).prepare() for _ in range(2)]
    assert keys[0].key_pem != keys[1].key_pem
    assert keys[0].notice == f"with a key for this time only, since none can be kept in {folder}: Not a directory"
    assert local_anchors(folder) == ""


def test_a_full_disk_leaves_no_half_a_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(signing_key.os, "fsync", full)
    assert "No space left on device" in local_key(folder).notice
    assert list(folder.iterdir()) == []


@posix
def test_it_is_made_once_for_the_user_alone(folder: Path) -> None:
    made = local_key(folder)
    assert made.notice == f"a signing key was made: {folder / FILE}"
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = local_key(folder)
    assert (again.key_pem, again.chain_pem, again.notice) == (made.key_pem, made.chain_pem, "")
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert made.key_pem not in repr(made)


def test_of_two_first_uses_at_once_one_key_stays(folder: Path) -> None:
    keys: list[str] = []
    users = [threading.Thread(target=lambda: keys.append(local_key(folder).key_pem)) for _ in range(6)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert len(keys) == 6
    assert set(keys) == {local_key(folder).key_pem}


def test_it_is_renewed_in_time_and_the_old_authority_stays_trusted(folder: Path) -> None:
    today = datetime.now(UTC)
    first, anchors = local_key(folder, now=today), local_anchors(folder)
    assert local_key(folder, now=today + timedelta(days=365 * 9)).key_pem == first.key_pem
    renewed = local_key(folder, now=today + timedelta(days=365 * 11))
    assert renewed.key_pem != first.key_pem
    assert "renewed" in renewed.notice
    assert local_anchors(folder).endswith(anchors)
    assert local_anchors(folder).count("BEGIN CERTIFICATE") == 2


def test_one_made_while_the_clock_was_ahead_is_made_anew(folder: Path) -> None:
    today = datetime.now(UTC)
    ahead = local_key(folder, now=today + timedelta(days=300))
    assert local_key(folder, now=today).key_pem != ahead.key_pem
    assert local_key(folder, now=today).key_pem == local_key(folder, now=today + timedelta(days=1)).key_pem


def test_no_key_means_no_authorities_and_makes_none(folder: Path) -> None:
    assert local_anchors(folder) == ""
    assert not folder.exists()


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    chain, _ = Office(tmp_path / "a").certify()
    _, key = Office(tmp_path / "b").certify()
    with pytest.raises(CredentialsError, match=r"got a certificate of another key; give files that belong together"):
        own_key(chain, key)


def test_a_certificate_whose_time_is_over_is_refused(tmp_path: Path) -> None:
    chain, key = Office(tmp_path / "a").certify(until=timedelta(days=-1))
    with pytest.raises(CredentialsError, match="whose time is not over, got one that ended on"):
        own_key(chain, key)


def test_files_that_are_no_certificate_or_key_are_told(tmp_path: Path) -> None:
    chain, key = Office(tmp_path / "a").certify()
    text = tmp_path / "text.pem"
    text.write_text("hello")
    with pytest.raises(CredentialsError, match="got no certificates in PEM"):
        own_key(text, key)
    with pytest.raises(CredentialsError, match="got no private key in PEM"):
        own_key(chain, text)
    with pytest.raises(CredentialsError, match="wanted a PEM file, got No such file"):
        own_key(chain, tmp_path / "none.pem")


def test_a_key_under_a_password_is_told(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    office = Office(tmp_path / "a")
    chain, key = office.certify()
    sealed = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(office.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed))
    with pytest.raises(CredentialsError, match="got a key under a password"):
        own_key(chain, key)


@pytest.mark.parametrize(
    "changes", [{"usage": CODE_SIGNING}, {"is_authority": True}], ids=["code signing", "authority"]
)
def test_a_certificate_that_may_sign_no_claims_is_told_before_anything_is_recorded(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    chain, key = Office(tmp_path / "a").certify(**changes)  # type: ignore[arg-type]
    with pytest.raises(CredentialsError, match=r"signing as .*wanted a certificate by the C2PA profile"):
        FileSigner(lambda: own_key(chain, key)).prepare()


@pytest.mark.parametrize("kind", ["es256", "es384", "ps256", "ed25519"])
def test_the_users_own_certificate_signs(tmp_path: Path, kind: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    made = {
        "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ps256": rsa_key,
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    chain, key = Office(tmp_path / "a", made).certify()
    found = FileSigner(lambda: own_key(chain, key)).prepare()
    assert (found.algorithm, found.owner) == (kind, "Example Press, press room")
    assert pem_of(made).decode() == found.key_pem
