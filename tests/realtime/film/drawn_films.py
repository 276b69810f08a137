"""Small films with all that a film may have, and what a reader finds in one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from realtime.source.portrait import PortraitPerformer

FPS = 8
SIZE = (256, 192)
_CACHE: dict[tuple[int, tuple[int, int]], list[np.ndarray]] = {}


def performance(frames: int, size_wh: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """Pictures of the built-in performer, drawn once for a whole test run."""
    if (frames, size_wh) not in _CACHE:
        performer = PortraitPerformer(size_wh=size_wh, fps=FPS, paced=False, seconds=frames / FPS, seed=3)
        with performer:
            pictures = [performer.read().image.copy() for _ in range(frames)]
        _CACHE[frames, size_wh] = pictures
    return _CACHE[frames, size_wh]


def write_film(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    stamps: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 15_000),
    gop: int = FPS,
    rotation: float = 0.0,
    full_range: bool = False,
    pixels: str = "yuv420p",
    codec: str = "libx264",
    sound: str = "aac",
    subtitles: Sequence[tuple[int, int, str]] = (),
    title: str = "",
) -> Path:
    """A film.

    Args:
        path: Where to.
        pictures: BGR.
        stamps: Of the pictures, in ticks; even ones where left out.
        time_base: Seconds a tick.
        gop: Pictures from one key frame to the next.
        rotation: In degrees, as phones write it.
        full_range: Whether numbers reach from 0 to 255.
        pixels: How they are coded.
        codec: The same.
        sound: Coding of a tone as long as the film; empty for none.
        subtitles: Start and length in milliseconds, and words.
        title: Of the film.
    """
    stamps = stamps or [round(number / FPS / time_base) for number in range(len(pictures))]
    height, width = pictures[0].shape[:2]
    exact = {"movie_timescale": str(time_base.denominator)} if path.suffix != ".mkv" else {}
    with av.open(str(path), "w", options=exact) as container:
        options = {"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = gop
        if full_range:
            stream.codec_context.color_range = 2
            stream.codec_context.colorspace = 1
            stream.codec_context.color_primaries = stream.codec_context.color_trc = 1
        if rotation:
            stream.set_display_rotation(rotation)
        tone = container.add_stream(sound, rate=44_100, layout="mono") if sound else None
        words = container.add_mux_stream("subrip" if path.suffix == ".mkv" else "mov_text") if subtitles else None
        if title:
            container.metadata["title"] = title
        container.start_encoding()
        for picture, stamp in zip(pictures, stamps, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            if full_range:
                frame = frame.reformat(format=pixels, dst_color_range=2, dst_colorspace=1)
            frame.pts, frame.time_base = stamp, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            _add_tone(container, tone, float(stamps[-1] * time_base))
        for start_ms, length_ms, text in subtitles:
            packet = av.Packet(text.encode() if path.suffix == ".mkv" else len(text).to_bytes(2, "big") + text.encode())
            packet.pts = packet.dts = start_ms
            packet.duration, packet.time_base, packet.stream = length_ms, Fraction(1, 1000), words
            container.mux(packet)
    return path


def _add_tone(container: av.container.OutputContainer, tone: av.AudioStream, seconds: float) -> None:
    wave = np.sin(np.arange(int(seconds * 44_100)) * (2 * np.pi * 440 / 44_100)).astype(np.float32)
    resampler = av.AudioResampler(tone.format, "mono", 44_100, 1024)
    for start in range(0, len(wave), 1024):
        piece = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        piece.sample_rate, piece.pts = 44_100, start
        for frame in resampler.resample(piece):
            container.mux(tone.encode(frame))
    container.mux(tone.encode(None))


@dataclass
class Found:
    """What a reader finds of one stream: times in seconds, and a digest of all that it says."""

    kind: str
    coding: str
    times_s: list[Fraction] = field(default_factory=list)
    sha256: str = ""


def look(path: Path) -> list[Found]:
    """Every stream of a film that holds anything."""
    with av.open(str(path)) as container:
        found = {
            stream.index: Found(stream.type, stream.codec_context.codec.canonical_name)
            for stream in container.streams
            if stream.codec_context is not None
        }
        digests = {index: hashlib.sha256() for index in found}
        for packet in container.demux([container.streams[index] for index in found]):
            if packet.size:
                found[packet.stream.index].times_s.append(packet.pts * packet.time_base)
                digests[packet.stream.index].update(bytes(packet))
    for index, one in found.items():
        one.times_s.sort()
        one.sha256 = digests[index].hexdigest()
    return list(found.values())


def pictures_of(path: Path) -> list[np.ndarray]:
    """Every picture of a film, BGR, as it is stored."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def content_of(path: Path) -> str:
    """A digest of every packet of every stream with its time stamp: all of a film but its signature."""
    return hashlib.sha256(
        repr([(one.kind, one.coding, one.times_s, one.sha256) for one in look(path)]).encode()
    ).hexdigest()
