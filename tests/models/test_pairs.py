from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.disguise import random_shape, reshape
from models.evaluate import Evaluation
from models.faceset.index import FacesetWriter, read_faceset
from models.held_out import split_records
from models.material import Material, digest_of, parse_material
from models.network import SharedAutoencoder
from models.pairs import PairMaker
from models.presets import find_preset
from models.rendered import PortraitFaceset
from realtime.errors import TrainingError
from realtime.face.align import eye_distance, transform
from realtime.source.expression import Expression
from realtime.source.reading import mouth_opening, read_expression
from tests.models.faceset.drawn_facesets import REST

SIZE = 64


@pytest.fixture(scope="module")
def performer() -> PortraitFaceset:
    return PortraitFaceset(None, SIZE)


@pytest.fixture(scope="module")
def persona(hopper_photo: Path) -> PortraitFaceset:
    return PortraitFaceset(hopper_photo, SIZE)


def test_a_pair_is_the_same_for_the_same_numbers_and_never_for_others(
    performer: PortraitFaceset, persona: PortraitFaceset
) -> None:
    maker = PairMaker(Material("persona", persona, None), Material("performer", performer, None), SIZE)
    first, again, other = (maker(np.random.default_rng((1, seed))) for seed in (0, 0, 1))
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in ("view", "face_map", "image"))
    assert not np.array_equal(first.image, other.image)


def test_pairs_show_the_performer_and_strangers_and_ask_for_the_persona(
    performer: PortraitFaceset, persona: PortraitFaceset
) -> None:
    maker = PairMaker(Material("persona", persona, None), Material("performer", performer, None), SIZE)
    pairs = [maker(np.random.default_rng((2, seed))) for seed in range(24)]
    known = [bool(pair.known.any()) for pair in pairs]
    assert 4 < sum(known) < 20
    reddish = [pair.image[0].mean() - pair.image[2].mean() for pair in pairs]  # Hopper's photo has warm colours
    assert min(reddish) > 4
    for pair in pairs:
        assert pair.view.shape == pair.image.shape == pair.face_map.shape == (3, SIZE, SIZE)
        assert pair.mask.shape == pair.focus.shape == (1, SIZE, SIZE)
        assert 0.1 < (pair.mask > 127).mean() < 0.7
        assert (pair.focus[pair.mask == 0] == 0).all()


