"""A film made on a Ray cluster, begun on this machine, is the film that one machine makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "realtime" / "film"))

from drawn_films import FPS, content_of, performance, write_film
from film_rig import convert_film

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.film import cluster

pytest.importorskip("ray")


@pytest.mark.parametrize("shared", [True, False], ids=["same paths", "no shared paths"])
def test_it_is_the_same_film(tmp_path: Path, shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")  # of a cluster that nobody asked to join
    film = write_film(tmp_path / "film.mp4", performance(4 * FPS))
    signer = FileSigner(lambda: local_key(tmp_path / "credentials"))
    with cluster.RayCrew(workers=2) as crew:
        if not shared:
            crew._ships = True
            # What this machine says a file is like, no worker finds: each takes it out of Ray's store.
            crew._goods = lambda path: ("elsewhere", _parts(crew, path))  # type: ignore[method-assign]
        made = convert_film(film, tmp_path / "out.mp4", crew, signer=signer, piece_s=1.0)
    assert len(made.records) == 4
    convert_film(film, tmp_path / "one.mp4", signer=signer, piece_s=1.0)
    assert content_of(tmp_path / "out.mp4") == content_of(tmp_path / "one.mp4")


def _parts(crew: cluster.RayCrew, path: str) -> list[object]:
    content = Path(path).read_bytes()
    return [crew._ray.put(content[at : at + 10_000_000]) for at in range(0, len(content), 10_000_000)]
