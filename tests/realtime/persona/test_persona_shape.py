"""A performer in the persona's shape: the persona's face, doing what the performer does, where the performer is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from realtime.face.align import align, eye_distance, facing_ahead, head_rotation
from realtime.frame import Face, Points3
from realtime.persona.shape import PersonaShape
from realtime.source.expression import Expression
from realtime.source.head import HeadModel
from realtime.source.reading import eye_opening, mouth_opening, read_expression
from realtime.source.renderer import PortraitRenderer

TALKS = Expression(yaw=14, pitch=-9, roll=6, mouth_open=0.25, right_eye=0.12, left_eye=0.1)


def posed(head: HeadModel, expression: Expression) -> Face:
    points = head.pose(expression).points.astype(np.float32)
    return Face(1, points, align(points))


def off(points: Points3, others: Points3) -> float:
    """Mean distance in distances between the eyes."""
    return float(np.linalg.norm((points - others)[:, :2], axis=1).mean()) / eye_distance(points)


@pytest.mark.parametrize("expression", [Expression(), TALKS, replace(TALKS, yaw=-30, pitch=15)])
def test_who_looks_like_the_persona_already_stays_as_they_are(hopper: PortraitRenderer, expression: Expression) -> None:
    face = posed(hopper.head, expression)
    assert off(PersonaShape(hopper.head)(face, 0.0), face.landmarks_px) < 0.02


def test_another_performer_does_the_same_in_the_personas_shape(
    hopper: PortraitRenderer, astronaut: PortraitRenderer
) -> None:
    face = posed(astronaut.head, TALKS)
    shaped = PersonaShape(hopper.head)(face, 0.0)
    persona = hopper.head.shape_in(read_expression(face.landmarks_px))
    assert np.abs(facing_ahead(shaped) - persona).max() < 0.05
    assert np.abs(facing_ahead(face.landmarks_px) - persona).max() > 0.1
    np.testing.assert_allclose(head_rotation(shaped), head_rotation(face.landmarks_px), atol=0.05)
    assert mouth_opening(shaped) == pytest.approx(mouth_opening(face.landmarks_px), abs=0.03)
    assert eye_opening(shaped) == pytest.approx(eye_opening(face.landmarks_px), abs=0.02)


@pytest.mark.parametrize(("beyond", "kept"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_what_no_expression_names_is_kept_in_part(
    hopper: PortraitRenderer, astronaut: PortraitRenderer, beyond: float, kept: float
) -> None:
    """A brow goes up, for one frame out of a hundred."""
    calm, raised = posed(astronaut.head, Expression()), posed(astronaut.head, Expression(right_brow=0.1, left_brow=0.1))
    shape = PersonaShape(hopper.head, beyond=beyond)
    for number in range(100):
        before = shape(calm, number / 30)
    after = shape(raised, 100 / 30)
    brow = 105
    rise = (before - after)[brow, 1] / (calm.landmarks_px - raised.landmarks_px)[brow, 1]
    assert rise == pytest.approx(kept, abs=0.1)
