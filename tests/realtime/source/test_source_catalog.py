"""From text to source."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from realtime.errors import SourceError
from realtime.source.camera import CameraSource
from realtime.source.catalog import SOURCE_FORMS, open_source
from realtime.source.image import ImageSource
from realtime.source.video import VideoSource


@pytest.mark.parametrize("spec", ["", "nowhere.mp4", "-1", "demonstration", "/dev/null/x", "²"])
def test_a_text_of_no_form_is_told_all_forms(spec: str) -> None:
    with pytest.raises(SourceError) as told:
        open_source(spec)
    assert all(form.shown in str(told.value) for form in SOURCE_FORMS)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("0", CameraSource),
        ("12", CameraSource),
        ("/dev/video3", CameraSource),
        ("face.JPG", ImageSource),
        ("http://camera.local/still.jpg", VideoSource),
        ("rtsp://camera.local/1", VideoSource),
        ("udp://127.0.0.1:5000", VideoSource),
    ],
)
def test_the_form_chooses_the_source(spec: str, kind: type) -> None:
    assert type(open_source(spec)) is kind


def test_a_file_that_is_there_is_a_film(tmp_path: Path) -> None:
    path = tmp_path / "no extension"
    path.touch()
    source = open_source(str(path), loop=True, paced=True)
    assert isinstance(source, VideoSource)
    assert source.live
    assert not open_source(str(path)).live


def test_wishes_reach_the_camera() -> None:
    source = open_source("0", size_wh=(640, 480), fps=15)
    assert isinstance(source, CameraSource)
    assert (source.wanted.size_wh, source.wanted.fps) == ((640, 480), 15)


def test_an_unpaced_still_is_a_file() -> None:
    assert open_source("face.png").live
    assert not open_source("face.png", paced=False).live


@pytest.mark.parametrize(("spec", "photo"), [("demo", None), ("demo:me.jpg", Path("me.jpg"))])
def test_demo_is_the_portrait_performer(monkeypatch, spec: str, photo: Path | None) -> None:
    made: list[tuple[Path | None, dict[str, object]]] = []
    room = ModuleType("realtime.source.portrait")
    room.PortraitPerformer = lambda photo, **wishes: made.append((photo, wishes))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "realtime.source.portrait", room)
    open_source(spec, seed=3, paced=False, seconds=2.0)
    wishes = {"size_wh": (1280, 720), "fps": 30.0, "seed": 3, "paced": False, "seconds": 2.0}
    assert made == [(photo, wishes)]
