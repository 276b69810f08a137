"""From what the user wrote after `--source` to a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import SourceError
from realtime.source.base import Source
from realtime.source.camera import CameraSource
from realtime.source.image import PICTURE_EXTENSIONS, ImageSource
from realtime.source.video import VideoSource


@dataclass(frozen=True, slots=True)
class SourceWishes:
    """What is asked of a source; each takes what it can follow.

    Attributes:
        size_wh: Size asked of cameras, the portrait performer and stills. A film has its own.
        fps: Rate asked of the same.
        paced: True plays a file as if it were a camera, False gives frames as fast as they are made (not for
            cameras and URLs), None does what is natural: files run free, all else keeps its pace.
        loop: Play a file without end.
        seed: Which path the portrait performer takes.
        seconds: How long the portrait performer performs; without end where left out.
    """

    size_wh: tuple[int, int] | None = None
    fps: float | None = None
    paced: bool | None = None
    loop: bool = False
    seed: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SourceForm:
    """One way to write a source: how it is shown to the user, how it is known, how it is made."""

    shown: str
    fits: Callable[[str], bool]
    make: Callable[[str, SourceWishes], Source]


def open_source(
    spec: str,
    *,
    size_wh: tuple[int, int] | None = None,
    fps: float | None = None,
    paced: bool | None = None,
    loop: bool = False,
    seed: int = 0,
    seconds: float | None = None,
) -> Source:
    """Make the source that a text names; the caller opens it.

    Args:
        spec: One of the forms in `SOURCE_FORMS`.
        size_wh: See `SourceWishes`, as for the others.
        fps: Wanted frames a second.
        paced: Whether frames come at their own rate.
        loop: Whether a file begins again at its end.
        seed: Which path the portrait performer takes.
        seconds: How long the portrait performer performs.

    Raises:
        SourceError: The text has none of the forms.
    """
    wishes = SourceWishes(size_wh, fps, paced, loop, seed, seconds)
    for form in SOURCE_FORMS:
        if form.fits(spec):
            return form.make(spec, wishes)
    raise SourceError(
        f"source {spec!r}",
        wanted="; or ".join(form.shown for form in SOURCE_FORMS),
        got="none of these",
        next_step="check the path, or see `thespis devices`",
    )


def _camera(spec: str, wishes: SourceWishes) -> Source:
    device: int | str = int(spec) if spec.isdecimal() else spec
    return CameraSource(device, size_wh=wishes.size_wh or (1280, 720), fps=wishes.fps or 30.0)


def _demo(spec: str, wishes: SourceWishes) -> Source:
    # Only here: rendering faces brings in the face mesh and kernels of its own, which a camera has no need of.
    from realtime.source.portrait import PortraitPerformer

    _, _, photo = spec.partition(":")
    return PortraitPerformer(
        Path(photo) if photo else None,
        size_wh=wishes.size_wh or (1280, 720),
        fps=wishes.fps or 30.0,
        seed=wishes.seed,
        paced=wishes.paced is not False,
        seconds=wishes.seconds,
    )


def _image(spec: str, wishes: SourceWishes) -> Source:
    return ImageSource(Path(spec), fps=wishes.fps or 30.0, live=wishes.paced is not False, size_wh=wishes.size_wh)


def _video(spec: str, wishes: SourceWishes) -> Source:
    return VideoSource(spec, loop=wishes.loop, paced=bool(wishes.paced))


SOURCE_FORMS: tuple[SourceForm, ...] = (
    SourceForm(
        "a camera's number or path (0, /dev/video0)",
        lambda spec: (spec.isascii() and spec.isdecimal() and len(spec) < 10) or spec.startswith("/dev/video"),
        _camera,
    ),
    SourceForm("demo or demo:PHOTO", lambda spec: spec == "demo" or spec.startswith("demo:"), _demo),
    SourceForm("a URL (http://, rtsp://, udp://)", lambda spec: "://" in spec, _video),
    SourceForm(
        f"a picture (FILE{', FILE'.join(PICTURE_EXTENSIONS[:2])})",
        lambda spec: Path(spec).suffix.lower() in PICTURE_EXTENSIONS,
        _image,
    ),
    SourceForm("a video file that is there", lambda spec: Path(spec).is_file(), _video),
)
"""Tried from first to last."""
