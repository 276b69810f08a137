"""Footage of the two portraits, drawn once for a whole test run."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_footage import picture_of, pose, write_film

from realtime.source.renderer import PortraitRenderer


@pytest.fixture(scope="session")
def film(astronaut: PortraitRenderer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the astronaut, moving."""
    path = tmp_path_factory.mktemp("footage") / "film.mp4"
    return write_film(path, (picture_of(astronaut, pose(number)) for number in range(60)))


@pytest.fixture(scope="session")
def spliced(astronaut: PortraitRenderer, hopper: PortraitRenderer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The astronaut, then a cut to Grace Hopper, then the astronaut again; frames 30 to 53 are hers."""
    path = tmp_path_factory.mktemp("footage") / "spliced.mp4"
    people = [astronaut] * 30 + [hopper] * 24 + [astronaut] * 18
    return write_film(path, (picture_of(one, pose(number)) for number, one in enumerate(people)))
