"""Addresses of streams: `udp://HOST:PORT`, `srt://HOST:PORT?options`, `mjpeg://HOST:PORT`."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from realtime.errors import SinkError


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream goes to, or is fetched from.

    Attributes:
        scheme: `udp`, `srt` or `mjpeg`.
        host: A name or a number, without brackets; empty for none.
        port: 0 to 65535.
        query: What follows the question mark, as it was written; it may hold a pass phrase.
    """

    scheme: str
    host: str
    port: int
    query: str = ""

    @property
    def place(self) -> str:
        """`HOST:PORT`, as it stands in URLs."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        """What it is called in messages: without options, which may hold a pass phrase."""
        return f"{self.scheme}://{self.place}"

    @property
    def options(self) -> dict[str, str]:
        """What the query says."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def is_loopback(self) -> bool:
        """Whether it stays on this computer for certain."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def resolve(self, kind: socket.SocketKind) -> tuple[socket.AddressFamily, str]:
        """Look the host up.

        Args:
            kind: Datagram or stream.

        Returns:
            The first address that is known for it.

        Raises:
            SinkError: None is.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=kind)
        except (OSError, UnicodeError) as error:
            raise SinkError(
                f"output {self.name}",
                wanted="a host that is known",
                got=f"{self.host!r} ({getattr(error, 'strerror', None) or error})",
                next_step="check the name, or write its number, as 127.0.0.1",
            ) from error
        family, _, _, _, where = found[0]
        return family, str(where[0])


def read_address(spec: str, *, host: str | None = None, options: bool = True) -> StreamAddress:
    """Read an address.

    Args:
        spec: As the user wrote it.
        host: Taken where none is written; None where one must be.
        options: Whether something may follow a question mark.

    Raises:
        SinkError: It is no such address.
    """
    scheme = spec.partition("://")[0].lower()
    shown = f"output {spec.partition('?')[0]!r}"
    wanted = f"{scheme}://HOST:PORT"

    def fault(got: str) -> SinkError:
        return SinkError(shown, wanted=wanted, got=got, next_step=f"write it as {scheme}://127.0.0.1:9000")

    if not spec.isprintable() or " " in spec:
        raise fault("spaces or characters that are not seen")
    try:
        parts = urlsplit(spec)
        port = parts.port
    except ValueError as error:
        raise fault(str(error)) from error
    if port is None:
        raise fault("no port")
    if not parts.hostname and host is None:
        raise fault("no host")
    extra = {"a path": parts.path.strip("/"), "a user's name": "@" in parts.netloc, "a #": parts.fragment}
    extra |= {} if options else {"options": parts.query}
    if found := [what for what, there in extra.items() if there]:
        raise fault(f"{' and '.join(found)} in it")
    return StreamAddress(scheme, parts.hostname or host or "", port, parts.query)
