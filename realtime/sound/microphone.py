"""A microphone, through PortAudio."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from realtime.errors import SoundError
from realtime.sound.base import Samples, Sound, SoundBlock, SoundFeed
from realtime.sound.sample_clock import SampleClock
from realtime.timing import now_s

DEFAULT = "default"
MENDING = {
    "linux": "sudo apt install libportaudio2 (Debian, Ubuntu), or your system's package of PortAudio",
}
NONE_MENDING = {
    "linux": (
        "plug one in; if it is in and not found: sudo apt install libportaudio2 pipewire-alsa (Debian, Ubuntu; where "
        "PulseAudio runs, libasound2-plugins for the latter), then sudo usermod -aG audio $USER, log out and in again"
    ),
    "darwin": "plug one in; allow the terminal under System Settings > Privacy & Security > Microphone",
    "win32": "plug one in; switch on Settings > Privacy & security > Microphone > Let desktop apps access it",
}
"""What to do where PortAudio works and finds none."""
_KEPT_S = 20.0
"""A recording that does not come for its sound for so long, as on a disk that hangs, gets the newest."""
_GONE_S = 1.0
_SILENT_S = 3.0
_SANE_AGE_S = 2.0
"""Some drivers tell times that mean nothing."""


def load_sounddevice() -> Any:
    """The library, loaded when it is wanted: it needs one of the system's own.

    Raises:
        SoundError: The system lacks it.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise SoundError(
            "microphone",
            wanted="the PortAudio library",
            got=str(error),
            next_step=MENDING.get(sys.platform, "pip install --force-reinstall sounddevice"),
        ) from error
    return sounddevice


def list_microphones(library: Callable[[], Any] = load_sounddevice) -> tuple[tuple[int, str], ...]:
    """Number and name of each.

    Raises:
        SoundError: PortAudio is not there, or does not work.
    """
    port = library()
    try:
        devices = port.query_devices()
    except port.PortAudioError as error:
        raise SoundError("microphones", got=str(error)) from error
    return tuple((number, str(one["name"])) for number, one in enumerate(devices) if one["max_input_channels"] > 0)


