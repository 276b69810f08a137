"""The persona that is shipped: whose it is, that it is what it says, and that it is worn."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.likeness import PersonaTruth, compare
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.face.finder import FaceFinder
from realtime.frame import Frame, Truth
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.catalog import load_persona
from realtime.persona.package import Persona
from realtime.source.canvas import load_photo, portrait_digest
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


@pytest.fixture(scope="module")
def persona() -> Persona:
    return load_persona("hopper")


def test_it_says_whose_face_it_is_and_what_it_was_made_from(persona: Persona) -> None:
    manifest = persona.manifest
    assert (manifest.identity.name, manifest.identity.ground) == ("Grace Hopper", "public-domain")
    assert manifest.trained_from.digests["performer"] == portrait_digest(load_photo(None))
    assert set(persona.graphs) == {"fp32", "fp16", "int8"}
    assert manifest.trained_from.iterations == 16_000
    assert manifest.trained_from.seconds
    assert manifest.trained_from.machine
    assert manifest.parity["fp32"]["image_max_abs"] < 1e-3
    portrait = cv2.imdecode(np.frombuffer(persona.portrait, np.uint8), cv2.IMREAD_COLOR)
    assert portrait.shape == (600, 512, 3)
    points = np.reshape(manifest.portrait_points, (478, 3))
    assert (points[:, :2] > 0).all()
    assert (points[:, :2] < (512, 600)).all()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize(
    "expression",
    [Expression(), Expression(mouth_open=0.4, yaw=15), Expression(right_eye=0.02, left_eye=0.02, pitch=-8)],
)
def test_what_is_shown_is_nearer_to_the_persona(
    persona: Persona, astronaut: PortraitRenderer, expression: Expression, precision: str
) -> None:
    picture = np.empty((480, 640, 3), np.uint8)
    points = astronaut.frame(expression, picture)
    before = picture.copy()
    known = Truth(persona.manifest.trained_from.digests["performer"], points[:, :2], expression)
    finder = FaceFinder()
    found = finder(Frame(0, 0.0, 0.0, picture))
    finder.close()
    for truth in (known, None):  # the performer it knows, and a stranger
        frame = replace(found, image=before.copy(), truth=truth)
        swapped = NetworkSwapper(persona, "cpu", precision)(frame)
        shown = Composite()(ColourMatch()(swapped))
        assert shown.worn
        likeness = compare(before, swapped, shown, PersonaTruth(persona, 128)(expression))
        assert likeness.nearer
        assert likeness.ssim > 0.65
        assert likeness.mask_iou > 0.9