def test_brightness_is_left_to_the_colour_match(
    performer: PortraitFaceset, persona: PortraitFaceset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dim scene is seen as it is; what is asked for is evenly exposed, as the finished picture's light is matched."""
    maker = PairMaker(Material("persona", persona, None), Material("performer", performer, None), SIZE)
    asked = []
    for exposure in (0.7, 1.0):
        monkeypatch.setattr(
            maker, "_expression", lambda _, *, own, exposure=exposure: Expression(exposure=exposure, light=0.0)
        )
        asked.append(maker(np.random.default_rng((6, 0))))
    dim, even = asked
    assert np.array_equal(dim.image, even.image)
    assert dim.view.mean() < even.view.mean() - 5


def test_the_performer_alone_reconstructs_itself(performer: PortraitFaceset) -> None:
    itself = Material("performer", performer, None)
    pair = PairMaker(itself, itself, SIZE)(np.random.default_rng(0))
    assert pair.known.all()
    assert np.abs(pair.view.astype(int) - pair.image).mean() < 12


def test_another_shape_keeps_pose_and_expression(performer: PortraitFaceset) -> None:
    expression = Expression(yaw=15, pitch=-5, mouth_open=0.3)
    points = performer.renderer.head.pose(expression).points.astype(np.float32)
    moved = reshape(points, np.random.default_rng(3), 0.5)
    assert np.abs(moved - points).max() > 0.03 * eye_distance(points)
    assert mouth_opening(moved) == pytest.approx(mouth_opening(points), abs=0.06)
    assert read_expression(moved).yaw == pytest.approx(read_expression(points).yaw, abs=6)


def test_shapes_are_as_wide_as_asked_for(performer: PortraitFaceset) -> None:
    rest = performer.renderer.head.rest
    wide, narrow = (
        np.mean([np.abs(random_shape(rest, np.random.default_rng(seed), strength)).mean() for seed in range(8)])
        for strength in (1.0, 0.25)
    )
    assert wide == pytest.approx(4 * narrow, rel=1e-6)


def filmed(folder: Path, face: PortraitFaceset) -> Path:
    """A faceset whose footage is a drawn portrait, its mouth open in every other crop."""
    with FacesetWriter(folder) as writer:
        for number in range(4):
            crop, points, crop_from_frame = face.renderer.crop(Expression(mouth_open=0.4 * (number % 2)), 96)
            placed = np.hstack([transform(points, crop_from_frame), points[:, 2:] * crop_from_frame[0, 0]])
            writer.add(replace(REST, file=f"film-{number:06d}-0.jpg", frame=number, landmarks=placed), crop)
    return folder


def opened(mouth: np.ndarray) -> float:
    """How many pixels of a plane are the inside of a mouth."""
    return float((mouth > 250).sum())


def test_footage_and_a_photo_make_pairs_with_a_known_truth(
    tmp_path: Path, performer: PortraitFaceset, persona: PortraitFaceset
) -> None:
    """A filmed performer is seen, and the persona's photo is drawn in the expression that is read off it."""
    film = read_faceset(filmed(tmp_path, performer))
    maker = PairMaker(Material("persona", persona, None), Material("performer", None, film), SIZE)
    pairs = [maker(np.random.default_rng((4, seed))) for seed in range(8)]
    assert all(pair.known.all() for pair in pairs)
    assert min(pair.image[0].mean() - pair.image[2].mean() for pair in pairs) > 4
    seen, wanted = np.array([(opened(pair.face_map[2]), opened(pair.focus[0, SIZE // 2 :])) for pair in pairs]).T
    assert seen.max() > 3 * seen.min()
    assert np.corrcoef(seen, wanted)[0, 1] > 0.9


def test_a_filmed_persona_is_asked_for_as_it_was_filmed(
    tmp_path: Path, performer: PortraitFaceset, persona: PortraitFaceset
) -> None:
    film = read_faceset(filmed(tmp_path, persona))
    maker = PairMaker(Material("persona", None, film), Material("performer", performer, None), SIZE)
    pairs = [maker(np.random.default_rng((5, seed))) for seed in range(10)]
    assert {bool(pair.known.any()) for pair in pairs} == {True, False}
    assert min(pair.image[0].mean() - pair.image[2].mean() for pair in pairs) > 4
    seen, wanted = np.array([(opened(pair.face_map[2]), opened(pair.focus[0, SIZE // 2 :])) for pair in pairs]).T
    assert np.corrcoef(seen, wanted)[0, 1] > 0.9


def test_what_is_measured_by_is_never_trained_on(tmp_path: Path, persona: PortraitFaceset) -> None:
    """The end of each film, and the last of all photos; of a handful of crops none is held out."""
    films = [replace(REST, file=f"{film}-{n}", origin_sha256=film, frame=n) for film in "ab" for n in range(20)]
    photos = [replace(REST, file=f"p-{n}", origin_sha256=f"p{n}", time_s=None) for n in range(10)]
    trained, held_out = split_records([*films, *photos])
    assert {record.file for record in held_out} == {"a-18", "a-19", "b-18", "b-19", "p-9"}
    assert len(trained) == 45
    assert split_records(films[:9]) == (tuple(films[:9]), tuple(films[:9]))

    with FacesetWriter(tmp_path) as writer:
        for number in range(12):
            crop, points, crop_from_frame = persona.renderer.crop(Expression(), 96)
            crop[:] = 255 if number == 11 else 0
            placed = np.hstack([transform(points, crop_from_frame), points[:, 2:] * crop_from_frame[0, 0]])
            writer.add(replace(REST, file=f"film-{number:06d}-0.jpg", frame=number, landmarks=placed), crop)
    film = Material("persona", None, read_faceset(tmp_path))
    for held, bright in ((False, 0), (True, 255)):
        maker = PairMaker(film, film, SIZE, held_out=held)
        assert {int(maker(np.random.default_rng(seed)).image.mean()) for seed in range(12)} == {bright}


def test_photo_and_footage_are_mixed(tmp_path: Path, hopper_photo: Path, persona: PortraitFaceset) -> None:
    words = parse_material("persona", f"{hopper_photo}+{filmed(tmp_path, persona)}")
    assert (words.photo, words.footage) == (str(hopper_photo), tmp_path)
    before = digest_of(words)
    next((tmp_path / "faces").glob("*.jpg")).unlink()
    assert digest_of(words) != before


@pytest.mark.parametrize("text", ["nothing.jpg", "."])
def test_what_is_no_material_is_refused_with_the_next_step(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingError, match=r"extract|check the path"):
        parse_material("persona", text)


def test_a_photo_is_known_by_its_pixels(hopper_photo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(hopper_photo.read_bytes())
    first, second, other = (
        digest_of(parse_material("persona", text)) for text in (str(hopper_photo), str(copy), "demo")
    )
    assert first == second != other


def test_an_untrained_network_is_nothing_like_the_persona(hopper_photo: Path) -> None:
    words = [parse_material("performer", "demo"), parse_material("persona", str(hopper_photo))]
    evaluation = Evaluation(words, SIZE, pairs=2)
    network = SharedAutoencoder(find_preset("tiny"))
    score = evaluation(network)
    assert -0.2 < score < 0.5
    assert evaluation(network) == score
