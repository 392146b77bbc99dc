"""Connections that ask, before they are sockets: uvicorn's HTTP protocol with deadlines, and upgrades that wait their turn.

Made by `server` alone.

Of uvicorn it relies on `cycle`, `flow`, `headers`, `parser` or `conn`, on `handle_websocket_upgrade`, `on_response_complete` and on how
protocols are constructed; tests/transport/ws/test_front.py holds these still.
"""

import asyncio
from http import HTTPStatus
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import h11

from dispatch.transport.http.paths import origin_form
from dispatch.transport.http.problem import raw_problem
from dispatch.transport.ws.edge import SocketEdge
from dispatch.transport.ws.gathered import Gathered
from dispatch.transport.ws.newcomer import MAX_HEADER_BYTES
from dispatch.transport.ws.websocket import DispatchConnection

if TYPE_CHECKING or find_spec("httptools"):
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HttpProtocol
else:
    from uvicorn.protocols.http.h11_impl import H11Protocol as HttpProtocol

if TYPE_CHECKING:
    _MixedIn = HttpProtocol
else:
    _MixedIn = object

_OF_AN_UPGRADE = (b"connection", b"upgrade", b"content-length", b"transfer-encoding")
Headers = list[tuple[bytes, bytes]]


def served_as(target: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Normalise target and headers: a target that is a whole URL sets the Host header."""
    path, named = origin_form(target)
    if named is None:
        return path, headers
    return path, [(b"host", named), *(header for header in headers if header[0].lower() != b"host")]


def _words(line: bytes) -> set[bytes]:
    """The words of a header with commas between them, in small letters."""
    return {word.strip().lower() for word in line.split(b",")}


class _H11Reader(h11.Connection):
    """h11 where it is used, with targets as the rest of the server reads them."""

    def next_event(self) -> Any:
        event = super().next_event()
        if not isinstance(event, h11.Request):
            return event
        target, headers = served_as(event.target, list(event.headers))
        return h11.Request(method=event.method, target=target, headers=headers, http_version=event.http_version)

    @property
    def rest(self) -> bytes:
        """The bytes after an upgrade request."""
        return self.trailing_data[0]


if TYPE_CHECKING or find_spec("httptools"):

    class _HttpToolsReader(httptools.HttpRequestParser):
        """httptools where it is used, which keeps what came behind an upgrade."""

        rest = b""

        def feed_data(self, data: Any) -> None:
            self.rest = b""
            try:
                super().feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self.rest = bytes(data[upgrade.args[0] :])
                raise


class HeaderDeadline(_MixedIn):
    """Ends a connection whose headers are late or endless, or whose answer is not read. Hands an upgraded one over when all that was
    asked before is answered.

    Every request of a connection has the same time for its headers, the first one from connecting on. To be mixed into a protocol of
    uvicorn.
    """

    def __init__(self, edge: SocketEdge, said: bytes = b"", **uvicorn: Any) -> None:
        """`said`: what came of the connection before it is made; it is read before anything else."""
        super().__init__(**uvicorn)
        self._edge = edge
        self._said = said
        self._header_bytes = 0
        self._early = b""
        self._waiting_upgrade: tuple[Any, ...] | None = None
        if hasattr(self, "conn"):
            self.conn = _H11Reader(h11.SERVER, MAX_HEADER_BYTES)
        else:
            self.parser = _HttpToolsReader(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._gathered = Gathered(transport)
        super().connection_made(cast(Any, self._gathered))
        # Not 0: over TLS a buffer that is empty would count as full then, and no body would ever be sent.
        transport.set_write_buffer_limits(high=1)
        self._edge.headers.start(self.transport)
        if self._said:  # not read at once: nothing can be paused before the loop has begun to read
            self.loop.call_soon(self._begin)

    def _begin(self) -> None:
        if self._said and not self.transport.is_closing():
            self.data_received(b"")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._edge.unread.start(self.transport)

    def resume_writing(self) -> None:
        self._edge.unread.cancel(self.transport)
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._waiting_upgrade is not None:
            self._hold_back(data)
            return
        rest = data = self._said + data
        self._said = b""
        while rest:
            super().data_received(rest)
            rest = self._behind_an_ignored_upgrade()
        if self._answering():
            self._edge.is_asked(self.transport)
            self._header_bytes = 0
        elif self.transport.get_protocol() is self and not self.transport.is_closing():
            self._edge.begins(self.transport)
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._edge.counters.cut["headers"] += 1
                too_long = f"the headers of a request have at most {MAX_HEADER_BYTES} bytes"
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, too_long)

    def on_headers_complete(self) -> None:
        """httptools has read the head of a request."""
        self.url, self.headers[:] = served_as(self.url, self.headers)
        super().on_headers_complete()

    def handle_websocket_upgrade(self, *event: Any) -> None:
        reader: Any = self.conn if hasattr(self, "conn") else self.parser
        self._early = reader.rest
        if self._answering():
            self._waiting_upgrade = event
            self._hold_back(b"")
        else:
            self._upgrade(*event)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        event = self._waiting_upgrade
        if event is None or self._answering():
            return
        self._waiting_upgrade = None
        if not self.transport.is_closing():
            self._upgrade(*event)

    def _hold_back(self, data: bytes) -> None:
        self._early += data
        self.flow.pause_reading()

    def _upgrade(self, *event: Any) -> None:
        self.parser: Any = None  # it holds this connection as this holds it
        self._unset_keepalive_if_required()
        self._edge.forget(self.transport)
        self._gathered.flush()
        self.transport = self._gathered.transport
        super().handle_websocket_upgrade(*event)
        early, self._early = self._early, b""
        socket = self.transport.get_protocol()
        if early and isinstance(socket, DispatchConnection):
            socket.data_received(early)

    def _behind_an_ignored_upgrade(self) -> bytes:
        """The bytes after a request for another upgrade, which is answered as if it had asked for none."""
        reader: Any = getattr(self, "parser", None)
        if reader is None or self._waiting_upgrade is not None:
            return b""
        rest: bytes = reader.rest
        reader.rest = b""
        return rest

    def _should_upgrade(self) -> bool:
        """Both headers may come in several lines, or with other words in them. A handshake has no body."""
        lines = dict.fromkeys(_OF_AN_UPGRADE, b"")
        for name, value in self.headers:
            if name in lines:
                lines[name] += b"," + value
        asks = b"upgrade" in _words(lines[b"connection"]) and b"websocket" in _words(lines[b"upgrade"])
        bodiless = (_words(lines[b"content-length"]) | _words(lines[b"transfer-encoding"])) <= {b"", b"0"}
        return asks and bodiless and self.scope["http_version"] == "1.1"

    def _unsupported_upgrade_warning(self) -> None:
        """No warning: uvicorn would log one for each."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.forget(self.transport)
        super().connection_lost(exc)

    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.transport.write(raw_problem(status, message))
        self.transport.close()


class FrontConnection(HeaderDeadline, HttpProtocol):
    """What answers on a connection from its first request on."""
