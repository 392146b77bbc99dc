"""A connection of which no request has come yet: its raw socket, and what came of it so far. `door` makes one for each that it accepts.

However many there are, each takes little memory and hardly any time: a transport takes ten times as much, and so it is made for those
alone who ask.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

MAX_HEADER_BYTES: Final = 32_768
"""So long may the head of a request be."""
READ_BYTES: Final = 16_384
"""So much is read at once."""
_METHOD: Final = re.compile(rb"[A-Z]{1,20}(?: |$)")
_ENDS: Final = (b"\r\n\r\n", b"\n\n")


def is_half_a_head(data: bytes) -> bool:
    """Whether this begins as a request of HTTP does, and its head goes on. What is no HTTP, or endless, can be answered now."""
    return len(data) <= MAX_HEADER_BYTES and _METHOD.match(data) is not None and not any(end in data for end in _ENDS)


class Newcomer:
    """It can be closed and cut off as a transport can. `early`: all that it has said. `socket`: to whoever takes its place. `number`:
    the higher, the later it came.
    """

    __slots__ = ("_leaves", "early", "number", "socket")

    def __init__(self, accepted: socket.socket, number: int, leaves: Callable[[Newcomer], None]) -> None:
        """`leaves` is told of its end, while the socket is still open."""
        accepted.setblocking(False)
        self.socket = accepted
        self.early = b""
        self.number = number
        self._leaves = leaves

    def reads(self) -> bool:
        """Take what has come. False: its end has come, or nothing can be read any more."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.early += data
        return bool(data)

    def abort(self) -> None:
        """End the connection."""
        self._leaves(self)
        self.socket.close()

    close = abort

    def get_extra_info(self, name: str) -> Any:
        """As a transport tells it: the `peername`, the address at the other end. None: it has gone."""
        with suppress(OSError):
            return self.socket.getpeername() if name == "peername" else None
