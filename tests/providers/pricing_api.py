"""Somebody else's pricing API, real: an HTTP server on a free port of this machine that keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

Talk = Callable[[dict[str, Any], asyncio.StreamWriter], Awaitable[None]]
"""Writes what an API says to this question; more than one may come on a connection."""
PRICE = {"fare": 93.1, "currency": "ZAR"}


class PricingApi:
    """What it answers is set by `answer`, `status` and `silent`; what it is asked is in `heard`."""

    def __init__(self) -> None:
        self.port = 0
        self.answer: Any = PRICE
        self.status = "200 OK"
        self.silent = False
        self.heard: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.asked = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/price?city=jnb"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request after the other."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, *rest = head.strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
                self.headers.append({"request": line, **headers})
                self.heard.append(json.loads(await reader.readexactly(int(headers["content-length"]))))
                self.asked.set()
                if self.silent:
                    await reader.read()
                    return
                body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
                writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def answer_bytes(answer: Any, status: str = "200 OK", *headers: str) -> bytes:
    """One whole answer of HTTP/1.1, after which the connection can be used again."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def rude_api(talk: Talk) -> AsyncIterator[str]:
    """Its address. It keeps every connection open, whatever it was asked, and says what it likes there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                await talk(json.loads(await reader.readexactly(length)), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


@asynccontextmanager
async def pricing_api() -> AsyncIterator[PricingApi]:
    """It runs until left."""
    api = PricingApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.port = server.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        server.close()
