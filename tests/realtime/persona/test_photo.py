"""One photo as a persona: made at once, worn by its own points, refused in clear words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.likeness import PersonaTruth, compare
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.errors import PersonaError
from realtime.face import topology
from realtime.face.align import align
from realtime.fit import Fit
from realtime.frame import BgrImage, Face, Frame
from realtime.persona.catalog import load_persona
from realtime.persona.identity import Identity
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona, read_persona, write_persona
from realtime.persona.photo import PhotoSwapper
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import Expression
from realtime.source.reading import eye_opening, mouth_opening
from realtime.source.renderer import PortraitRenderer

CARD, TODAY = Identity("Nobody", "fictional"), date(2026, 1, 1)
WORDS = 'name = "Nobody"\nground = "fictional"\n'


@pytest.fixture(scope="module")
def hopper_persona(hopper_photo: Path) -> Persona:
    return persona_of_photo(hopper_photo, CARD, today=TODAY)


def performing(renderer: PortraitRenderer, expression: Expression, media_s: float = 0.0) -> Frame:
    picture = np.empty_like(renderer.canvas)
    points = renderer.frame(expression, picture)
    return Frame(0, 0.0, media_s, picture, faces=(Face(1, points, align(points)),))


def test_a_face_wears_its_own_photo_unchanged(astronaut: PortraitRenderer, tmp_path: Path) -> None:
    """Alignment, its inverse, texture and light at once: who wears the photo just taken looks as before."""
    frame = performing(astronaut, Expression())
    photo = tmp_path / "now.png"
    cv2.imwrite(str(photo), frame.image)
    persona = persona_of_photo(photo, CARD, today=TODAY)
    points = np.reshape(np.array(persona.manifest.portrait_points, np.float32), (478, 3))
    frame = replace(frame, faces=(Face(1, points, align(points)),))
    swapped = PhotoSwapper(persona, shape=0.0)(frame)
    before = frame.image.copy()
    shown = Composite()(replace(swapped, swaps=(replace(swapped.swaps[0], fit=Fit(sharpen=0.0)),)))
    inside = _inside(frame, points)
    off = np.abs(shown.image.astype(int) - before).max(2)
    assert shown.worn
    assert off[~inside].max() <= 3
    assert np.median(off[inside]) <= 4
    assert off[inside].mean() <= 8


def _inside(frame: Frame, points: np.ndarray) -> np.ndarray:
    mask = np.zeros(frame.image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points[:, :2]).astype(np.int32)), (1,))
    return mask.astype(bool)


def test_the_performers_expression_is_worn(astronaut: PortraitRenderer, hopper_persona: Persona) -> None:
    swapper = PhotoSwapper(hopper_persona)
    for opening in (0.02, 0.3, 0.6):
        frame = performing(astronaut, replace(Expression(), mouth_open=opening, right_eye=0.1, left_eye=0.1))
        shown = Composite()(swapper(frame))
        found = find_portrait_points(shown.image, "worn")
        assert mouth_opening(found) == pytest.approx(opening, abs=0.08)
        assert eye_opening(found) == pytest.approx(0.1, abs=0.06)


def test_what_is_worn_is_the_persona(astronaut: PortraitRenderer, hopper_persona: Persona) -> None:
    truth, swapper = PersonaTruth(hopper_persona, 128), PhotoSwapper(hopper_persona)
    for expression in (Expression(), replace(Expression(), yaw=20.0, mouth_open=0.3), replace(Expression(), yaw=-25.0)):
        frame = performing(astronaut, expression)
        before, swapped = frame.image.copy(), swapper(frame)
        shown = Composite()(ColourMatch()(swapped))
        assert compare(before, swapped, shown, truth(expression)).nearer


def test_two_people_wear_it_each_in_a_light_of_their_own(astronaut: PortraitRenderer, hopper_persona: Persona) -> None:
    frame = performing(astronaut, Expression())
    both = np.hstack([frame.image // 2, frame.image])
    shift = np.array([frame.image.shape[1], 0, 0], np.float32)
    points = frame.faces[0].landmarks_px
    faces = tuple(Face(id_, moved, align(moved)) for id_, moved in ((1, points), (2, points + shift)))
    dark, light = PhotoSwapper(hopper_persona)(Frame(0, 0.0, 0.0, both, faces=faces)).swaps
    assert dark.image[dark.mask > 0].mean() < 0.7 * light.image[light.mask > 0].mean()


def test_a_worn_photo_covers_the_core_even_with_the_mouth_wide_open(
    astronaut: PortraitRenderer, hopper_persona: Persona
) -> None:
    swapper = PhotoSwapper(hopper_persona)
    for yaw in (-35.0, 0.0, 35.0):
        frame = swapper(performing(astronaut, replace(Expression(), mouth_open=0.8, yaw=yaw)))
        assert Composite()(frame).worn


def test_light_follows_the_performer(astronaut: PortraitRenderer, hopper_persona: Persona) -> None:
    for gain in (0.5, 1.3):
        frame = performing(astronaut, Expression())
        frame = replace(frame, image=np.clip(frame.image * gain, 0, 255).astype(np.uint8))
        swap = PhotoSwapper(hopper_persona)(frame).swaps[0]
        own = cv2.warpAffine(frame.image, swap.crop_from_frame, swap.mask.shape)
        inside = cv2.erode(swap.mask, np.ones((25, 25), np.uint8)) > 0
        assert swap.image[inside].mean() == pytest.approx(own[inside].mean(), rel=0.12)


def test_it_goes_into_a_file_and_out_again(hopper_persona: Persona, tmp_path: Path) -> None:
    path = tmp_path / "h.persona"
    write_persona(path, hopper_persona.manifest, {}, hopper_persona.portrait)
    again = read_persona(path, today=TODAY)
    assert (again.manifest, again.portrait) == (hopper_persona.manifest, hopper_persona.portrait)
    assert again.mark == hopper_persona.mark
    with pytest.raises(PersonaError, match="portrait_points beside kind photo"):
        write_persona(path, replace(hopper_persona.manifest, portrait_points=()), {}, hopper_persona.portrait)
        read_persona(path, today=TODAY)
    with pytest.raises(PersonaError, match="no graph beside kind photo"):
        write_persona(path, hopper_persona.manifest, {"fp32": b""}, hopper_persona.portrait)
        read_persona(path, today=TODAY)


def test_a_photo_is_loaded_by_its_name_with_the_card_beside_it(hopper_photo: Path, tmp_path: Path) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(hopper_photo.read_bytes())
    with pytest.raises(PersonaError, match=r"no me\.toml beside it.*--identity"):
        load_persona(str(photo), today=TODAY)
    (tmp_path / "me.toml").write_text(WORDS)
    assert load_persona(str(photo), today=TODAY).manifest.identity == CARD
    other = tmp_path / "other.toml"
    other.write_text(WORDS.replace("Nobody", "Somebody"))
    assert load_persona(str(photo), today=TODAY, card=other).manifest.identity.name == "Somebody"
    with pytest.raises(PersonaError, match=r"gone\.jpg: wanted a picture, got no such file"):
        load_persona(str(tmp_path / "gone.jpg"), today=TODAY)
    with pytest.raises(PersonaError, match="which has its own"):
        load_persona("hopper", today=TODAY, card=other)


def _three(picture: BgrImage) -> BgrImage:
    small = cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    return np.hstack([small, small, small])


def test_points_that_are_no_face_are_refused(hopper_persona: Persona) -> None:
    points = np.reshape(np.array(hopper_persona.manifest.portrait_points), (478, 3))
    mouthless = points.copy()
    mouthless[list(topology.LIPS_INNER)] = points[topology.UPPER_LIP]
    for wrong in (points * 0, points * 1e-3, points + 1e5, points * (1, 1, 1e4), mouthless):
        manifest = replace(hopper_persona.manifest, portrait_points=tuple(wrong.ravel()))
        with pytest.raises(PersonaError, match="points of a face in it"):
            PhotoSwapper(replace(hopper_persona, manifest=manifest))


def test_a_portrait_that_claims_to_be_huge_is_not_decoded(hopper_persona: Persona) -> None:
    huge = cv2.imencode(".jpg", np.zeros((3000, 4000, 3), np.uint8))[1].tobytes()
    with pytest.raises(PersonaError, match="1024 pixels a side, got 4000x3000"):
        PhotoSwapper(replace(hopper_persona, portrait=huge))
    with pytest.raises(PersonaError, match="wanted a JPEG"):
        PhotoSwapper(replace(hopper_persona, portrait=b"\xff\xd8 no picture"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda picture: np.full_like(picture, 90), "wanted one face.*got none"),
        (_three, "wanted one face, got several"),
        (lambda picture: cv2.resize(picture, (20, 20)), "wanted one face.*got none"),
        (lambda picture: cv2.resize(picture, (90, 90), interpolation=cv2.INTER_AREA), "pixels between the eyes"),
        (lambda picture: np.zeros((7000, 7000, 1), np.uint8), "at most 40 megapixels"),
    ],
)
def test_what_is_no_portrait_is_refused(
    change: Callable[[BgrImage], BgrImage], said: str, hopper_photo: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), change(load_photo(hopper_photo)))
    with pytest.raises(PersonaError, match=said):
        persona_of_photo(photo, CARD, today=TODAY)


def test_a_text_is_no_photo(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_text("no picture")
    with pytest.raises(PersonaError, match="wanted a picture"):
        persona_of_photo(photo, CARD, today=TODAY)
