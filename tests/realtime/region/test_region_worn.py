"""A persona for a thing: read, refused where it does not fit, worn on the thing alone, concealed where it is lost."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import PersonaError
from realtime.frame import BgrImage, Frame
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.manifest import CHANNELS, dump_manifest, parse_manifest
from realtime.persona.package import Persona, read_persona
from realtime.region.catalog import read_region
from realtime.settings import Live, Settings
from realtime.wear import wearing

Write = Callable[..., Path]
SLATE, RED = (140, 125, 110), (30, 20, 190)
WHITE = 251
"""Or more: the watermark takes a few levels."""


def load(path: Path) -> Persona:
    return read_persona(path, today=date(2026, 11, 23))


def picture(*, with_ball: bool = True) -> BgrImage:
    drawn = np.full((240, 320, 3), SLATE, np.uint8)
    if with_ball:
        cv2.circle(drawn, (140, 110), 50, RED, -1, cv2.LINE_AA)
    return drawn


def play(persona: Persona, pictures: list[BgrImage], settings: Settings, step_s: float = 0.1) -> list[Frame]:
    with wearing([persona], Live(settings), provider="cpu", max_faces=4) as worn:
        frames = []
        for index, drawn in enumerate(pictures):
            frame = Frame(index, index * step_s, index * step_s, drawn.copy())
            for thread in worn.threads:
                for stage in thread:
                    frame = stage.call(frame)
            frames.append(frame)
    return frames


def test_the_file_says_what_it_was_trained_for(thing_persona: Write) -> None:
    path = thing_persona(region="colour:brown+green")
    assert load(path).manifest.region == "colour:brown+green"
    with zipfile.ZipFile(path) as archive:
        manifest, digests = parse_manifest(archive.read("persona.json"))
        assert dump_manifest(manifest, digests) == archive.read("persona.json")


def test_a_face_is_not_written_down(thing_persona: Write) -> None:
    """Files of faces stay readable for an older Thespis, and older files for this one."""
    path = thing_persona(region="face")
    with zipfile.ZipFile(path) as archive:
        assert "region" not in json.loads(archive.read("persona.json"))
    assert load(path).manifest.region == "face"


@pytest.mark.parametrize("words", ["colour:nothing", "box:3,3,3,3", "../etc", "x" * 500])
def test_words_that_name_no_region_are_refused(thing_persona: Write, words: str) -> None:
    with pytest.raises(PersonaError, match="region"):
        load(thing_persona(region=words))


def test_a_thing_has_no_landmark_map(thing_persona: Write) -> None:
    with pytest.raises(PersonaError, match="without a landmark map"):
        NetworkSwapper(load(thing_persona(channels=CHANNELS)), "cpu")


@pytest.mark.parametrize(("trained_for", "asked"), [("colour:red", "face"), ("face", "box:0,0,1,1")])
def test_another_kind_of_region_is_refused(thing_persona: Write, trained_for: str, asked: str) -> None:
    facts = {} if trained_for != "face" else {"template": "thespis-1", "coverage": 3.6, "region": "face"}
    persona = load(thing_persona(**facts))
    with (
        pytest.raises(PersonaError, match="leave --region out"),
        wearing([persona], Live(Settings()), provider="cpu", max_faces=1, region=read_region(asked)),
    ):
        pytest.fail("it was worn")


def test_the_thing_is_worn_and_nothing_else_in_its_own_colours(thing_persona: Write) -> None:
    before = picture()
    (frame,) = play(load(thing_persona()), [before], Settings(badge=False))
    assert frame.worn
    assert (frame.image[85:135, 115:165] >= WHITE).all()  # though the scene there is red
    changed = np.abs(frame.image.astype(int) - before).max(2) > 255 - WHITE
    far = np.hypot(*(np.mgrid[:240, :320] - np.array([110, 140])[:, None, None])) > 50 * 1.25
    assert not (changed & far).any()


def test_a_thing_that_is_lost_is_concealed(thing_persona: Write) -> None:
    """The detector misses it (here: it turns grey); it is held, then what is in its place is pixels."""
    grey = np.full_like(picture(), 128)
    cv2.putText(grey, "SECRET", (95, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    frames = play(load(thing_persona()), [picture(), grey, grey, grey, grey], Settings(badge=False))
    assert (frames[1].image == frames[0].image).all()
    last = frames[-1]
    assert not last.worn
    assert np.abs(last.image[60:160, 90:190].astype(int) - grey[60:160, 90:190]).mean() > 5


def test_before_it_is_first_seen_there_is_a_slate(thing_persona: Write) -> None:
    (frame,) = play(load(thing_persona()), [picture(with_ball=False)], Settings(badge=False))
    assert not frame.worn
    assert np.abs(frame.image.astype(int) - picture(with_ball=False)).mean() > 50


def test_a_fixed_box_is_worn_in_every_frame(thing_persona: Write) -> None:
    frames = play(load(thing_persona(region="box:0.25,0.25,0.5,0.5")), [picture(with_ball=False)] * 2, Settings())
    assert all(frame.worn for frame in frames)
    assert (frames[0].image[100:140, 130:190] >= WHITE).all()
