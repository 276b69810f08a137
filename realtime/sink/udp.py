"""The way to viewers over UDP: sent off whether anybody listens or not."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from realtime.sink.address import read_address
from realtime.sink.link import Link

PACKET_BYTES = 1316
"""Seven packets of a transport stream: what fits into one of any network."""
_RETRY_S = 1.0


class UdpLink(Link):
    """Datagrams by FFmpeg. A network that goes away is waited for.

    Args:
        spec: `udp://HOST:PORT`, with any of the options of FFmpeg's UDP protocol.
        clock: Monotonic seconds.

    Raises:
        SinkError: It is no such address.
    """

    def __init__(self, spec: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = read_address(spec)
        self.name = self._address.name
        self.notice = ""
        self._clock = clock
        self._url = ""
        self._retry_at_s = -math.inf

    def open(self) -> None:
        """Look the host up, once: a name server that is gone later is not to hold the stream up.

        Raises:
            SinkError: It is not known.
        """
        _, number = self._address.resolve(socket.SOCK_DGRAM)
        query = "&".join(filter(None, [self._address.query, *self._defaults()]))
        self._url = f"udp://{replace(self._address, host=number).place}?{query}"
        self._retry_at_s = -math.inf
        self._say()

    def target(self) -> str | None:
        """The address, but for a second after it took nothing."""
        return self._url if self._clock() >= self._retry_at_s else None

    def sent(self) -> None:
        """It works, or works again."""
        if self._retry_at_s > -math.inf:
            self._retry_at_s = -math.inf
            self._say("back again")

    def failed(self, error: Exception) -> None:
        """Wait a second."""
        self._retry_at_s = self._clock() + _RETRY_S
        self.notice = f"stream {self.name}: not sent ({getattr(error, 'strerror', None) or error}); trying again"

    def close(self) -> None:
        """Nothing is held."""

    def _defaults(self) -> list[str]:
        return [] if "pkt_size" in self._address.options else [f"pkt_size={PACKET_BYTES}"]

    def _say(self, more: str = "") -> None:
        open_to = "" if self._address.is_loopback else "not encrypted: whoever reads this network can watch"
        self.notice = ", ".join(filter(None, [f"stream: {self.name}, MPEG-TS with H.264", open_to, more]))
