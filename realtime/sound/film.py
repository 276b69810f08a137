"""A film's own sound, beside the pictures that the loop reads."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from realtime.errors import SoundError, SourceError
from realtime.sound.base import Sound, SoundBlock, SoundFeed
from realtime.source.decoder import VideoDecoder, open_film

_RATE = 48_000
_MOST_SKIPPED = 100
"""So many spoilt packets in a row, and nothing more is expected."""


class FilmSound(Sound):
    """The first sound of a film.

    It is decoded and encoded anew, so that it begins and ends with the pictures to the sample, whatever its coding.

    Args:
        path: The film.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def listen(self) -> SoundFeed:
        """Open the film once more, for its sound.

        Raises:
            SoundError: It cannot be opened, or has no sound that can be decoded.
        """
        try:
            pictures = VideoDecoder(self.name, remote=False)
            first_s = pictures.first_stamp_s or 0.0
            pictures.close()
            container = open_film(self.name)
        except (SourceError, av.FFmpegError) as error:
            raise SoundError(f"sound of {self.name}", got=str(error)) from error
        if not has_sound(container):
            container.close()
            raise SoundError(f"sound of {self.name}", wanted="a film with sound", got="none that can be decoded")
        return _FilmFeed(container, first_s)


def film_sound(path: Path) -> FilmSound | None:
    """The sound of a film; None where it has none, or is no film, which its source will say better."""
    try:
        with open_film(str(path)) as container:
            return FilmSound(path) if has_sound(container) else None
    except av.FFmpegError:
        return None


def has_sound(container: InputContainer) -> bool:
    """Whether there is sound in it that can be decoded."""
    streams = container.streams.audio
    return bool(streams) and streams[0].codec_context is not None and streams[0].codec_context.channels > 0


class _FilmFeed(SoundFeed):
    """Decodes as far as it is asked to; its times count from the film's first picture on."""

    captured = False
    rate = _RATE

    def __init__(self, container: InputContainer, first_s: float) -> None:
        self._container, self._first_s = container, first_s
        self.channels = min(2, container.streams.audio[0].codec_context.channels)
        self._ahead: SoundBlock | None = None
        self._blocks = self._decoded()

    def take(self, until_s: float) -> Sequence[SoundBlock]:
        """What begins before a moment of media time; nothing more after a spoilt end."""
        taken = []
        while (block := self._ahead or next(self._blocks, None)) is not None:
            self._ahead = block if block.at_s >= until_s else None
            if self._ahead is not None:
                break
            taken.append(block)
        return taken

    def close(self) -> None:
        """Close the film."""
        self._ahead = None
        self._blocks.close()
        self._container.close()

    def _decoded(self) -> Generator[SoundBlock, None, None]:
        """Every block of the film, one after the other, in one rate and layout."""
        resampler = self._resampler()
        following_s = 0.0
        for frame in self._frames():
            told_s = following_s if frame.time is None else frame.time - self._first_s
            try:
                try:
                    plain = resampler.resample(frame)
                except ValueError:  # the film changes its rate or layout midway
                    resampler = self._resampler()
                    plain = resampler.resample(frame)
            except (av.FFmpegError, ValueError):  # into something that nobody can play: silence from here on
                return
            if not plain:
                continue
            samples = np.concatenate([part.to_ndarray() for part in plain], axis=1)
            yield SoundBlock(told_s, samples)
            following_s = told_s + samples.shape[1] / _RATE

    def _frames(self) -> Generator[AudioFrame, None, None]:
        skipped = 0
        packets = self._container.demux(audio=0)
        while skipped < _MOST_SKIPPED:
            try:
                frames = next(packets).decode()
            except StopIteration:
                return
            except av.FFmpegError:
                skipped += 1
                continue
            skipped = 0
            yield from (frame for frame in frames if isinstance(frame, AudioFrame))

    def _resampler(self) -> AudioResampler:
        return AudioResampler(format="fltp", layout="stereo" if self.channels == 2 else "mono", rate=_RATE)
