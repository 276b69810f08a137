"""The panel's server: a page, its pictures, one WebSocket that tells (and hides), one address that is asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from socket import socket
from types import MappingProxyType
from typing import Self

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime.errors import PanelError, ThespisError
from realtime.panel.address import url_of
from realtime.panel.answers import fault, in_words, refusal
from realtime.panel.directing import Directing
from realtime.panel.guard import Guard
from realtime.panel.invitation import Invitations
from realtime.panel.preview import Onlooker, View
from realtime.panel.requests import MOST_BYTES, WrongRequestError, answer
from realtime.panel.state import facts, options_of, personas_of, state_of
from realtime.sink.http_patience import ImpatientProtocol

PAGE = Path(__file__).parent / "page"
_KINDS: Mapping[str, str] = MappingProxyType(
    {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
)
"""Said here and not guessed: some Windows call a script plain text, which no strict browser then runs."""
HIDE = '{"act":"hide"}'
"""All that is listened to on the WebSocket, letter for letter."""
TELL_EVERY_S = 0.5
START_S = 10.0
_MOST_AT_ONCE = 64
_MOST_SAID = 64
_BOUNDARY = "thespis"
_REPEAT_S = 1.0
"""A picture that stays the same is sent again so often, so that a watcher who has gone is noticed."""


class PanelServer:
    """Serves the panel in a thread of its own, from `with` until its end.

    Args:
        directing: Directs the show.
        onlooker: Sees it.
        listener: Listens; closed at the end.
        token: Who does not know it gets nothing.

    Attributes:
        url: Where the panel is.
    """

    def __init__(self, directing: Directing, onlooker: Onlooker, listener: socket, token: str) -> None:
        port = listener.getsockname()[1]
        self.url = url_of(port, token)
        self._listener, self._onlooker = listener, onlooker
        self._up = threading.Event()
        self._port, self._invitations = port, Invitations()
        app = build_app(directing, onlooker, self._up, port, token, self._invitations)
        config = uvicorn.Config(
            app,
            http=ImpatientProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=_MOST_SAID,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="panel", daemon=True)

    def __enter__(self) -> Self:
        """Serve.

        Raises:
            PanelError: It does not come up.
        """
        self._thread.start()
        if not self._up.wait(START_S):
            self.__exit__()
            raise PanelError("panel", wanted="a server that answers", got=f"none within {START_S:.0f} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._onlooker.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(START_S)
        self._listener.close()

    def invite(self) -> str:
        """An address that opens the panel once, within half a minute: for a browser's command line."""
        return url_of(self._port, self._invitations.make())

    def _serve(self) -> None:
        self._server.run(sockets=[self._listener])


