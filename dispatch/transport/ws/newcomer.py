"""A connection of which no request has come yet. However many there are, each takes little memory and hardly any time.

uvicorn's protocol is ten times as much, so it is made for those alone who ask.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from dispatch.transport.ws.edge import SocketEdge

MAX_HEADER_BYTES: Final = 32_768
"""So long may the head of a request be."""
_METHOD: Final = re.compile(rb"[A-Z]{1,20}(?: |$)")
_ENDS: Final = (b"\r\n\r\n", b"\n\n")


def is_half_a_head(data: bytes) -> bool:
    """Whether this begins as a request of HTTP does, and its head goes on. What is no HTTP, or endless, can be answered now."""
    return len(data) <= MAX_HEADER_BYTES and _METHOD.match(data) is not None and not any(end in data for end in _ENDS)


class Newcomer(asyncio.Protocol):
    """Made by uvicorn for each connection that it accepts. Once there is something to answer, the front takes its place."""

    __slots__ = ("_early", "_edge", "_make_front", "_transport", "_uvicorn")

    def __init__(self, edge: SocketEdge, make_front: Callable[..., Any], **uvicorn: Any) -> None:
        """`make_front`: makes what speaks HTTP on the connection, of the edge and of what uvicorn gives (`uvicorn`)."""
        self._edge = edge
        self._make_front = make_front
        self._uvicorn = uvicorn
        self._early = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._edge.headers.start(transport)

    def data_received(self, data: bytes) -> None:
        self._early += data
        if is_half_a_head(self._early):
            self._edge.begins(self._transport)
            return
        front = self._make_front(self._edge, **self._uvicorn)
        self._transport.set_protocol(front)
        front.connection_made(self._transport)
        front.data_received(self._early)

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.forget(self._transport)
