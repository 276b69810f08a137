"""The door of the panel: who may come in, and what browsers are told about everything that goes out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime.panel.invitation import Invitations

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS: Mapping[bytes, bytes] = MappingProxyType(
    {
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"x-frame-options": b"DENY",
        b"cache-control": b"no-store",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
        b"permissions-policy": b"camera=(), microphone=(), geolocation=(), display-capture=()",
    }
)


class Guard:
    """Lets through what comes from the panel's own page, and nothing else.

    - The Host must be this computer's: a page elsewhere whose name was bent to 127.0.0.1 sends its own name.
    - The path must begin with the token, compared in constant time.
    - Whatever changes something (any method but GET and HEAD, and the WebSocket) must carry exactly the panel's own
      Origin; browsers set that header, and no page can forge it.
    - Where a browser says that another site asks, it is refused; the address typed or given to a dock is none.

    Args:
        app: What stands behind.
        port: That it is served on.
        token: The user's.
        invitations: Addresses that lead to the panel's own, once.
    """

    def __init__(self, app: ASGIApp, port: int, token: str, invitations: Invitations | None = None) -> None:
        self._app, self._token = app, token.encode()
        self._invitations = invitations or Invitations()
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = _only(scope, b"host")
        why_not = self._why_not(scope, host)
        if why_not and self._is_invited(scope, host):
            leads = RedirectResponse(f"/{self._token.decode()}/", 303)
            await leads(scope, receive, self._telling(send, host))
        elif not why_not:
            token = self._token.decode()
            inner = {**scope, "root_path": f"{scope.get('root_path', '')}/{token}"}
            await self._app(inner, receive, self._telling(send, host))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why_not[:100]})
        else:
            refusal = PlainTextResponse(f"Thespis: {why_not}\n", 403)
            await refusal(scope, receive, self._telling(send, host if host in self._hosts else b"127.0.0.1"))

    def _why_not(self, scope: Scope, host: bytes) -> str:
        """Why a request is refused, in plain words; empty where it is not."""
        if host not in self._hosts:
            return "this panel answers on this computer alone, under 127.0.0.1"
        if not secrets.compare_digest(_first_part(scope), self._token):
            return "the token in the address is missing or wrong; open the address that `thespis panel` shows"
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if changes and _only(scope, b"origin") != b"http://" + host:
            return "this did not come from the panel's own page"
        if _only(scope, b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return "another site asked for this; type the address yourself"
        return ""

    def _is_invited(self, scope: Scope, host: bytes) -> bool:
        """Whether it comes with an address that opens once."""
        asks = scope["type"] == "http" and scope["method"] == "GET" and host in self._hosts
        return asks and self._invitations.take(_first_part(scope))

    def _telling(self, send: Send, host: bytes) -> Send:
        """Sends with the headers that keep a browser strict."""
        policy = _POLICY.format(host=host.decode("ascii"))
        told = {**_HEADERS, b"content-security-policy": policy.encode()}

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [pair for pair in message.get("headers", []) if pair[0].lower() not in told]
                message = {**message, "headers": [*own, *told.items()]}
            await send(message)

        return send_strictly


def _first_part(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path.removeprefix(b"/").split(b"?")[0].split(b"/")[0]


def _only(scope: Scope, name: bytes, otherwise: bytes = b"") -> bytes:
    """A header that may come once; `otherwise` where it does not, and what nothing equals where it comes twice."""
    found = [value for key, value in scope["headers"] if key == name]
    if not found:
        return otherwise
    return bytes(found[0]) if len(found) == 1 else b"\0twice"
