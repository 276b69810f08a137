"""What there is on this computer to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.choice import Option
from realtime.sink.display import missing_display
from realtime.source.camera_device import available_cameras
from thespis.machine import virtual_cameras


def sources_here(chosen: str) -> Sequence[Option]:
    """The cameras, the built-in performer, and what is chosen."""
    virtual = virtual_cameras()
    cameras = [Option(str(number), name) for number, name in available_cameras() if name not in virtual]
    options = [*cameras, Option("demo", "the built-in performer")]
    known = {option.spec for option in options}
    return options if chosen in known else [*options, Option(chosen, chosen)]


def outputs_here(chosen: Sequence[str]) -> Sequence[Option]:
    """The virtual camera, a window, and what is chosen."""
    no_camera = "" if virtual_cameras() else "no driver here; thespis doctor says what to do"
    options = [
        Option("camera", "virtual camera", no_camera),
        Option("window", "window on this screen", missing_display()),
    ]
    known = {option.spec for option in options}
    return [*options, *(Option(spec, spec) for spec in chosen if spec not in known and spec != "null")]