def build_app(
    directing: Directing,
    onlooker: Onlooker,
    up: threading.Event,
    port: int,
    token: str,
    invitations: Invitations | None = None,
) -> Guard:
    """All that is served, behind its door.

    Args:
        directing: Directs the show.
        onlooker: Sees it.
        up: Set once it can be asked.
        port: That it is served on.
        token: The user's.
        invitations: See `Guard`.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        up.set()
        yield

    served = _Served(directing, onlooker)
    routes = [
        Route("/", served.page),
        Route("/facts", served.facts),
        Route("/options", served.options),
        Route("/personas", served.personas),
        Route("/portrait/{key}", served.portrait),
        Route("/preview/{name}", served.preview),
        Route("/do", served.do, methods=["POST"]),
        WebSocketRoute("/state", served.state),
        Route("/page/{name}", served.part),
    ]
    inside = Starlette(routes=routes, lifespan=lifespan, exception_handlers={Exception: fault})
    return Guard(inside, port, token, invitations)


class _Served:
    """The answers. What may wait, or reads files, does so in a thread."""

    def __init__(self, directing: Directing, onlooker: Onlooker) -> None:
        self._directing, self._onlooker = directing, onlooker
        self._told: set[asyncio.Event] = set()
        self._hiding = CapacityLimiter(4)  # threads of its own: hiding waits for no slow answer
        self._parts = {path.name: path.read_bytes() for path in PAGE.iterdir() if path.suffix in _KINDS}

    async def page(self, request: Request) -> Response:
        return Response(self._parts["panel.html"], media_type="text/html")

    async def part(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        if name not in self._parts:
            return PlainTextResponse("no such page\n", 404)
        return Response(self._parts[name], media_type=_KINDS[Path(name).suffix])

    async def facts(self, request: Request) -> Response:
        return JSONResponse(facts())

    async def options(self, request: Request) -> Response:
        return JSONResponse(await to_thread.run_sync(options_of, self._directing))

    async def personas(self, request: Request) -> Response:
        return JSONResponse(await to_thread.run_sync(personas_of, self._directing))

    async def portrait(self, request: Request) -> Response:
        found = self._directing.controls.gallery.portrait(request.path_params["key"])
        return Response(found, media_type="image/jpeg") if found else PlainTextResponse("no such portrait\n", 404)

    async def preview(self, request: Request) -> Response:
        view = self._onlooker.views.get(request.path_params["name"])
        if view is None:
            return PlainTextResponse("no such preview\n", 404)
        kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        return StreamingResponse(_pictures(view), media_type=kind)

    async def do(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return refusal("wanted application/json", 415)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return refusal(f"wanted at most {MOST_BYTES} bytes", 413)
        try:
            said = await to_thread.run_sync(answer, self._directing, body)
        except WrongRequestError as error:
            return refusal(str(error), 400)
        except ValueError as error:
            return refusal(str(error), 422)
        except ThespisError as error:
            return refusal(str(error), 409)
        except Exception as error:
            logging.getLogger(__name__).error("a request of the panel's broke off", exc_info=error)
            return await fault(request, error)
        finally:
            self._tell()
        return JSONResponse({"said": said})

    async def state(self, socket: WebSocket) -> None:
        """Tell how it stands, again and again, and listen to the one word that hides."""
        await socket.accept()
        gone, news = asyncio.ensure_future(self._listen(socket)), asyncio.Event()
        self._told.add(news)
        told = 0
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while not gone.done():
                news.clear()
                state = await to_thread.run_sync(partial(state_of, self._directing, self._onlooker, told))
                told = max([told, *(one["number"] for one in state["messages"])])
                await socket.send_text(json.dumps(state))
                changed = asyncio.ensure_future(news.wait())
                await asyncio.wait([gone, changed], timeout=TELL_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
        self._told.discard(news)
        gone.cancel()

    async def _listen(self, socket: WebSocket) -> None:
        """Until it is gone. The panic key comes this way: a browser lets few requests through at once, and others may
        be slow. Whoever says anything else is none of our pages."""
        while (heard := await socket.receive())["type"] != "websocket.disconnect":
            if heard.get("text") != HIDE:
                await socket.close(1008, "nothing but hiding is listened to here")
                return
            try:
                await to_thread.run_sync(self._directing.controls.hide, limiter=self._hiding)
            except Exception as error:
                logging.getLogger(__name__).error("hiding, something broke off", exc_info=error)
                self._directing.controls.messages.warn(in_words(error))
            self._tell()

    def _tell(self) -> None:
        """Whoever asked is to see at once what came of it."""
        for news in self._told:
            news.set()


async def _pictures(view: View) -> AsyncIterator[bytes]:
    """The parts of a stream of JPEGs. Each ends with the next one's boundary, by which browsers know it is whole."""
    with view.watching() as welcome:
        if not welcome:
            return
        number = 0
        yield f"--{_BOUNDARY}\r\n".encode()
        while (newest := await to_thread.run_sync(view.jpeg, number, _REPEAT_S, abandon_on_cancel=True)) is not None:
            number, jpeg = newest
            head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            yield head.encode() + jpeg + f"\r\n--{_BOUNDARY}\r\n".encode()
