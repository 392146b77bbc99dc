"""A connection on a transport made of lists, for what real sockets leave to chance: when a buffer is full, how long a turn is."""

import asyncio
from collections.abc import Iterator
from typing import Any

from dispatch.config import Settings
from dispatch.transport import wire
from dispatch.transport.ws.edge import EdgeCounters, SocketEdge
from dispatch.transport.ws.websocket import DispatchConnection
from tests.transport.echo import UPGRADE, EchoGateway

DRIVER = "27821234568"
FULL = wire.Ack("x" * 20_000)
"""One of these fills a write buffer."""


class Wire(asyncio.Transport):
    """A transport made of lists. `taken` is what its reader has taken off; the rest counts as buffered."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.buffered = 0
        self.reading = True
        self.aborted = False
        self.protocol: DispatchConnection
        self._high = 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = high or 0

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def write(self, data: Any) -> None:
        before = self.buffered
        self.written.append(bytes(data))
        self.buffered += len(data)
        if before <= self._high < self.buffered:
            self.protocol.pause_writing()

    def take_all(self) -> None:
        """The reader reads."""
        before, self.buffered = self.buffered, 0
        if before > self._high:
            self.protocol.resume_writing()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.aborted

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self.aborted = True


class Bench:
    """A connection on a `Wire`, past its handshake: of a driver, or of a desk."""

    def __init__(self, path: str = f"/ws/driver/{DRIVER}/", **settings: Any) -> None:
        self.gateway = EchoGateway()
        self.edge = SocketEdge(self.gateway, Settings(**settings), EdgeCounters())
        self.wire = Wire()
        self.connection = self.wire.protocol = DispatchConnection(self.edge)
        self.connection.connection_made(self.wire)
        self.connection.data_received(UPGRADE.format(path=path, more="").encode())
        (self.session,) = self.gateway.sessions.values()
        self.wire.take_all()
        self.wire.written.clear()

    def payloads(self) -> Iterator[bytes]:
        """Of the text frames written since, which are all short."""
        for frame in self.wire.written:
            yield frame[2:] if frame[1] < 126 else frame[4:]
