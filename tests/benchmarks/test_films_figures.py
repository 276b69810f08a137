"""The films' benchmark: its own film is what it says, and its reader tells films apart."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("resource")

from benchmarks import films


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "performer.mp4"
    films.make_film(path, 1.0)
    return path


def test_its_film_has_uneven_times_and_a_tone(film: Path) -> None:
    pictures, tone = films.look(film)
    assert (pictures.kind, tone.kind) == ("video", "audio")
    assert 20 < len(pictures.times_s) < 30
    assert len({after - before for before, after in pairwise(pictures.times_s)}) > 10
    assert len(tone.times_s) >= 46


def test_its_reader_tells_films_apart(film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(film.read_bytes())
    assert films.look(film) == films.look(other)
    assert films.likeness(film, other)["ssim"] == 1.0
    films.make_film(other, 0.7)
    assert films.look(film) != films.look(other)
    with pytest.raises(ValueError, match="zip"):
        films.likeness(film, other)
