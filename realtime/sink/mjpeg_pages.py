"""What a browser or a player is served: a page with the picture, the stream, one picture."""

from __future__ import annotations

import asyncio
import base64
import hashlib

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from realtime.sink.board import Board, NoPlaceError, Picture

STREAM_PATH, PICTURE_PATH = "/stream.mjpg", "/frame.jpg"
PATIENCE_S = 10.0
"""A viewer who takes no picture for so long is let go."""
_FIRST_S = 0.5
_BOUNDARY = "thespis"

_STYLE = "html,body{margin:0;height:100%;background:#000}img{width:100%;height:100%;object-fit:contain;display:block}"
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Thespis</title>'
    f'<style>{_STYLE}</style><img src="{STREAM_PATH}" alt="The picture that Thespis makes"></html>\n'
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; img-src 'self'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FULL = PlainTextResponse("As many watch as may; close another viewer first.\n", 503, _HEADERS)


def pages(board: Board, patience_s: float = PATIENCE_S) -> Starlette:
    """The application.

    Args:
        board: Where the pictures are.
        patience_s: See `PATIENCE_S`.
    """

    async def page(request: Request) -> Response:
        return HTMLResponse(_PAGE, headers=_HEADERS)

    async def picture(request: Request) -> Response:
        try:
            with board.looking():
                shown = await board.first(_FIRST_S)
        except NoPlaceError:
            return _FULL
        return Response(shown.jpeg, media_type="image/jpeg", headers=_HEADERS)

    stream = Route(STREAM_PATH, _Stream(board, patience_s), methods=["GET"])
    return Starlette(routes=[Route("/", page), Route(PICTURE_PATH, picture), stream])


class _Stream:
    """Pictures one after the other, each in the place of the last (`multipart/x-mixed-replace`)."""

    def __init__(self, board: Board, patience_s: float) -> None:
        self._board, self._patience_s = board, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await Response(headers=_HEADERS | {"Content-Type": _content_type()})(scope, receive, send)
            return
        try:
            with self._board.looking():
                sending = asyncio.create_task(self._send_all(send))
                leaving = asyncio.create_task(_until_gone(receive))
                try:
                    await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in (sending, leaving):
                        task.cancel()
                    await asyncio.gather(sending, leaving, return_exceptions=True)
        except NoPlaceError:
            await _FULL(scope, receive, send)

    async def _send_all(self, send: Send) -> None:
        headers = {**_HEADERS, "Content-Type": _content_type()}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await self._send(send, f"--{_BOUNDARY}\r\n".encode())
        picture = await self._board.first(_FIRST_S)
        while True:
            await self._send(send, _part(picture))
            if self._board.finished:
                break
            # Waits until the viewer has taken the last one, so that the next is the newest then, and not now.
            await self._send(send, b"")
            picture = await self._board.after(picture)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, body: bytes) -> None:
        async with asyncio.timeout(self._patience_s):
            await send({"type": "http.response.body", "body": body, "more_body": True})


def _content_type() -> str:
    return f"multipart/x-mixed-replace; boundary={_BOUNDARY}"


def _part(picture: Picture) -> bytes:
    """A picture and the boundary after it: browsers show one only when that has come."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n\r\n"
    return b"".join((head.encode(), picture.jpeg, f"\r\n--{_BOUNDARY}\r\n".encode()))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
