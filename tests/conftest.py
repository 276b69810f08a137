"""The two portraits everything is tried on, found once for a whole test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import cbook

from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.renderer import PortraitRenderer


@pytest.fixture(scope="session")
def hopper_photo() -> Path:
    return Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))


@pytest.fixture(scope="session")
def astronaut() -> PortraitRenderer:
    photo = load_photo(None)
    return PortraitRenderer(photo, find_portrait_points(photo, "astronaut"), (640, 480))


@pytest.fixture(scope="session")
def hopper(hopper_photo: Path) -> PortraitRenderer:
    photo = load_photo(hopper_photo)
    return PortraitRenderer(photo, find_portrait_points(photo, "hopper"), (640, 480))
