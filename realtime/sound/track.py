"""The sound of a recording, kept in step with its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.filter import Graph

from realtime.sound.base import Samples, SoundBlock, SoundFeed
from realtime.sound.media_shift import MediaShift

RATE = 48_000
_BIT_RATES = {1: 96_000, 2: 160_000}
_LAYOUTS = {1: "mono", 2: "stereo"}
_PRIMING = 1024
"""AAC begins so many samples early. Sound begins so much after the first picture instead, or FFmpeg, which writes no
time before 0 into a film that plays while it grows, would shift the pictures."""
_US = Fraction(1, 1_000_000)
_STRETCH = RATE // 100
"""Most samples in a second that are put in or taken out to follow the time: a hundredth is not heard."""
_HARD_S = 0.05
"""Further apart than this, silence is put in, or sound is left out."""
PATIENCE_S = 0.5
"""Sound that is not there so long after its picture will not come."""
_SILENT_SAMPLES = RATE


class SoundTrack:
    """AAC beside the pictures. One thread at a time.

    Every block says when it was heard. FFmpeg's resampler then puts in or takes out single samples so that the
    track keeps to these times within a millisecond, over hours, whatever the rate of the sound card.

    Args:
        container: The film that is written, before its encoding starts.
        feed: Whose sound it is; closed with the track.
    """

    def __init__(self, container: OutputContainer, feed: SoundFeed) -> None:
        self._container, self._feed = container, feed
        layout = _LAYOUTS[feed.channels]
        self._stream: AudioStream = container.add_stream("aac", rate=RATE, layout=layout)
        self._stream.bit_rate = _BIT_RATES[feed.channels]
        self._stream.codec_context.time_base = Fraction(1, RATE)
        self._graph = _in_step(feed.rate, layout)
        self._layout = layout
        self._shift = MediaShift()
        self._reached_s = _PRIMING / RATE
        self._begun = False

    def follow(self, captured_s: float, media_s: float, source_s: float | None = None) -> None:
        """Write the sound up to a picture.

        Args:
            captured_s: When it was captured.
            media_s: When it is shown, from the first picture on.
            source_s: When it is shown by the source's own time, `Frame.media_s`; the same as `media_s` where left out.
                Both differ where the source's first pictures were dropped.

        Raises:
            av.FFmpegError: The film takes no more.
        """
        if self._feed.captured:
            self._shift.follow(captured_s, media_s)
        elif not self._begun and source_s is not None:
            self._shift.follow(source_s, media_s)
        self._begun = True
        self._write_until(media_s)

    def rest(self, at_s: float) -> None:
        """Write the sound up to a moment of the capture clock, though no picture comes.

        Raises:
            av.FFmpegError: The film takes no more.
        """
        if self._begun and self._feed.captured:
            self._write_until(at_s - PATIENCE_S + self._shift.now_s)

    def finish(self, end_s: float) -> None:
        """Write the sound up to the end of the last picture, in media time from the first one on.

        Raises:
            av.FFmpegError: The film takes no more.
        """
        if not self._begun:
            return
        for block in self._feed.take(end_s - self._shift.now_s):
            self._push(block, end_s)
        self._be_silent(end_s)
        self._graph.push(None)
        self._encode()
        self._container.mux(self._stream.encode(None))

    def close(self) -> None:
        """Listen no longer."""
        self._feed.close()

    def _write_until(self, media_s: float) -> None:
        for block in self._feed.take(media_s - self._shift.now_s):
            self._push(block)
        self._be_silent(media_s - PATIENCE_S)

    def _push(self, block: SoundBlock, end_s: float = math.inf) -> None:
        """Write a block; what of it lies before the first picture or beyond the end falls away."""
        begin_s = block.at_s + self._shift.now_s
        samples = block.samples
        if begin_s + samples.shape[1] / self._feed.rate > end_s:
            samples = samples[:, : max(0, round((end_s - begin_s) * self._feed.rate))]
        reached_s = begin_s + samples.shape[1] / self._feed.rate
        if samples.shape[1] and reached_s > 0:
            self._write(samples, begin_s)
            self._reached_s = max(self._reached_s, reached_s)

    def _be_silent(self, until_s: float) -> None:
        """Silence up to a moment where no sound has come, in pieces that need no room."""
        missing = round((until_s - self._reached_s) * self._feed.rate)
        while missing > 0:
            count = min(missing, _SILENT_SAMPLES)
            self._write(np.zeros((self._feed.channels, count), np.float32), self._reached_s)
            self._reached_s += count / self._feed.rate
            missing -= count

    def _write(self, samples: Samples, begin_s: float) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate = self._feed.rate
        frame.pts, frame.time_base = round(begin_s / _US), _US
        self._graph.push(frame)
        self._encode()

    def _encode(self) -> None:
        for frame in self._ready():
            self._container.mux(self._stream.encode(frame))

    def _ready(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (NothingYet, NothingMore):
                return
            assert isinstance(frame, AudioFrame)
            yield frame


def _in_step(rate: int, layout: str) -> Graph:
    """FFmpeg's resampler, told to keep to the time stamps of what it is given."""
    graph = Graph()
    steps = (
        graph.add("abuffer", f"time_base={_US}:sample_rate={rate}:sample_fmt=fltp:channel_layout={layout}"),
        graph.add("aresample", f"{RATE}:async={_STRETCH}:min_hard_comp={_HARD_S}:first_pts={_PRIMING}"),
        graph.add("aformat", f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts={layout}"),
        graph.add("abuffersink"),
    )
    graph.link_nodes(*steps)
    graph.configure()
    return graph
