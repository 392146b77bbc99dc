"""A client's end without a socket: a transport made of a buffer, frames as bytes, and what came back read again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN, MASKED = 0x80, 0x80
NO_MASK: Final = b"\0\0\0\0"


class Wire(asyncio.Transport):
    """What the server takes for a connection. `came` is what it wrote; `is_over`: it ended the connection."""

    def __init__(self, peer: str) -> None:
        super().__init__()
        self.came = bytearray()
        self.is_over = False
        self._peer = (peer, 40_000)
        self._protocol: Any = None
        self._held = b""
        self._is_reading = True

    def join(self, protocol: Any) -> None:
        """The server has accepted the connection."""
        self._protocol = protocol
        protocol.connection_made(self)

    def feed(self, data: bytes) -> None:
        """The client sends this."""
        if self.is_over:
            return
        if not self._is_reading:
            self._held += data
            return
        self._protocol.data_received(data)

    def hang_up(self) -> None:
        """The client is gone."""
        if not self.is_over:
            self._protocol.eof_received()
            self.abort()

    @property
    def protocol(self) -> Any:
        """Who reads it now."""
        return self._protocol

    # -- what the server calls

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": self._peer, "sockname": ("127.0.0.1", 8067)}.get(name, default)

    def get_protocol(self) -> Any:
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def write(self, data: Any) -> None:
        if not self.is_over:
            self.came += data

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self.is_over:
            self.is_over = True
            asyncio.get_running_loop().call_soon(self._lose)

    def _lose(self) -> None:
        protocol, self._protocol, self._held = self._protocol, None, b""
        protocol.connection_lost(None)

    def is_closing(self) -> bool:
        return self.is_over

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        if not self._is_reading:
            self._is_reading = True
            if self._held:
                asyncio.get_running_loop().call_soon(self._feed_held)

    def _feed_held(self) -> None:
        held, self._held = self._held, b""
        if held:
            self.feed(held)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """It never fills."""

    def get_write_buffer_size(self) -> int:
        return 0


def frame(opcode: int, payload: bytes, fin: bool = True) -> bytes:
    """A frame as clients send it, with a mask that changes nothing."""
    head, length = (FIN if fin else 0) | opcode, len(payload)
    if length < 126:
        return bytes((head, MASKED | length)) + NO_MASK + payload
    if length < 65_536:
        return bytes((head, MASKED | 126)) + length.to_bytes(2, "big") + NO_MASK + payload
    return bytes((head, MASKED | 127)) + length.to_bytes(8, "big") + NO_MASK + payload


def frames_in(came: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames of the server off `came`: opcode and payload of each."""
    at = 0
    while len(came) - at >= 2:
        length, start = came[at + 1], at + 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, start = int.from_bytes(came[start : start + width], "big"), start + width
        if len(came) < start + length:
            break
        yield came[at] & 0x0F, bytes(came[start : start + length])
        at = start + length
    del came[:at]


class Answer(NamedTuple):
    """What HTTP answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def answers_in(came: bytes, *, head_only: bool = False) -> list[Answer]:
    """Every answer in these bytes. `head_only`: they may answer HEAD. Raises ValueError for what is no HTTP."""
    answers = []
    while came:
        head, blank, rest = came.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if not blank or not lines[0].startswith("HTTP/1.1 "):
            raise ValueError(f"no HTTP answer: {came[:80]!r}")
        headers = dict(_header(line) for line in lines[1:])
        status = int(lines[0][9:12])
        if status == 100:
            came = rest
            continue
        is_bare = status in (101, 204, 304) or (head_only and rest[:9] in (b"", b"HTTP/1.1 "))
        body, came = _body(headers, b"" if is_bare else None, rest)
        answers.append(Answer(status, headers, body))
        if status == 101:
            break
    return answers


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or any(ord(sign) < 32 for sign in line):
        raise ValueError(f"no header: {line!r}")
    return name.lower(), value.strip()


def _body(headers: dict[str, str], empty: bytes | None, rest: bytes) -> tuple[bytes, bytes]:
    if empty is not None:
        return empty, rest
    if headers.get("transfer-encoding") == "chunked":
        whole = b""
        while True:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size, 16)
            whole, rest = whole + rest[:length], rest[length + 2 :]
            if not length:
                return whole, rest
    length = int(headers.get("content-length", len(rest)))
    if len(rest) < length:
        raise ValueError(f"{len(rest)} of {length} bytes of an answer came")
    return rest[:length], rest[length:]
