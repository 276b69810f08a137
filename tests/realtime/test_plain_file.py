"""Opening files that strangers may have made: what is no plain file is never read from."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

import pytest

from realtime.errors import PersonaError, SourceError
from realtime.persona.identity import read_identity
from realtime.persona.package import read_persona
from realtime.plain_file import open_plain, read_bounded
from realtime.source.image import read_picture


def test_a_file_within_its_bound_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"


def test_a_larger_one_is_not_read_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(10**12)  # a sparse file: reading it would fill all memory
    with pytest.raises(OSError, match="more than 16"):
        read_bounded(path, 16)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no plain file"):
        open_plain(tmp_path)


def test_a_missing_file_stays_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "none")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names, no /dev")
@pytest.mark.parametrize("special", ["pipe", "zero"])
def test_pipes_and_devices_are_refused_by_every_reader(tmp_path: Path, special: str) -> None:
    """Reading the one would wait for ever, reading the other would never end."""
    path = Path("/dev/zero")
    if special == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
    with pytest.raises(OSError, match="no plain file"):
        read_bounded(path, 100)
    with pytest.raises(PersonaError, match="no plain file"):
        read_persona(path, today=date(2026, 11, 23))
    with pytest.raises(PersonaError, match="no plain file"):
        read_identity(path)
    with pytest.raises(SourceError, match="no plain file"):
        read_picture(path)
