"""Only who asks for this computer by its own name is answered."""

from __future__ import annotations

import ipaddress
import socket

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime.sink.address import StreamAddress

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class HostGuard:
    """Refuses requests for other hosts than ours.

    A page of a stranger's can have its own name point to 127.0.0.1 and then read, in the user's browser, what is served
    there (DNS rebinding). The browser still says the stranger's name in `Host`. Where the whole network may watch,
    any number is taken, which no name stands behind.

    Args:
        app: Answers the rest.
        address: Where it is served, with the port that it truly has.
    """

    def __init__(self, app: ASGIApp, address: StreamAddress) -> None:
        self._app, self._address = app, address
        names = {*_LOOPBACK, address.place.rpartition(":")[0]}
        if not address.is_loopback:
            own = socket.gethostname().lower()
            names |= {own, f"{own}.local"}
        self._hosts = {f"{name}:{address.port}" for name in names} | (names if address.port == 80 else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http" or self._is_ours(scope):
            await self._app(scope, receive, send)
            return
        said = f"This is not the host that you asked for; open http://{self._address.place}/\n"
        await PlainTextResponse(said, 421)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        asked = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(asked) == 1 and (asked[0] in self._hosts or (not self._address.is_loopback and _is_number(asked[0])))


def _is_number(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
