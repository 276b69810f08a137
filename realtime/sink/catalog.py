"""From what the user wrote after `--output` to a sink."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from realtime.disclosure.signing import FileSigner
from realtime.errors import SinkError
from realtime.sink.base import Sink
from realtime.sink.first import FirstSink
from realtime.sink.null import NullSink
from realtime.sink.pipewire import PipeWireSink
from realtime.sink.recorder import CONTAINERS, RecorderSink
from realtime.sink.signing import SigningSink
from realtime.sink.snapshot import PICTURES, SnapshotSink
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.sink.window import WindowSink
from realtime.sound.base import Sound


def open_sink(
    spec: str,
    *,
    camera_device: str | None = None,
    camera_backend: str | None = None,
    signer: FileSigner | None = None,
    sound: Sound | None = None,
    on_key: Callable[[str], object] | None = None,
) -> Sink:
    """Make the sink that a text names; the caller opens it.

    Args:
        spec: `camera`, `pipewire`, `window`, `null`, a stream (`STREAMS`), a recording that ends in .mp4, .mov or .mkv,
            or a snapshot that ends in .jpg or .png.
        camera_device: Which virtual camera, for `camera`; the first free one where left out.
        camera_backend: Which driver, for `camera`, `pipewire` among them; any that works where left out.
        signer: Signs files; with this computer's own key where left out.
        sound: What a recording lets hear; nothing where left out.
        on_key: Called with each key that is pressed in a window.

    Raises:
        SinkError: The text has none of these forms.
    """
    named: Mapping[str, Callable[[], Sink]] = {
        "camera": lambda: _camera(camera_device, camera_backend),
        "pipewire": PipeWireSink,
        "window": lambda: WindowSink(on_key=on_key),
        "null": NullSink,
    }
    if spec in named:
        return named[spec]()
    if is_stream(spec):
        return STREAMS[_scheme(spec)](spec)
    path = Path(spec)
    ending = "" if "://" in spec else path.suffix.lower()  # what is an address, and none of ours, is no file either
    if ending in CONTAINERS:
        return SigningSink(RecorderSink(path, sound=sound), path, signer or FileSigner())
    if ending in PICTURES:
        return SigningSink(SnapshotSink(path), path, signer or FileSigner(), last_only=True)
    files = ", ".join(f"FILE{extension}" for extension in (*CONTAINERS, *PICTURES))
    streams = ", ".join(f"{known}://HOST:PORT" for known in STREAMS)
    raise SinkError(f"output {spec!r}", wanted=f"{', '.join(named)}, {streams} or {files}", got="none of these")


def is_stream(spec: str) -> bool:
    """Whether a text names a stream: people watch it at once, so that a film is to be played to it at its own rate."""
    return _scheme(spec) in STREAMS


def _scheme(spec: str) -> str:
    scheme, separator, _ = spec.partition("://")
    return scheme.lower() if separator else ""


def _camera(device: str | None, backend: str | None) -> Sink:
    """The virtual camera; where nobody says which, on Linux one of PipeWire's before none."""
    if backend == "pipewire":
        return PipeWireSink(device=device)
    camera = VirtualCameraSink(device=device, backend=backend)
    anyone = device is None and backend is None
    return FirstSink((camera, PipeWireSink())) if anyone and sys.platform == "linux" else camera


# Only here: web server and encoder take their time to load, which a virtual camera has no need of.


def _mjpeg(spec: str) -> Sink:
    from realtime.sink.mjpeg import MjpegSink

    return MjpegSink(spec)


def _udp(spec: str) -> Sink:
    from realtime.sink.mpegts import MpegTsSink
    from realtime.sink.udp import UdpLink

    return MpegTsSink(UdpLink(spec))


def _srt(spec: str) -> Sink:
    from realtime.sink.mpegts import MpegTsSink
    from realtime.sink.srt import SrtLink

    return MpegTsSink(SrtLink(spec))


STREAMS: Mapping[str, Callable[[str], Sink]] = MappingProxyType({"mjpeg": _mjpeg, "udp": _udp, "srt": _srt})
"""What an address begins with, and the sink that takes it."""