class Microphone(Sound):
    """Listens while anybody wants it to, and never otherwise.

    PortAudio hands over sound in a thread of its own, which does no more than note the time and lay the samples into
    each listener's queue. A microphone that vanishes is an ordinary thing: no more blocks come, and `notice` says so.

    Args:
        device: A number or part of a name, as `thespis devices` lists them; `default` for the system's own choice.
        library: Loads `sounddevice`.
        clock: Monotonic seconds, the clock of `Frame.captured_s`.
    """

    def __init__(
        self,
        device: str = DEFAULT,
        *,
        library: Callable[[], Any] = load_sounddevice,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self.name = f"microphone {device}"
        self._device = None if device == DEFAULT else int(device) if device.isdecimal() else device
        self._library, self._clock = library, clock
        self._lock = threading.Lock()
        self._feeds: list[_MicrophoneFeed] = []
        self._stream: Any = None
        self._opened_s = self._last_s = 0.0
        self._sounded = False

    @property
    def notice(self) -> str:
        """What it is, or what is wrong with it at this moment."""
        with self._lock:
            if self._stream is None:
                return ""
            at_s = self._clock()
            if at_s - self._last_s > _GONE_S:
                return f"{self.name}: gives no sound; silence is recorded"
            if not self._sounded and at_s - self._opened_s > _SILENT_S:
                return f"{self.name}: gives nothing but silence; is it muted, or not allowed to this program?"
            return f"{self.name}: listening, for the recording alone"

    def listen(self) -> SoundFeed:
        """Begin to listen; the first listener switches the microphone on.

        Raises:
            SoundError: PortAudio is not there, no such microphone is, or it cannot be had.
        """
        with self._lock:
            if self._stream is None:
                self._open()
            feed = _MicrophoneFeed(self._rate, self._channels, self._leave)
            self._feeds.append(feed)
            return feed

    def _leave(self, feed: _MicrophoneFeed) -> None:
        """The last listener switches it off."""
        with self._lock:
            if feed in self._feeds:
                self._feeds.remove(feed)
            stream = None if self._feeds else self._stream
            if stream is not None:
                self._stream = None
        if stream is not None:  # outside the lock, which PortAudio's thread may be waiting for
            with contextlib.suppress(self._library().PortAudioError):
                stream.close()

    def _open(self) -> None:
        port = self._library()
        self._check_that_there_is_one(port)
        try:
            about = port.query_devices(self._device, "input")
            self._rate, self._channels = round(about["default_samplerate"]), min(2, about["max_input_channels"])
            stream = port.InputStream(
                device=self._device,
                samplerate=self._rate,
                channels=self._channels,
                dtype="float32",
                callback=self._heard,
            )
        except (port.PortAudioError, ValueError) as error:
            raise self._refusal(error) from error
        self.name = f"microphone {about['name']}"
        self._sample_clock = SampleClock(self._rate)
        self._opened_s = self._last_s = self._clock()
        self._sounded = False
        self._stream = stream
        try:
            stream.start()
        except port.PortAudioError as error:
            self._stream = None
            with contextlib.suppress(port.PortAudioError):
                stream.close()
            raise self._refusal(error) from error

    def _check_that_there_is_one(self, port: Any) -> None:
        """Said in words: PortAudio calls the lack of any device an error of device -1."""
        if not list_microphones(lambda: port):
            raise SoundError(
                self.name,
                wanted="a microphone",
                got="none on this computer",
                next_step="leave --microphone out, or let `thespis doctor` say what to do",
            )

    def _heard(self, samples: Samples, count: int, times: Any, status: object) -> None:
        """PortAudio's callback: (N, C) float32 that are its own."""
        stream, at_s = self._stream, self._clock()
        if stream is None or not count:
            return
        age_s = stream.time - times.inputBufferAdcTime if times.inputBufferAdcTime > 0 else -1.0
        if not 0 <= age_s <= _SANE_AGE_S:
            age_s = count / self._rate
        block = SoundBlock(self._sample_clock(at_s - age_s, count), np.ascontiguousarray(samples.T.copy()))
        self._last_s = at_s
        self._sounded = self._sounded or bool(samples.any())
        for feed in tuple(self._feeds):
            feed.add(block)

    def _refusal(self, error: Exception) -> SoundError:
        if "device -1" in str(error):  # PortAudio's number for none
            number, name = list_microphones(self._library)[0]
            return SoundError(
                self.name,
                wanted="a microphone that the system calls its default",
                got="none",
                next_step=f"choose one: --microphone {number} ({name})",
            )
        return SoundError(
            self.name,
            wanted="a microphone that can be listened to",
            got=" ".join(str(error).split()),
            next_step="`thespis devices` lists them; close other programs that hold it, or leave --microphone out",
        )


class _MicrophoneFeed(SoundFeed):
    """A bounded queue that PortAudio's thread fills and a recording empties."""

    captured = True

    def __init__(self, rate: int, channels: int, leave: Callable[[_MicrophoneFeed], None]) -> None:
        self.rate, self.channels = rate, channels
        self._leave = leave
        self._blocks: deque[SoundBlock] = deque()
        self._taking = threading.Lock()

    def add(self, block: SoundBlock) -> None:
        """Take a block, in the place of the oldest where there are too many."""
        with self._taking:
            self._blocks.append(block)
            while block.at_s - self._blocks[0].at_s > _KEPT_S:
                self._blocks.popleft()

    def take(self, until_s: float) -> Sequence[SoundBlock]:
        """What began before a moment of the capture clock and has come."""
        with self._taking:
            ready = sum(1 for _ in takewhile(lambda block: block.at_s < until_s, self._blocks))
            return [self._blocks.popleft() for _ in range(ready)]

    def close(self) -> None:
        """Listen no longer; the last one switches the microphone off."""
        self._blocks.clear()
        self._leave(self)
