"""A film of the built-in performer, a way to convert it, and a key in a folder of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from drawn_films import FPS, performance, write_film
from film_rig import convert_film

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.film.conversion import Made


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return FileSigner(lambda: local_key(tmp_path / "credentials"))


@pytest.fixture
def convert(signer: FileSigner) -> Callable[..., Made]:
    """Converts a film; the words are those of `convert_film`."""
    return partial(convert_film, signer=signer)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Four seconds of the built-in performer with a tone, a key frame every second."""
    return write_film(tmp_path / "film.mp4", performance(4 * FPS), title="A film")
