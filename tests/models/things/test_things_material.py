"""Films become crops and masks, once; batches are functions of seed and step; nothing held out is trained on."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from models.assembly import with_region
from models.objects.fruit import FRUITS
from models.objects.scene import MomentPath, Scene
from models.presets import find_preset
from models.things import footage as footage_module
from models.things.batches import ThingBatches, alter
from models.things.footage import load_footage
from models.things.words import digest_of, is_thing, parse_thing
from realtime.errors import RegionError, SourceError, TrainingError
from realtime.frame import Frame
from realtime.sink.recorder import RecorderSink

TINY = find_preset("tiny")
FRAMES = 40


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Apples and kiwis, two and a half seconds of each."""
    folder = tmp_path_factory.mktemp("films")
    for seed, name in enumerate(FRUITS):
        scene, path = Scene(FRUITS[name](), (192, 108), seed), MomentPath(seed)
        with RecorderSink(folder / f"{name}.mp4") as sink:
            sink.open(scene.size_wh, 16)
            for index in range(FRAMES):
                sink.write(Frame(index, index / 16, index / 16, scene.draw(path.at(index / 16))[0]))
    return folder


def make_batches(films: Path, seed: int = 0, kiwi: str = "colour:brown+green") -> ThingBatches:
    words = [
        parse_thing("performer", f"colour:red@{films / 'apple.mp4'}"),
        parse_thing("persona", f"{kiwi}@{films / 'kiwi.mp4'}"),
    ]
    return ThingBatches(words, TINY, seed, batch=4)


@pytest.mark.parametrize("text", ["demo", "photo.jpg", "face@film.mp4", "a@b.mp4"])
def test_faces_are_no_things(text: str) -> None:
    assert not is_thing(text)


def test_a_region_is_given_to_what_names_none() -> None:
    assert with_region("kiwi.mp4", "box:0,0,1,1") == "box:0,0,1,1@kiwi.mp4"
    assert with_region("colour:red@apple.mp4", "box:0,0,1,1") == "colour:red@apple.mp4"
    assert with_region("kiwi=kiwi.mp4", "colour:red") == "kiwi=colour:red@kiwi.mp4"
    assert with_region("me@home.mp4", "colour:red") == "colour:red@me@home.mp4"


def test_words_that_name_no_film_or_region(films: Path) -> None:
    film = films / "apple.mp4"
    assert parse_thing("persona", f"colour:Red@{film}").region.words == "colour:red"
    for text in (f"colour:red@{film}.not", "colour:red@", str(film)):
        with pytest.raises(TrainingError, match="REGION@FILM"):
            parse_thing("persona", text)
    with pytest.raises(RegionError):
        parse_thing("persona", f"colour:rde@{film}")


def test_a_digest_tells_films_and_regions_apart(films: Path) -> None:
    regions = ("colour:red", "box:0,0,1,1")
    texts = [f"{region}@{films / film}" for region in regions for film in ("apple.mp4", "kiwi.mp4")]
    assert len({digest_of(parse_thing("persona", text)) for text in texts}) == 4


def test_a_long_film_is_looked_at_to_its_end(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of forty frames at most thirty: every second one, and not the first thirty."""
    monkeypatch.setattr(footage_module, "MOST", 30)
    assert [frame.index for frame, _ in footage_module._frames(films / "apple.mp4")] == list(range(0, FRAMES, 2))


def test_a_film_that_shows_no_such_thing_is_refused(films: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"colour:blue in 32 frames or more, got it in 0"):
        make_batches(films, kiwi="colour:blue").prepare(tmp_path, lambda done, of: None)
    (tmp_path / "empty.mp4").write_bytes(b"no film")
    with pytest.raises(SourceError):
        ThingBatches([parse_thing("persona", f"colour:red@{tmp_path / 'empty.mp4'}")], TINY, 0).prepare(
            tmp_path, lambda done, of: None
        )


def test_films_are_cut_once_and_the_thing_is_in_the_mask(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    assert make_batches(films).prepare(tmp_path, lambda done, of: told.append((done, of)))
    assert told[-1] == (200, 200)
    assert told == sorted(told)
    words = parse_thing("persona", f"colour:brown+green@{films / 'kiwi.mp4'}")
    kept = load_footage(tmp_path / "things" / "persona.safetensors", digest_of(words), TINY.size)
    assert kept is not None
    assert len(kept.views) == FRAMES
    inside = kept.masks[:, 0] > 127
    assert 0.25 < inside.mean() < 0.45  # pi / 4 of the object's square, over the coverage squared
    red, green, blue = (kept.views[:, channel][inside].astype(int).mean() for channel in range(3))
    assert min(red, green) > blue + 30
    monkeypatch.setattr(footage_module, "VideoSource", None)  # a second reading would fail
    assert make_batches(films).prepare(tmp_path, lambda done, of: None)
    assert load_footage(tmp_path / "things" / "persona.safetensors", "another film", TINY.size) is None
    assert load_footage(tmp_path / "things" / "persona.safetensors", digest_of(words), 2 * TINY.size) is None


def test_a_broken_file_of_crops_is_cut_anew(films: Path, tmp_path: Path) -> None:
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "persona.safetensors").write_bytes(b"half a fi")
    assert make_batches(films).prepare(tmp_path, lambda done, of: None)


def test_stopping_leaves_nothing_half_done(films: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert not make_batches(films).prepare(tmp_path, lambda done, of: None, stop)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_batches_are_the_same_for_the_same_step_however_many_share_them(films: Path, tmp_path: Path) -> None:
    batches = make_batches(films)
    batches.prepare(tmp_path, lambda done, of: None)
    whole, again, halves = batches(3), batches(3), [batches(3, rank, 2) for rank in range(2)]
    assert list(whole) == ["performer", "persona"]
    for name, sample in whole.items():
        np.testing.assert_array_equal(sample.view, again[name].view)
        np.testing.assert_array_equal(sample.view[0::2], halves[0][name].view)
        np.testing.assert_array_equal(sample.view[1::2], halves[1][name].view)
        assert sample.view.shape == (4, 3, TINY.size, TINY.size)
        assert sample.known.all()
        assert not sample.face_map.any()
    assert (batches(4)["persona"].view != whole["persona"].view).any()


def test_the_end_of_a_film_is_never_trained_on(films: Path, tmp_path: Path) -> None:
    batches = make_batches(films)
    batches.prepare(tmp_path, lambda done, of: None)
    held = batches.held_out("persona", 32).image
    assert len(held) == 4
    both_ways = {one.tobytes() for one in held} | {np.ascontiguousarray(one[..., ::-1]).tobytes() for one in held}
    seen = {one.tobytes() for step in range(60) for one in batches(step)["persona"].image}
    assert len(seen) > 60  # of 36 frames and their mirror pictures
    assert not seen & both_ways


def test_colours_are_mixed_in_what_is_seen_and_kept_in_what_is_asked_for() -> None:
    red = np.zeros((3, 64, 64), np.uint8)
    red[0] = 200
    views = [alter(red, np.random.default_rng(seed)) for seed in range(40)]
    assert {view.shape for view in views} == {(3, 64, 64)}
    greenest = max(views, key=lambda view: int(view[1].astype(int).mean() - view[0].mean()))
    assert greenest[1].mean() > greenest[0].mean() + 30
    assert red[1].max() == 0
