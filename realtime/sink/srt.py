"""The way to a viewer over SRT, which PyAV's FFmpeg lacks: an ffmpeg program passes the stream on."""

from __future__ import annotations

import errno
import re
import shutil
import socket
from collections.abc import Callable

from realtime.errors import SinkError
from realtime.sink.address import read_address
from realtime.sink.ffmpeg_program import find_ffmpeg
from realtime.sink.link import Link
from realtime.sink.relay import Relay
from realtime.sink.transport_stream import Writer
from realtime.sink.udp import PACKET_BYTES

_PACKET = 188
_STUFFING = b"\x47\x1f\xff\x10" + b"\xff" * (_PACKET - 4)
"""A packet of a transport stream that says nothing (ISO/IEC 13818-1, 2.4.1, PID 0x1FFF)."""
_SAID = re.compile(r"(?:\[[^\]]*\] |Unrecognized option )(.*)")
_SAYS_NOTHING = ("Input/output error", "Connection timed out")
_LISTEN_US = 30_000_000


class SrtLink(Link):
    """One viewer at a time, by an ffmpeg program that is started again whenever the viewer leaves.

    The program is told that the stream is pictures of 1316 grey pixels, one packet each. So it passes the bytes on as
    they are and at once, while it would wait for a whole frame more if it looked into them.

    Args:
        spec: `srt://HOST:PORT`, with any of the options of FFmpeg's SRT protocol.
        which: Finds the program.

    Raises:
        SinkError: It is no such address.
    """

    def __init__(self, spec: str, *, which: Callable[[str], str | None] = shutil.which) -> None:
        self._address = read_address(spec, host="")
        self.name = self._address.name
        self._which = which
        self._listens = self._address.options.get("mode") == "listener"
        self._said = ""
        self._relay: Relay | None = None
        self._block: _Block | None = None

    @property
    def notice(self) -> str:
        """Whether a viewer is reached at this moment, and why not."""
        if self._relay is None:
            return self._said
        if self._relay.link is not None:
            return f"stream: {self.name}, MPEG-TS with H.264 over SRT"
        if self._relay.fault:
            fault = self._relay.fault.replace(self._url(), self.name)  # what the options say is nobody else's
            return f"stream {self.name}: no viewer reached ({fault}); trying again"
        if self._listens:
            return f"stream {self.name}: waiting for a viewer{self._open_to}"
        return f"stream {self.name}: calling a viewer"

    @notice.setter
    def notice(self, text: str) -> None:
        self._said = text

    def open(self) -> None:
        """Find the program and start it.

        Raises:
            SinkError: There is none, it has no SRT, or the host is not known.
        """
        program = find_ffmpeg(f"stream {self.name}", "srt", which=self._which)
        family, number = socket.AF_INET, ""
        if self._address.host:
            family, number = self._address.resolve(socket.SOCK_DGRAM)
        if self._listens:
            self._look_for_others(family, number)
        self._relay = Relay(
            _words(program, self._url()),
            first=_STUFFING * (PACKET_BYTES // _PACKET),
            reached=lambda line: line.startswith("Output #0"),  # which ffmpeg says once that is open
            complaint=self._complaint,
        )
        self._relay.open()

    def target(self) -> Writer | None:
        """What takes the bytes for the viewer who is there."""
        link = None if self._relay is None else self._relay.link
        if link is None:
            self._block = None
        elif self._block is None or self._block.link != link:
            self._block = _Block(link)
        return self._block

    @property
    def ready(self) -> bool:
        """Whether the program has taken what it was given before."""
        return self._relay is not None and self._relay.ready

    def sent(self) -> None:
        """Hand over what was written."""
        if self._relay is not None and self._block is not None:
            self._relay.offer(self._block.take())

    def failed(self, error: Exception) -> None:
        """Nothing to do: what the stream is written into is memory."""

    def close(self) -> None:
        """End the program."""
        relay, self._relay, self._block = self._relay, None, None
        if relay is not None:
            relay.close()

    def _url(self) -> str:
        query = self._address.query
        if self._listens and "listen_timeout" not in self._address.options:
            # If we are killed, the program is not to hold the port for ever.
            query += f"&listen_timeout={_LISTEN_US}"
        return f"{self._address.name}?{query}" if query else self._address.name

    def _look_for_others(self, family: socket.AddressFamily, number: str) -> None:
        """See that nobody listens there already: ffmpeg would say so only later, and in other words.

        Raises:
            SinkError: Somebody does, or it is no address of this computer.
        """
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((number, self._address.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise SinkError(
                f"stream {self.name}",
                wanted="a port that is free" if taken else "an address of this computer",
                got="one that another program uses" if taken else error.strerror or str(error),
                next_step="use another port" if taken else "use srt://:9000?mode=listener",
            ) from error

    def _complaint(self, line: str) -> str:
        """What is wrong by a line such as `[srt @ 0x5568] Connection to … failed: …` or `srt://…: Invalid argument`."""
        if said := _SAID.match(line):
            return said[1]
        reason = line.removeprefix(f"{self._url()}: ")
        return "" if reason == line or reason in _SAYS_NOTHING else reason

    @property
    def _open_to(self) -> str:
        if self._address.is_loopback or "passphrase" in self._address.options:
            return ""
        return "; whoever reaches this computer can watch (?passphrase=… closes it)"


class _Block:
    """Bytes of one stream, gathered to whole packets of the network.

    Args:
        link: Number of the viewer that they are for.
    """

    def __init__(self, link: int) -> None:
        self.link = link
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        """What was written since, filled up with packets that say nothing: a rest would wait for the next frame."""
        missing = -len(self._bytes) % PACKET_BYTES
        block = bytes(self._bytes) + _STUFFING * (missing // _PACKET)
        self._bytes.clear()
        return block


def _words(program: str, url: str) -> list[str]:
    looks = ["-probesize", "32", "-analyzeduration", "0"]
    packets = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", f"{PACKET_BYTES}x1", "-i", "pipe:0"]
    out = ["-map", "0:0", "-c", "copy", "-flush_packets", "1", "-f", "rawvideo", url]
    return [program, "-hide_banner", "-nostats", "-loglevel", "info", *looks, *packets, *out]
