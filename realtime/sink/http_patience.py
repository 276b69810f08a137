"""HTTP for those who get on with it: who keeps a connection and does nothing with it is put out."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S = 10.0
"""For a whole request, and for taking what was sent."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP, which by itself waits for ever: some idle sockets would take every place there is.

    A connection is aborted where a request is not whole in time, however often a byte of it comes, and where what was
    sent is not taken, be it that the answer goes on or is at its end. For `uvicorn.Config(http=ImpatientProtocol)`.

    Attributes:
        patience_s: See `PATIENCE_S`.
    """

    patience_s: ClassVar[float] = PATIENCE_S
    _asking: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # any rest that is not taken counts, or one would hold a closed connection
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Take some of a request."""
        super().data_received(data)
        self._await_request()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._await_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to another protocol, as it was."""
        self._wait_no_more()
        self.transport.set_write_buffer_limits()
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Begin to wait until what was sent is taken."""
        super().pause_writing()
        self._taking = self.loop.call_later(self.patience_s, self.transport.abort)

    def resume_writing(self) -> None:
        """All of it was taken."""
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        """Wait where a request is not whole; go on with the wait that has begun, where it is still the same one."""
        if self not in self.connections:  # handed over, or lost
            return
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_asking()
        elif self._asking is None:
            self._asking = self.loop.call_later(self.patience_s, self.transport.abort)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _wait_no_more(self) -> None:
        self._stop_asking()
        if self._taking is not None:
            self._taking.cancel()
