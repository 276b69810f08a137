"""What there is on this computer to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.choice import Option
from realtime.errors import SinkError
from realtime.sink.catalog import open_sink
from realtime.sink.display import missing_display
from realtime.sink.pipewire_programs import lacking
from realtime.source.camera_device import available_cameras
from thespis.machine import virtual_cameras
from thespis.places import is_file

_STREAMS = (
    Option("mjpeg://127.0.0.1:8421", "pictures for a browser or OBS on this computer (mjpeg://127.0.0.1:8421)"),
    Option("udp://127.0.0.1:8422", "a stream for OBS on this computer (udp://127.0.0.1:8422)"),
    Option("srt://127.0.0.1:8423", "a stream by SRT for OBS on this computer (srt://127.0.0.1:8423)"),
)
"""Other hosts and ports are typed in."""


def sources_here(chosen: str) -> Sequence[Option]:
    """The cameras, the built-in performer, and what is chosen."""
    virtual = virtual_cameras()
    cameras = [Option(str(number), name) for number, name in available_cameras() if name not in virtual]
    options = [*cameras, Option("demo", "the built-in performer")]
    known = {option.spec for option in options}
    return options if chosen in known else [*options, Option(chosen, chosen)]


def outputs_here(chosen: Sequence[str]) -> Sequence[Option]:
    """Those outputs that the catalog of sinks knows and that need no file, and what is chosen."""
    lack = lacking()
    no_pipewire = lack.got if lack else ""
    no_camera = "" if virtual_cameras() or not no_pipewire else "no driver here; thespis doctor says what to do"
    candidates = (
        Option("camera", "virtual camera", no_camera),
        Option("pipewire", "camera in PipeWire", no_pipewire),
        Option("window", "window on this screen", missing_display()),
        *_STREAMS,
    )
    options = [option for option in candidates if _is_known(option.spec)]
    known = {option.spec for option in options}
    return [*options, *(Option(spec, spec) for spec in chosen if spec not in known and spec != "null")]


def check_outputs(new: Sequence[str]) -> None:
    """Refuse outputs that are known not to work, before what plays is ended for them.

    Raises:
        SinkError: There is no such output, it cannot be had now, or it is a file.
    """
    why_not = {one.spec: one.why_not for one in outputs_here(())} if new else {}
    for spec in new:
        open_sink(spec)
        if is_file(spec):
            raise SinkError(f"output {spec!r}", got="a file", next_step="use Record, which never loses one")
        if why_not.get(spec):
            raise SinkError(f"output {spec!r}", got=why_not[spec], next_step="choose another; nothing was changed")


def _is_known(spec: str) -> bool:
    """Whether the catalog knows it; made only, which touches no device."""
    try:
        open_sink(spec)
    except SinkError:
        return False
    return True
