"""Connections before they are sockets: uvicorn's HTTP protocol with a deadline for the headers. Made by `server` alone.

Of uvicorn it relies on `cycle`, on `handle_websocket_upgrade` and on how protocols are constructed; tests/transport/test_front.py
holds these still.
"""

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dispatch.transport.edge import SocketEdge
from dispatch.transport.websocket import DispatchConnection

if TYPE_CHECKING or find_spec("httptools"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HttpProtocol
else:
    from uvicorn.protocols.http.h11_impl import H11Protocol as HttpProtocol

if TYPE_CHECKING:
    _MixedIn = HttpProtocol
else:
    _MixedIn = object

MAX_HEADER_BYTES = 32_768
_END_OF_HEADERS = b"\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Punctual(_MixedIn):
    """Ends a connection whose headers are late or endless; hands an upgraded one over with what came behind its headers.

    Every request of a connection has the same time, the first one from connecting on. To be mixed into a protocol of uvicorn.
    """

    def __init__(self, edge: SocketEdge, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._edge = edge
        self._header_bytes = 0
        self._last = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._edge.headers.start(self)

    def data_received(self, data: bytes) -> None:
        self._last = self._last[1 - len(_END_OF_HEADERS) :] + data
        super().data_received(data)
        if self._upgraded:
            self.parser: Any = None  # it holds this connection as this holds it
        elif self._answering():
            self._edge.headers.cancel(self)
            self._header_bytes = 0
        elif not self.transport.is_closing():
            self._edge.headers.start(self)
            self._limit_headers(len(data))

    def handle_websocket_upgrade(self, *event: Any) -> None:
        self._upgraded = True
        self._edge.headers.cancel(self)
        super().handle_websocket_upgrade(*event)
        early = self._last.partition(_END_OF_HEADERS)[2]
        socket = self.transport.get_protocol()
        if early and isinstance(socket, DispatchConnection):
            socket.data_received(early)

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.headers.cancel(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """The headers did not come in time."""
        self.transport.abort()

    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _limit_headers(self, more: int) -> None:
        self._header_bytes += more
        if self._header_bytes > MAX_HEADER_BYTES:
            self._edge.counters.cut_headers += 1
            self.transport.write(_TOO_LONG)
            self.transport.close()


class FrontConnection(Punctual, HttpProtocol):
    """What uvicorn makes of an accepted connection."""
