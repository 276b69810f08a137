"""A web application served from a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from realtime.sink.http_patience import ImpatientProtocol

_SILENT: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"none": {"class": "logging.NullHandler"}},
    "loggers": {"uvicorn": {"handlers": ["none"], "level": "CRITICAL", "propagate": False}},
}
"""What strangers send us is no news for the terminal."""
_GRACE_S = 1
_ENDS_WITHIN_S = 3.0


class HttpServer:
    """Serves on a socket that listens already.

    Args:
        app: What is served. Streams must end by themselves once the server is to stop.
        listening: The socket; closed at the end.
        most_connections: Who comes beyond them is told that it is full.
    """

    def __init__(self, app: ASGIApp, listening: socket.socket, most_connections: int) -> None:
        self._socket = listening
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=ImpatientProtocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=_SILENT,
                access_log=False,
                server_header=False,
                limit_concurrency=most_connections,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="http server", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether anybody would be answered."""
        return self._thread.is_alive()

    def stop(self) -> bool:
        """Let those who are served come to their end, and close.

        Returns:
            Whether it ended.
        """
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_ENDS_WITHIN_S)
        self._socket.close()
        return not self._thread.is_alive()

    async def _serve(self) -> None:
        await self._server.serve(sockets=[self._socket])
        for connection in list(self._server.server_state.connections):
            if connection.transport is not None:  # of somebody who does not read, and would never see the end
                connection.transport.abort()
        await asyncio.sleep(0)
