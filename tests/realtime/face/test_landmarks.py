"""MediaPipe's message, read whole or point by point."""

from __future__ import annotations

import numpy as np
import pytest
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmark, NormalizedLandmarkList

from realtime.face import topology
from realtime.face.landmarks import FaceMesh, _points
from realtime.source.renderer import PortraitRenderer


def message(count: int = topology.POINTS) -> NormalizedLandmarkList:
    values = np.random.default_rng(3).uniform(-0.2, 1.2, (count, 3))
    return NormalizedLandmarkList(landmark=[NormalizedLandmark(x=x, y=y, z=z) for x, y, z in values])


def one_by_one(told: NormalizedLandmarkList) -> np.ndarray:
    points = np.array([(one.x * 640 - 0.5, one.y * 480 - 0.5, one.z * 640) for one in told.landmark])
    return points.astype(np.float32)


@pytest.mark.parametrize("field", ["", "x", "visibility"])
def test_every_form_of_the_message_is_read(field: str) -> None:
    told = message()
    if field == "x":
        told.landmark[7].ClearField("x")
    elif field:
        told.landmark[7].visibility = 0.5
    points = _points(told, 640, 480)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, one_by_one(told), atol=1e-4)


def test_a_message_as_long_but_of_another_form() -> None:
    """One point gains what another lacks."""
    told = message()
    told.landmark[3].ClearField("z")
    told.landmark[4].visibility = 0.25
    np.testing.assert_allclose(_points(told, 640, 480), one_by_one(told), atol=1e-4)


def test_the_picture_may_be_drawn_into_afterwards(astronaut: PortraitRenderer) -> None:
    """MediaPipe is shown our own memory."""
    mesh, picture = FaceMesh(), astronaut.canvas.copy()
    (first,) = mesh(picture)
    kept = first.copy()
    picture[:] = 0
    assert mesh(picture) == []
    (again,) = mesh(astronaut.canvas.copy())
    mesh.close()
    np.testing.assert_array_equal(first, kept)
    assert np.abs(again - kept).max() < 6
