"""What there is to know of a film before a picture of it is converted."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from realtime.errors import SourceError
from realtime.film.digest import sha256_of
from realtime.source.decoder import VideoDecoder, of_this_machine, open_film

_MISSING_S = 0.5
_MATRICES = frozenset({1, 2, 4, 5, 6, 7, 9})
"""Those that colours can be brought back to; 2 is a film that does not say. Others become BT.709."""
_BT709 = 1
_HDR = {16: "PQ", 18: "HLG"}


class Colour(NamedTuple):
    """How a film's numbers mean colours, in the codes of ITU-T H.273; range 1 is limited, 2 full, 0 unsaid."""

    matrix: int
    range: int
    primaries: int
    transfer: int


@dataclass(frozen=True, slots=True)
class Film:
    """A film as it is. Times are in ticks of its own time base.

    Attributes:
        path: The file.
        sha256: Of its bytes.
        time_base: Seconds a tick.
        size_wh: Width and height of the upright pictures, in pixels.
        fps: Frames a second, on average.
        first: Time stamp of the first picture.
        end: A tick behind the last time stamp.
        keys: Time stamps of the pictures at which decoding can begin, going up.
        pictures: How many there are, as far as can be told undecoded.
        stamped: Whether every picture has a time stamp.
        breaks_off: Whether it cannot be read to its end.
        colour: What its numbers mean.
        pixels: The format that the converted pictures are coded in; of the same chroma, 8 bits.
        aspect: Width of a pixel over its height, upright; None where the film does not say.
        notes: What will not be as it was, or is not as the film says; lines for the user.
    """

    path: Path
    sha256: str
    time_base: Fraction
    size_wh: tuple[int, int]
    fps: float
    first: int
    end: int
    keys: tuple[int, ...]
    pictures: int
    stamped: bool
    breaks_off: bool
    colour: Colour
    pixels: str
    aspect: Fraction | None
    notes: tuple[str, ...]

    @property
    def length_s(self) -> float:
        """From the first picture to the end of the last."""
        return float((self.end - self.first) * self.time_base)


def read_film(path: Path) -> Film:
    """Look through a film: the first picture decoded, the others' time stamps read.

    Raises:
        SourceError: It is not there, cannot be read, or has no picture in it.
    """
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise SourceError(
            f"film {path}", wanted="a film", got=error.strerror or str(error), next_step="check the path"
        ) from error
    decoder = VideoDecoder(str(path), remote=False, threads=1)
    try:
        picture = decoder.next()
        assert picture is not None  # else the decoder had not opened
        claimed_s = decoder.length_s
    finally:
        decoder.close()
    time_base, aspect, stamps, failure = _pass(path)
    seen = _Seen(time_base, picture, stamps)
    _check_growing(path, seen)
    end = max((*seen.all, seen.first)) + 1
    length_s = float((end - seen.first) * seen.time_base)
    short = claimed_s is not None and claimed_s - length_s > _MISSING_S
    if (failure or short) and _pass(path) != (time_base, aspect, stamps, failure):
        raise _unreadable(path, failure or "another end each time")
    notes = [f"it cannot be read to its end ({failure}); what can be is converted"] if failure else []
    notes += _changed(picture)
    if claimed_s is not None and short:
        notes.append(f"it breaks off at {length_s:.1f} s of {claimed_s:.1f} s; the pictures up to there are converted")
    turned = decoder.size_wh != (picture.width, picture.height)
    if aspect:
        aspect = 1 / aspect if turned else aspect
    return Film(
        path=path,
        sha256=digest,
        time_base=seen.time_base,
        size_wh=decoder.size_wh,
        fps=decoder.fps,
        first=seen.first,
        end=end,
        keys=seen.keys,
        pictures=max(len(stamps), 1),
        stamped=seen.stamped,
        breaks_off=bool(failure),
        colour=_colour(picture),
        pixels=_pixels(picture),
        aspect=Fraction(aspect) if aspect else None,
        notes=tuple(notes),
    )


def pictures_of(container: InputContainer) -> VideoStream:
    """The moving pictures that are converted: the first there are, as `VideoDecoder` chooses."""
    return next(s for s in container.streams.video if not s.disposition & Disposition.attached_pic)


class _Seen:
    """The time stamps of a film put in order."""

    def __init__(self, time_base: Fraction, first: VideoFrame, stamps: list[tuple[int | None, bool]]) -> None:
        self.time_base = time_base
        self.stamped = first.pts is not None and all(stamp is not None for stamp, _ in stamps)
        self.first = first.pts if first.pts is not None else 0
        self.all = [stamp for stamp, _ in stamps if stamp is not None]
        keys = [stamp for stamp, is_key in stamps if is_key and stamp is not None]
        self.falling = any(one > other for one, other in pairwise(keys))
        self.keys = tuple(sorted({*keys})) if self.stamped else ()


class _Pass(NamedTuple):
    """What is found by reading a film through: seconds a tick, shape of a pixel, time stamp of every picture and
    whether decoding can begin there, and what ended it early; empty for nothing.
    """

    time_base: Fraction
    aspect: Fraction | None
    stamps: list[tuple[int | None, bool]]
    failure: str


def _pass(path: Path) -> _Pass:
    """Read a film through.

    Raises:
        SourceError: It cannot be read just now, for a reason that is not its own.
    """
    stamps: list[tuple[int | None, bool]] = []
    failure = ""
    with open_film(str(path)) as container:
        stream = pictures_of(container)
        assert stream.time_base is not None
        time_base, aspect = stream.time_base, stream.sample_aspect_ratio
        try:
            stamps += (
                (packet.pts, packet.is_keyframe)
                for packet in container.demux(stream)
                if packet.size and not packet.is_discard
            )
        except av.FFmpegError as error:
            failure = error.strerror or str(error)
            # A file that was cut short ends with EIO in some containers, and does so each time it is read.
            if of_this_machine(error) and error.errno != errno.EIO:
                raise _unreadable(path, failure) from error
    return _Pass(time_base, aspect, stamps, failure)


def _check_growing(path: Path, seen: _Seen) -> None:
    """Refuse a film put together of several, in which the time begins again: all but the first would be lost."""
    if seen.falling:
        raise SourceError(
            f"film {path}",
            wanted="time stamps that grow",
            got="some that go back, as where films were joined end to end",
            next_step="give it new ones first: ffmpeg -i IN -map 0 -c copy OTHER.mkv",
        )


def _unreadable(path: Path, got: str) -> SourceError:
    return SourceError(
        f"film {path}", wanted="a file that can be read", got=got, next_step="see whether its disk or share is there"
    )


def _colour(picture: VideoFrame) -> Colour:
    matrix = int(picture.colorspace) if int(picture.colorspace) in _MATRICES else _BT709
    return Colour(matrix, int(picture.color_range), int(picture.color_primaries), int(picture.color_trc))


def _pixels(picture: VideoFrame) -> str:
    planes = picture.format
    if planes.is_rgb or picture.format.name.startswith("gbr"):
        return "yuv444p"
    if len(planes.components) < 3:
        return "yuv420p"  # grey: few players take it as H.264
    halved = planes.chroma_width(16) < 16, planes.chroma_height(16) < 16
    return {(True, True): "yuv420p", (True, False): "yuv422p", (False, False): "yuv444p"}.get(halved, "yuv420p")


def _changed(picture: VideoFrame) -> list[str]:
    notes = []
    if any(component.bits > 8 for component in picture.format.components):
        notes.append(f"its {picture.format.components[0].bits} bits a colour become 8")
    if (hdr := _HDR.get(int(picture.color_trc))) is not None:
        notes.append(f"it is HDR ({hdr}): that is kept as a label, but a persona is made for ordinary light")
    if any(side % 2 for side in (picture.width, picture.height)):
        notes.append("a side that is odd becomes even, by one more row or column of pixels")
    if picture.interlaced_frame:
        notes.append("it is interlaced: faces that move fast will show combs")
    return notes
